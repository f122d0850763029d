//! Random obligations that a market could have: every configuration passes the program's validation.

use levee_risk::liquidation::{AuctionParams, EngineParams};
use levee_risk::units::{Bps, Ppm, Usd};
use proptest::prelude::*;

pub use crate::dice::cases;
use crate::dice::Dice;
use crate::positions::{Borrow, Deposit, Holding, Position, Sums};

/// The design's table: threshold, largest bonus, width, least target.
const DESIGN: [(u32, u32, u32, u32); 4] = [
    (7_500, 50_000, 187_500, 10_050),
    (8_500, 50_000, 112_500, 10_050),
    (9_300, 20_000, 35_000, 10_030),
    (9_500, 20_000, 25_000, 10_100),
];

/// A collateral with the design's defaults.
fn by_design(choice: usize) -> (Bps, AuctionParams) {
    let (threshold, max, width, min_target) = DESIGN[choice];
    let slow = max == 20_000;
    let auction = AuctionParams {
        start: Ppm(if slow { 500 } else { 1_000 }),
        slope_per_slot: Ppm(if slow { 5 } else { 20 }),
        width: Ppm(width),
        max: Ppm(max),
        insolvent: Ppm(20_000),
        margin: Ppm(500),
        min_target: Bps(min_target),
    };
    (Bps(threshold), auction)
}

/// A configuration with room for its largest bonus, half the time one that a market would choose.
fn collateral_config(limits: u64, auction: u64) -> (Bps, AuctionParams) {
    let mut dice = Dice(limits);
    let choice = dice.range(0, 7) as usize;
    if choice < DESIGN.len() {
        let (threshold, mut auction) = by_design(choice);
        auction.margin = Ppm(dice.range(100, u64::from(auction.start.0) - 2) as u32);
        auction.min_target = Bps(dice.range(10_030, 10_100) as u32);
        return (threshold, auction);
    }
    let max = dice.range(0, 200_000);
    let highest = (10_000_000_000 - 1) / (1_000_000 + max);
    let threshold = if choice == 7 {
        highest
    } else {
        dice.range(1, highest)
    };
    let mut dice = Dice(auction);
    let insolvent = dice.range(0, max);
    let auction = AuctionParams {
        start: Ppm(dice.range(0, insolvent) as u32),
        slope_per_slot: Ppm((max >> dice.range(0, 18)) as u32),
        width: Ppm((dice.range(1, 1_000_000) >> dice.range(0, 15)).max(1) as u32),
        max: Ppm(max as u32),
        insolvent: Ppm(insolvent as u32),
        margin: Ppm((50_000 >> dice.range(0, 8)).max(100)),
        min_target: Bps((10_001 + (9_999 >> dice.range(0, 14))) as u32),
    };
    (Bps(threshold as u32), auction)
}

/// A little more than `value` wad dollars of a token at a price that keeps the atoms within 63 bits, so that a
/// debt with the insurance's part of the bonus can be paid at once.
fn holding(value: u128, bits: u64) -> Holding {
    let mut dice = Dice(bits);
    let mut scale = dice.range(0, 30) as i32 - 12;
    let mut mantissa = ((1 << 62) | dice.range(0, 1 << 40)) >> dice.range(0, 62);
    // Mostly atoms that are small beside the position, as tokens have; sometimes a handful.
    let least = 10i64.pow(dice.range(0, 9) as u32);
    let decimals = dice.range(0, 12) as u8;
    loop {
        let power = 10u128.pow(scale.unsigned_abs());
        let atoms = if scale < 0 {
            value
                .checked_mul(power)
                .map(|v| v / u128::from(mantissa) + 1)
        } else {
            Some(value / (u128::from(mantissa) * power) + 1)
        };
        match atoms.map(i64::try_from) {
            Some(Ok(atoms)) if atoms > least || (mantissa == 1 && scale == -12) => {
                return Holding {
                    atoms: atoms.unsigned_abs(),
                    mantissa,
                    scale,
                    decimals,
                };
            }
            Some(Ok(_)) if mantissa > 1 => mantissa = (mantissa >> 3).max(1),
            Some(Ok(_)) => scale -= 1,
            _ => {
                // Up again only where the search for many atoms went too far.
                mantissa = mantissa.saturating_mul(9);
                if mantissa > 1 << 60 {
                    mantissa >>= 20;
                    scale += 6;
                }
            }
        }
    }
}

