//! The command line of Levee.

fn main() {}
