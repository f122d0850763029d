//! The command line as its users know it: the real binary, a real chain.

mod bad_input;
mod chain;
mod figures;
mod readme;
mod session;
mod simulate;
