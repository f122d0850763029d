//! The bonus, and when there is none but the closing one.

use levee_risk::liquidation::{is_insolvent, AuctionParams, EngineParams, Refusal};
use levee_risk::units::{Bps, Ppm, Usd};
use levee_risk::valuation::Book;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::exact::{big, Ratio};
use crate::positions::{Borrow, Deposit, Holding, Position, Sums};
use crate::random::{cases, positions};

const PPM: u32 = 1_000_000;

/// How far below the exact bonus the plan's may lie, besides what is cut off below one part per million: the health
/// factor has 48 fractional bits, which a wide gap of threshold and borrow factor, or a narrow width, makes visible.
fn precision() -> Ratio {
    Ratio::new(big(1), big(16))
}

/// `b_start + ρ·slots` in parts per million.
fn climbing(auction: &AuctionParams, slots: u64) -> BigInt {
    big(auction.slope_per_slot.0) * slots + auction.start.0
}

/// `h·f/l`.
fn healing(position: &Position, sums: &Sums) -> Ratio {
    let (deposit, borrow) = (
        &position.deposits[position.pair.0],
        &position.borrows[position.pair.1],
    );
    Ratio::new(&sums.w * borrow.factor.0, &sums.b * deposit.threshold.0)
}

/// `C/D`.
pub fn equity(sums: &Sums) -> Ratio {
    Ratio::new(sums.c.clone(), sums.d.clone())
}

/// `r = ratio − 1`, in parts per million.
pub fn room(ratio: &Ratio) -> Ratio {
    ratio.minus(&Ratio::whole(1)).times(&big(PPM))
}

/// `b_cap = max(r − ε, r / 2)`, in parts per million, with the lesser `r` of `h·f/l − 1` and `C/D − 1`.
pub fn cap(position: &Position, sums: &Sums) -> Ratio {
    let room = room(&healing(position, sums)).min(room(&equity(sums)));
    let half = Ratio::new(room.over.clone(), &room.under * 2);
    room.minus(&Ratio::whole(
        position.deposits[position.pair.0].auction.margin.0,
    ))
    .max(half)
}

/// `min(b_cap, b_max, max(b_start + ρ·slots, b_max·min(1, (1−h)/w)²))` in parts per million.
fn reference(position: &Position, sums: &Sums) -> Ratio {
    let auction = &position.deposits[position.pair.0].auction;
    let deficit = (&sums.b - &sums.w) * PPM;
    let width = &sums.b * auction.width.0;
    let part = Ratio::new(deficit.min(width.clone()), width);
    let convex = Ratio::new(
        &part.over * &part.over * auction.max.0,
        &part.under * &part.under,
    );
    let wanted = Ratio::whole(climbing(auction, position.auction_slots)).max(convex);
    wanted
        .min(Ratio::whole(auction.max.0))
        .min(cap(position, sums))
}

fn insolvent(position: &Position, sums: &Sums) -> bool {
    let auction = &position.deposits[position.pair.0].auction;
    &sums.d * (PPM + auction.start.0) >= &sums.c * PPM
}

