//! The command line as its users know it: the real binary, a real chain.

mod bad_input;
mod chain;
mod clusters;
mod figures;
mod owners;
mod pipes;
mod positions;
mod readme;
mod session;
mod settling;
mod simulate;
mod sol;
