//! What really happened to lending markets, replayed on the built program, with the outcome asserted.

mod attack;
mod bad_update;
mod confidence;
mod feed;
mod flash_escape;
mod formulas;
mod gap;
mod lst_cap;
mod oscillation;
mod own_book;
mod real_paths;
mod replay;
mod restart;
mod silence;
mod wick;
