//! The order in which a sheet is filled and emptied.

use levee_risk::sheet::{Sheet, View, MAX_BORROWS, MAX_DEPOSITS};
use levee_risk::units::{Atoms, Bps, MathError};
use proptest::prelude::*;

use crate::cases::{any_case, Case, Entry, NOW_TS};
use crate::dice::cases;

/// The same entries in an order that `bits` chooses.
fn shuffled(entries: &[Entry], mut bits: u64) -> Vec<Entry> {
    let mut left = entries.to_vec();
    let mut order = Vec::new();
    while !left.is_empty() {
        let at = (bits % left.len() as u64) as usize;
        bits /= left.len() as u64;
        order.push(left.remove(at));
    }
    order
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_newest_quote_of_a_base_is_its_price_in_whatever_order_the_reserves_come(
        case in any_case(), bits in any::<[u64; 2]>(), most in 0u32..=1_000,
    ) {
        let other = Case {
            deposits: shuffled(&case.deposits, bits[0]),
            borrows: shuffled(&case.borrows, bits[1]),
        };
        for view in [View::Plain, View::Lifted(Bps(most)), View::NewRisk] {
            prop_assert_eq!(case.book(view), other.book(view));
        }
        prop_assert_eq!(case.sheet().is_fresh_for_mild(NOW_TS), other.sheet().is_fresh_for_mild(NOW_TS));
        prop_assert_eq!(case.sheet().doubt().is_some(), other.sheet().doubt().is_some());
        // Debts before deposits, as no instruction fills it.
        let mut sheet = Sheet::EMPTY;
        for entry in &other.borrows {
            sheet.add_borrow(entry.holding, &entry.source).unwrap();
        }
        for entry in &other.deposits {
            sheet.add_deposit(entry.holding, &entry.source).unwrap();
        }
        prop_assert_eq!(sheet.book(View::NewRisk).unwrap(), case.book(View::NewRisk));
    }

    #[test]
    fn a_price_is_fresh_and_undoubted_exactly_when_the_newest_of_every_base_is(case in any_case(), later in 0i64..60) {
        let now_ts = NOW_TS + later;
        let entries = || case.deposits.iter().chain(&case.borrows).map(|e| case.newest(&e.source));
        let fresh = entries().all(|s| now_ts - s.quote.publish_ts <= i64::from(s.max_mild_age));
        prop_assert_eq!(case.sheet().is_fresh_for_mild(now_ts), fresh);
        let doubt = entries().find_map(|s| s.quote.doubt(&s.limits));
        prop_assert_eq!(case.sheet().doubt(), doubt.filter(|_| !case.has_one_base()));
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_their_order(
        mut case in any_case(), taken in prop::collection::vec((any::<bool>(), 0usize..9), 0..12),
    ) {
        let mut sheet = case.sheet();
        for (is_deposit, at) in taken {
            let entries = if is_deposit { &mut case.deposits } else { &mut case.borrows };
            if at < entries.len() {
                entries.remove(at);
            }
            if is_deposit {
                sheet.remove_deposit(at);
            } else {
                sheet.remove_borrow(at);
            }
        }
        for at in 0..=MAX_DEPOSITS {
            let held = sheet.seized_side(at).map(|side| (side.deposited, side.threshold));
            let expected = case.deposits.get(at).map(|e| (e.holding.atoms, e.holding.weight));
            prop_assert_eq!(held, expected.ok_or(MathError::Overflow));
        }
        for at in 0..=MAX_BORROWS {
            let owed = sheet.repaid_side(at).map(|side| (side.owed, side.borrow_factor));
            let expected = case.borrows.get(at).map(|e| (e.holding.atoms, e.holding.weight));
            prop_assert_eq!(owed, expected.ok_or(MathError::Overflow));
        }
        let lightest = case.deposits.iter().map(|e| e.holding.weight).min();
        prop_assert_eq!(sheet.least_deposit_weight(), lightest.unwrap_or(Bps::ONE));
    }

    #[test]
    fn replaced_atoms_are_valued_as_if_they_had_been_there_from_the_beginning(
        mut case in any_case(), at in any::<(u8, u8)>(), atoms in any::<[u32; 2]>(),
    ) {
        let mut sheet = case.sheet();
        let (deposit, borrow) = (usize::from(at.0) % case.deposits.len(), usize::from(at.1) % case.borrows.len());
        let [held, owed] = atoms.map(|atoms| Atoms(u64::from(atoms)));
        sheet.set_deposited(deposit, held);
        sheet.set_owed(borrow, owed);
        case.deposits[deposit].holding.atoms = held;
        case.borrows[borrow].holding.atoms = owed;
        prop_assert_eq!(sheet.book(View::NewRisk).unwrap(), case.book(View::NewRisk));
        sheet.clear();
        prop_assert_eq!(sheet.book(View::Plain).unwrap(), Sheet::EMPTY.book(View::Plain).unwrap());
        for entry in &case.deposits {
            sheet.add_deposit(entry.holding, &entry.source).unwrap();
        }
        for entry in &case.borrows {
            sheet.add_borrow(entry.holding, &entry.source).unwrap();
        }
        prop_assert_eq!(sheet.book(View::NewRisk).unwrap(), case.book(View::NewRisk));
    }
}

#[test]
fn a_sheet_takes_eight_deposits_and_five_borrows_and_no_more() {
    let mut sheet = Sheet::EMPTY;
    let (holding, source) = Default::default();
    for _ in 0..MAX_DEPOSITS {
        assert_eq!(sheet.add_deposit(holding, &source), Ok(()));
    }
    for _ in 0..MAX_BORROWS {
        assert_eq!(sheet.add_borrow(holding, &source), Ok(()));
    }
    assert_eq!(
        sheet.add_deposit(holding, &source),
        Err(MathError::Overflow)
    );
    assert_eq!(sheet.add_borrow(holding, &source), Err(MathError::Overflow));
}
