use super::*;
use crate::book::Line;

fn keys() -> Vec<Pubkey> {
    (0..8).map(|at| Pubkey::new_from_array([at; 32])).collect()
}

fn with(deposits: usize, borrows: usize) -> Obligation {
    let position = |at: usize| Position {
        reserve: keys()[at],
        scaled: Limbs::new(u128::MAX - at as u128),
    };
    let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
    obligation.unhealthy_slots = 1;
    obligation.auction_slots = 2;
    obligation.last_seen_unhealthy_slot = 3;
    obligation.last_risk_increase_slot = 4;
    obligation.elevation_group = 5;
    obligation.last_seen_permitted = 1;
    obligation.deposit_count = deposits as u8;
    obligation.borrow_count = borrows as u8;
    for at in 0..deposits {
        obligation.deposits[at] = position(at);
    }
    for at in 0..borrows {
        obligation.borrows[at] = position(7 - at);
    }
    obligation
}

#[test]
fn every_obligation_is_unpacked_as_it_was_packed() {
    let mut book = Book::new();
    book.push([Line {
        scaled: 7,
        asset: 3,
        is_debt: false,
    }]);
    let mut obligations = Obligations::new(&Arc::new(book), &keys());
    assert_eq!(obligations.get(0, &keys()).deposits[0].reserve, keys()[3]);
    // In and out of little room, and back.
    for (deposits, borrows) in [
        (1, 1),
        (3, 2),
        (4, 2),
        (8, 5),
        (0, 1),
        (8, 0),
        (2, 0),
        (0, 0),
    ] {
        let before = with(deposits, borrows);
        obligations.set(0, &before, &keys());
        let after = obligations.get(0, &keys());
        assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&before));
        let mut count = 0;
        obligations.for_each_position(&keys(), |_, _, _| count += 1);
        assert_eq!(count, deposits + borrows);
    }
    let whole = obligations.whole.len();
    for _ in 0..3 {
        obligations.set(0, &with(8, 5), &keys());
    }
    assert_eq!(obligations.whole.len(), whole + 1);
}

#[test]
fn a_pair_is_replaced_in_little_room_and_in_an_account_and_nothing_else_is() {
    let mut book = Book::new();
    book.push([]);
    let mut obligations = Obligations::new(&Arc::new(book), &keys());
    // Both hold reserve 0 and owe reserve 7; the larger one is kept as an account.
    for (deposits, borrows) in [(1, 1), (3, 2), (7, 4)] {
        let mut expected = with(deposits, borrows);
        obligations.set(0, &expected, &keys());
        let pair = Pair {
            debt: (7, 5),
            deposit: (0, 6),
        };
        obligations.set_pair(0, &pair, &keys());
        expected.borrows[0].scaled = Limbs::new(5);
        expected.deposits[0].scaled = Limbs::new(6);
        let mut room = Vec::new();
        obligations.read(&[0], &mut room);
        for after in [
            obligations.get(0, &keys()),
            obligations.of(&room[0], &keys()),
        ] {
            assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&expected));
        }
    }
}
