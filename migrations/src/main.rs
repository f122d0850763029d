//! Deploys Levee.

fn main() {}
