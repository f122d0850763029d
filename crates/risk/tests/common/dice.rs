//! How many random cases there are, and numbers out of random bits.

use proptest::prelude::ProptestConfig;

/// How many random cases each property is tried on: a hundred thousand, or `LEVEE_CASES` where something is measured.
pub fn cases() -> ProptestConfig {
    let cases = std::env::var("LEVEE_CASES").ok();
    let cases = cases.map_or(100_000, |cases| cases.parse().expect("a number"));
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Draws one number after another out of random bits.
pub struct Dice(pub u64);

impl Dice {
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        let sides = high - low + 1;
        let drawn = low + self.0 % sides;
        self.0 /= sides;
        drawn
    }
}
