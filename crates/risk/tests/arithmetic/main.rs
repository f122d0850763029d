//! The arithmetic core against exact integers and fractions of any size.

#[path = "../common/data.rs"]
mod data;

mod accrual;
mod fixed;
mod interest;
mod operands;
mod vectors;
mod wide;
