//! Levee's risk rules: units, fixed-point numbers, interest, valuation and the liquidation plan.
//!
//! The program decides with this crate on chain, and the liquidator and the simulator decide with the same code off
//! chain. It knows no accounts, allocates nothing, and no input makes it panic: whatever has no result is an error.
//! A function that rounds says which way in its name (`_up`, `_down`).

#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]
#![deny(missing_docs)]

pub mod clocks;
mod curve;
pub mod fixed;
mod index_division;
pub mod interest;
pub mod liquidation;
pub mod policy;
pub mod price;
pub mod ramp;
pub mod rate;
pub mod sheet;
pub mod units;
pub mod valuation;
pub mod wide;
