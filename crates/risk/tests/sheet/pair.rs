//! The pair rule against its statement.

use levee_risk::liquidation::Plan;
use levee_risk::policy::{check_pair, WrongPair};
use levee_risk::sheet::View;
use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use proptest::prelude::*;

use crate::cases::{near_one, Case, Entry};
use crate::dice::cases;
use crate::exact::big;

fn plan(close_value: Usd, bonus: u32) -> Plan {
    Plan {
        repay: Atoms(1),
        seize: Atoms(1),
        insurance: Atoms(0),
        bonus: Ppm(bonus),
        close_value,
        health: 0,
        insolvent: false,
        closes_debt: false,
        takes_all_collateral: false,
    }
}

/// What each position is worth, in wad dollars, from books that hold nothing else.
fn values(case: &Case) -> (Vec<u128>, Vec<u128>) {
    let alone = |is_deposit: bool, at: usize| {
        let mut case = case.clone();
        let zero = |(other, entry): (usize, &mut Entry), here: bool| {
            if !here || other != at {
                entry.holding.atoms = Atoms(0);
            }
        };
        case.deposits
            .iter_mut()
            .enumerate()
            .for_each(|e| zero(e, is_deposit));
        case.borrows
            .iter_mut()
            .enumerate()
            .for_each(|e| zero(e, !is_deposit));
        let book = case.book(View::Plain);
        if is_deposit {
            book.collateral.wad()
        } else {
            book.debt.wad()
        }
    };
    (
        (0..case.deposits.len()).map(|at| alone(true, at)).collect(),
        (0..case.borrows.len()).map(|at| alone(false, at)).collect(),
    )
}

/// Refused where a debt with a higher factor, or else a collateral with a lower threshold, is neither dust nor (the
/// collateral) worth less than a twentieth of what closing seizes.
fn verdict(case: &Case, pair: (usize, usize), plan: &Plan, dust: u128) -> Result<(), WrongPair> {
    let (deposits, borrows) = values(case);
    let (threshold, factor) = (
        case.deposits[pair.0].holding.weight,
        case.borrows[pair.1].holding.weight,
    );
    for (entry, value) in case.borrows.iter().zip(borrows) {
        if entry.holding.weight > factor && value >= dust {
            return Err(WrongPair::Debt);
        }
    }
    for (entry, value) in case.deposits.iter().zip(deposits) {
        let is_minor =
            big(value) * 20 * 1_000_000 < big(plan.close_value.wad()) * (1_000_000 + plan.bonus.0);
        if entry.holding.weight < threshold && value >= dust && !is_minor {
            return Err(WrongPair::Collateral);
        }
    }
    Ok(())
}

fn value_of(case: &Case, which: u8) -> u128 {
    let (deposits, borrows) = values(case);
    let all: Vec<u128> = deposits.into_iter().chain(borrows).collect();
    all[usize::from(which) % all.len()]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_pair_is_refused_exactly_when_another_heals_more_and_is_neither_dust_nor_minor(
        case in near_one(), at in any::<(u8, u8)>(), which in any::<[u8; 2]>(), off in any::<[i8; 2]>(),
        parts in 1u128..60, bonus in 0u32..=200_000,
    ) {
        let mut case = case;
        // Weights from a few, so that pairs are often tied.
        for (entry, step) in case.deposits.iter_mut().map(|e| (e, 3_000)).chain(case.borrows.iter_mut().map(|e| (e, 10_000))) {
            entry.holding.weight = Bps(entry.holding.weight.0 / step * step + step);
        }
        let pair = (usize::from(at.0) % case.deposits.len(), usize::from(at.1) % case.borrows.len());
        // A dust value and a close amount at which the verdict turns, or near it.
        let dust = value_of(&case, which[0]).saturating_add_signed(i128::from(off[0] % 3)).max(1);
        let close = value_of(&case, which[1]) / 20 * parts;
        let close = close.saturating_add_signed(i128::from(off[1] % 3));
        let plan = plan(Usd::from_wad(close), bonus);
        let weights = (case.deposits[pair.0].holding.weight, case.borrows[pair.1].holding.weight);
        let ours = check_pair(&case.sheet(), weights, &plan, Usd::from_wad(dust)).unwrap();
        prop_assert_eq!(ours, verdict(&case, pair, &plan, dust));
    }

    #[test]
    fn the_pair_of_lowest_threshold_and_highest_factor_is_never_refused(
        case in near_one(), close in any::<u64>(), bonus in 0u32..=200_000, dust in 1..=u64::MAX,
    ) {
        let threshold = case.deposits.iter().map(|e| e.holding.weight).min().unwrap();
        let factor = case.borrows.iter().map(|e| e.holding.weight).max().unwrap();
        let plan = plan(Usd::from_wad(u128::from(close) << 30), bonus);
        let ours = check_pair(&case.sheet(), (threshold, factor), &plan, Usd::from_wad(u128::from(dust)));
        prop_assert_eq!(ours.unwrap(), Ok(()));
    }
}
