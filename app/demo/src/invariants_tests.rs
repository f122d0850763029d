use super::*;
use levee::state::Reserve;
use levee_risk::price::{Price, Scale};
use levee_risk::units::{Atoms, Bps};

use crate::market::{BASE, USDC};

const QUOTED: Quoted = Quoted {
    paid_atoms: 11,
    seized_atoms: 5,
    bonus: Ppm(1_000),
    insolvent: false,
    closes_debt: false,
};
const BEFORE: [(u64, u64); 2] = [(100, 0), (0, 50)];
const AFTER: [(u64, u64); 2] = [(89, 11), (5, 45)];

fn book(collateral: u64, debt: u64) -> Book {
    let dollar = Price::new(1, Scale::new(0, 0).unwrap());
    let mut book = Book::default();
    let value = |dollars| dollar.value_down(Atoms(dollars)).unwrap();
    book.add_collateral(value(collateral), Bps(8_000)).unwrap();
    book.add_debt(value(debt), Bps(10_000)).unwrap();
    book
}

fn broken_by(after: [(u64, u64); 2], book_after: &Book) -> u64 {
    broken(after, book_after, true)
}

fn broken(after: [(u64, u64); 2], book_after: &Book, is_as_quoted: bool) -> u64 {
    let market = Market::open(1, 100.0).unwrap();
    let mut invariants = Invariants::default();
    let outcome = Outcome {
        quoted: QUOTED,
        repay: USDC,
        seize: BASE,
        before: BEFORE,
        after,
        book_before: &book(1_200, 1_000),
        book_after,
        is_as_quoted,
    };
    invariants.liquidation(&market, &outcome).unwrap();
    assert_eq!(invariants.broken, invariants.failures.len() as u64);
    invariants.broken
}

#[test]
fn what_was_quoted_and_heals_breaks_nothing() {
    assert_eq!(broken_by(AFTER, &book(1_000, 780)), 0);
}

#[test]
fn an_atom_that_was_not_quoted_is_a_broken_invariant() {
    let one_more = [AFTER[0], (6, 44)];
    assert_eq!(broken_by(one_more, &book(1_000, 780)), 1);
}

#[test]
fn an_obligation_other_than_the_quoted_one_is_a_broken_invariant() {
    assert_eq!(broken(AFTER, &book(1_000, 780), false), 1);
}

#[test]
fn health_that_does_not_rise_is_a_broken_invariant() {
    assert_eq!(broken_by(AFTER, &book(1_200, 1_000)), 1);
}

#[test]
fn health_beyond_the_target_is_a_broken_invariant() {
    assert_eq!(broken_by(AFTER, &book(1_000, 700)), 1);
}

#[test]
fn a_vault_with_less_than_its_reserve_says_is_a_broken_invariant() {
    let mut market = Market::open(1, 100.0).unwrap();
    let reserve = market.tokens[BASE].keys.reserve;
    market
        .world
        .rewrite::<Reserve>(&reserve, |reserve| reserve.available_atoms = 1);
    market.reload().unwrap();
    let mut invariants = Invariants::default();
    invariants.reserve(&market, BASE).unwrap();
    assert_eq!(invariants.broken, 1);
}