/// Ratio of health to one, in units of 1e-12: from deeply insolvent to just below one.
fn health_e12(bits: u64) -> u128 {
    let mut dice = Dice(bits);
    let one = 1_000_000_000_000u64;
    let health = match dice.range(0, 3) {
        0 => {
            let digits = dice.range(1, 12) as u32;
            one - dice.range(1, 10u64.pow(digits)).min(one / 2)
        }
        1 => dice.range(one / 2, one - 1),
        2 => dice.range(one / 10 * 8, one - 1),
        _ => dice.range(one / 100, one - 1),
    };
    u128::from(health)
}

/// Which rules an obligation lives under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Any,
    Design,
}

fn build(
    rules: Rules,
    deposits: Vec<[u64; 4]>,
    borrows: Vec<[u64; 2]>,
    [engine, health, auction_slots, limit, pair]: [u64; 5],
) -> Position {
    let mut dice = Dice(engine);
    let magnitude = dice.range(14, 28) as u32;
    let mut engine = EngineParams {
        kappa: Bps(if dice.range(0, 1) == 0 {
            2_500
        } else {
            dice.range(0, 10_000) as u32
        }),
        dust: Usd::from_wad(
            u128::from(dice.range(1, 1_000_000_000) >> dice.range(0, 29)).max(1)
                * 1_000_000_000_000,
        ),
        insurance_share: Bps(dice.range(0, 5_000) as u32),
    };
    if rules == Rules::Design {
        engine.kappa = Bps(2_500);
        engine.insurance_share = Bps(1_000);
    }
    let deposits: Vec<Deposit> = deposits
        .into_iter()
        .map(|[value, token, limits, auction]| {
            let mut dice = Dice(value);
            let digits = magnitude - dice.range(0, 3) as u32;
            let (threshold, auction) = match rules {
                Rules::Any => collateral_config(limits, auction),
                Rules::Design => by_design((limits % 4) as usize),
            };
            let wads = 10u128.pow(digits) / 1_000_000 * u128::from(dice.range(1, 1_000_000));
            Deposit {
                holding: holding(wads, token),
                threshold,
                auction,
            }
        })
        .collect();
    let mut position = Position {
        deposits,
        borrows: Vec::new(),
        engine,
        auction_slots: auction_slots >> (auction_slots % 64),
        limit: if limit.is_multiple_of(2) {
            u64::MAX
        } else {
            limit >> (limit / 2 % 64)
        },
        pair: (0, 0),
    };
    let weighted = u128::try_from(Sums::of(&position).w).unwrap();
    // The debt's sum of values times factors that makes the wanted health.
    let debt = weighted / health_e12(health) * 1_000_000_000_000;
    let weights: Vec<u128> = borrows
        .iter()
        .map(|[weight, _]| u128::from(weight % 1_000) + 1)
        .collect();
    let total: u128 = weights.iter().sum();
    position.borrows = borrows
        .into_iter()
        .zip(weights)
        .map(|([bits, token], weight)| {
            let factor = if bits >> 63 == 0 {
                10_000
            } else {
                10_000 + bits / 1_000 % 40_001
            };
            let value = (debt / total * weight / u128::from(factor)).max(1);
            Borrow {
                holding: holding(value, token),
                factor: Bps(factor as u32),
            }
        })
        .collect();
    position.pair = (
        pair as usize % position.deposits.len(),
        (pair >> 32) as usize % position.borrows.len(),
    );
    position
}

/// Obligations whose health is below one, but for the few whose values round it up.
pub fn positions() -> impl Strategy<Value = Position> {
    positions_under(Rules::Any)
}

/// The same with the design's defaults, the dust value aside.
pub fn positions_by_design() -> impl Strategy<Value = Position> {
    positions_under(Rules::Design)
}

fn positions_under(rules: Rules) -> impl Strategy<Value = Position> {
    let deposits = prop::collection::vec(any::<[u64; 4]>(), 1..=8);
    let borrows = prop::collection::vec(any::<[u64; 2]>(), 1..=5);
    (deposits, borrows, any::<[u64; 5]>())
        .prop_map(move |(deposits, borrows, rest)| build(rules, deposits, borrows, rest))
}
