//! The bot on LiteSVM: what it decides, what it locks, and what it never does, with the real program.

mod chain;
mod liquidations;
mod locks;
mod scene;
mod waiting;