/// Between `1 + b_start` and `1 + ε` dollars of collateral for a dollar of debt, an obligation is solvent, so it is not
/// closed, and `r − ε` is no bonus at all.
#[test]
fn what_is_barely_solvent_is_healed_at_half_the_bonus_that_would_stop_healing() {
    let refusal = |start, collateral_cents| {
        let token = |cents| Holding {
            atoms: cents,
            mantissa: 1,
            scale: 16,
            decimals: 2,
        };
        let auction = AuctionParams {
            start: Ppm(start),
            slope_per_slot: Ppm(20),
            width: Ppm(100_000),
            max: Ppm(50_000),
            insolvent: Ppm(20_000),
            margin: Ppm(500),
            min_target: Bps(10_050),
        };
        let position = Position {
            deposits: vec![Deposit {
                holding: token(collateral_cents),
                threshold: Bps(9_000),
                auction,
            }],
            borrows: vec![Borrow {
                holding: token(1_000_000),
                factor: Bps(10_000),
            }],
            engine: EngineParams {
                kappa: Bps(2_500),
                dust: Usd::from_whole(25),
                insurance_share: Bps(1_000),
            },
            auction_slots: 1_000,
            limit: u64::MAX,
            pair: (0, 0),
        };
        position
            .plan(position.pair, u64::MAX)
            .map(|plan| plan.insolvent)
    };
    assert_eq!(refusal(0, 1_000_500), Ok(false));
    assert_eq!(refusal(0, 1_000_000), Ok(true));
    assert_eq!(refusal(1_000, 1_000_500), Ok(true));
    assert_eq!(refusal(1_000, 1_001_001), Ok(false));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_bonus_is_the_formula_rounded_down_and_never_passes_its_caps(position in positions()) {
        let sums = Sums::of(&position);
        if sums.w >= sums.b || insolvent(&position, &sums) {
            return Ok(());
        }
        let reference = reference(&position, &sums);
        match position.plan(position.pair, u64::MAX) {
            Ok(plan) => {
                prop_assert!(Ratio::whole(plan.bonus.0) <= reference, "{} > {:?}", plan.bonus.0, reference);
                let least = reference.minus(&Ratio::whole(1)).minus(&precision());
                prop_assert!(Ratio::whole(plan.bonus.0) > least, "{} < {:?}", plan.bonus.0, reference);
            }
            Err(Refusal::PairCannotHeal) => {
                prop_assert!(healing(&position, &sums) <= Ratio::whole(1));
            }
            Err(refusal) => prop_assert_eq!(refusal, Refusal::TooSmall),
        }
    }

    #[test]
    fn an_obligation_is_insolvent_exactly_when_its_collateral_cannot_pay_debt_and_smallest_bonus(
        position in positions(),
    ) {
        let sums = Sums::of(&position);
        let auction = &position.deposits[position.pair.0].auction;
        let insolvent = insolvent(&position, &sums);
        prop_assert_eq!(is_insolvent(&position.book(), auction), insolvent);
        if let Ok(plan) = position.plan(position.pair, u64::MAX) {
            prop_assert_eq!(plan.insolvent, insolvent);
        }
    }

    #[test]
    fn one_wad_dollar_decides_between_solvent_and_insolvent(
        debt in 1u64..=u64::MAX, start in 0u32..=200_000, more in -1i32..=1,
    ) {
        // Collateral that pays debt and bonus exactly, and one wad dollar more or less.
        let collateral = i128::from(debt) * i128::from(PPM + start) + i128::from(more);
        let mut book = Book::default();
        book.add_debt(Usd::from_wad(u128::from(debt) * u128::from(PPM)), Bps(10_000)).unwrap();
        book.add_collateral(Usd::from_wad(collateral.unsigned_abs()), Bps(8_000)).unwrap();
        let auction = AuctionParams {
            start: Ppm(start),
            slope_per_slot: Ppm(0),
            width: Ppm(PPM),
            max: Ppm(start),
            insolvent: Ppm(start),
            margin: Ppm(500),
            min_target: Bps(10_050),
        };
        prop_assert_eq!(is_insolvent(&book, &auction), more <= 0);
    }

    #[test]
    fn what_cannot_be_healed_closes_as_far_as_its_collateral_reaches(position in positions()) {
        let sums = Sums::of(&position);
        if sums.w >= sums.b || !insolvent(&position, &sums) {
            return Ok(());
        }
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let auction = &deposit.auction;
        let Ok(plan) = position.plan(position.pair, u64::MAX) else {
            // One atom of debt buys less than one of collateral.
            prop_assert_eq!(position.plan(position.pair, u64::MAX), Err(Refusal::TooSmall));
            return Ok(());
        };
        let bonus = climbing(auction, position.auction_slots)
            .max(big(auction.insolvent.0))
            .min(big(auction.max.0));
        prop_assert_eq!(big(plan.bonus.0), bonus.clone());
        let gross = bonus + PPM;
        let held = crate::exact::wad_down(&deposit.holding.worth(deposit.holding.atoms));
        let payable = Ratio::new(held * PPM, gross).ceil();
        let most = Ratio::new(payable * crate::exact::fine(), borrow.holding.worth(1)).ceil();
        let expected = most.clone().min(big(borrow.holding.atoms));
        prop_assert_eq!(big(plan.repay.0), expected);
        prop_assert_eq!(plan.takes_all_collateral, plan.seize.0 == deposit.holding.atoms);
        if most <= big(borrow.holding.atoms) {
            prop_assert!(plan.takes_all_collateral);
        } else {
            prop_assert!(plan.closes_debt);
        }
    }

    #[test]
    fn a_solvent_obligation_is_never_refused_with_the_right_pair(position in positions()) {
        let pair = position.best_pair().unwrap();
        // The lowest l and the highest f give `h·f/l ≥ C/D > 1`.
        prop_assert_ne!(position.plan(pair, u64::MAX), Err(Refusal::PairCannotHeal));
    }
}
