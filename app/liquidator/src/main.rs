//! The liquidator.

fn main() {}
