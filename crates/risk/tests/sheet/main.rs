//! Sheets, tiers, clocks, ramps and rates against exact numbers and straightforward models.

#[path = "../common/dice.rs"]
mod dice;
#[path = "../common/exact.rs"]
#[allow(dead_code, reason = "the other test binary uses the rest")]
mod exact;

mod book;
mod cases;
mod clocks;
mod dust;
mod order;
mod pair;
mod ramp;
mod rate;
mod severe;
mod tiers;
mod views;
