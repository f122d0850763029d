//! The arithmetic core against exact integers and fractions of any size.

mod fixed;
mod interest;
mod operands;
mod vectors;
mod wide;
