//! Liquidations of the built program, from its logs to the sums.

mod chain;
mod hostile;
mod reading;
mod recorded;
mod sums;
