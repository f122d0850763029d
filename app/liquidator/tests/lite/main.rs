//! The bot on LiteSVM: what it decides, what it locks, and what it never does, with the real program.

mod chain;
mod closed;
mod fees;
mod liquidations;
mod locks;
mod polling;
mod refreshes;
mod scene;
mod waiting;
