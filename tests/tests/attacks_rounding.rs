//! Attacks by rounding: no loop of small steps ever gains an atom.

use levee_tests::{forge, view, Lending};

/// Indexes where little divides evenly, Q64.64: below one, just above it, and odd numbers up to billions.
const INDEXES: [u128; 6] = [
    (1 << 64) - 1,
    (1 << 64) + 1,
    0x0000_0000_0000_0001_5555_5555_5555_5555,
    0x0000_0000_0000_0003_243f_6a88_85a3_08d3,
    0x0000_0000_0001_e240_89ab_cdef_0123_4567,
    0x0000_0000_7fff_ffff_ffff_ffff_ffff_ffff,
];

/// Awkward amounts, one after the other.
const AMOUNTS: [u64; 7] = [1, 2, 3, 7, 999, 1_000_003, 123_456_789];

const LOOPS: usize = 100;

/// The market with everybody's deposits in the dollar at `supply` and a debt at `borrow`.
fn at_indexes(supply: u128, borrow: u128) -> Lending {
    let mut lending = Lending::new();
    lending.owe(5_000.0);
    let usdc = lending.usdc;
    // A small reserve, so that claims at the largest index still have a number.
    let (world, lender) = (&mut lending.world, &lending.lender);
    world
        .withdraw(lender, &usdc, usdc.atoms(994_000.0))
        .unwrap();
    let debt_grown = |borrow: u128| borrow.max(1 << 64);
    forge::set_indexes(world, &usdc, supply, debt_grown(borrow));
    lending
}

#[test]
fn depositing_and_withdrawing_never_gains() {
    for supply in INDEXES {
        let mut lending = at_indexes(supply, 1 << 64);
        let (world, user, usdc) = (&mut lending.world, &lending.liquidator, &lending.usdc);
        let mut wealth = world.balance(user, usdc);
        for (step, atoms) in AMOUNTS.iter().cycle().take(LOOPS).enumerate() {
            world.deposit(user, usdc, *atoms).unwrap();
            let held = view::deposited(world, user, usdc);
            assert!(held <= *atoms, "{held} of {atoms} at {supply:x}");
            // By number and by name, and in two parts.
            let part = match step % 3 {
                0 => u64::MAX,
                1 => held,
                _ => held / 2,
            };
            if part > 0 {
                world.withdraw(user, usdc, part).unwrap();
            }
            if world.obligation(user).deposit_count > 0 {
                world.withdraw(user, usdc, u64::MAX).unwrap();
            }
            let now = world.balance(user, usdc);
            assert!(now <= wealth, "{wealth} to {now} at {supply:x}");
            wealth = now;
        }
        assert!(view::deposited(world, &lending.lender, usdc) > 0);
    }
}

#[test]
fn withdrawing_atom_by_atom_never_gains() {
    for supply in INDEXES {
        let mut lending = at_indexes(supply, 1 << 64);
        let (world, user, usdc) = (&mut lending.world, &lending.liquidator, &lending.usdc);
        let before = world.balance(user, usdc);
        world.deposit(user, usdc, 1_000_003).unwrap();
        for _ in 0..LOOPS {
            let held = view::deposited(world, user, usdc);
            world.withdraw(user, usdc, 1).unwrap();
            let left = view::deposited(world, user, usdc);
            assert!(left < held, "an atom for nothing at {supply:x}");
        }
        world.withdraw(user, usdc, u64::MAX).unwrap();
        assert!(world.balance(user, usdc) <= before);
    }
}

#[test]
fn borrowing_and_repaying_never_gains() {
    for borrow in INDEXES {
        // The debt of the scene stays below what its collateral carries.
        let mut lending = at_indexes(1 << 64, borrow.min(0x1_5555_5555_5555_5555));
        let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
        let wealth = |world: &levee_tests::World<_>| {
            world.balance(user, usdc) as i64 - view::owed(world, user, usdc) as i64
        };
        let mut before = wealth(world);
        for atoms in AMOUNTS.iter().cycle().take(LOOPS) {
            world.borrow(user, usdc, *atoms).unwrap();
            let between = wealth(world);
            assert!(between <= before, "{before} to {between} at {borrow:x}");
            world.repay(user, usdc, *atoms).unwrap();
            let now = wealth(world);
            assert!(now <= between, "{between} to {now} at {borrow:x}");
            before = now;
        }
    }
}

#[test]
fn repaying_atom_by_atom_forgives_no_more_than_was_paid() {
    for borrow in INDEXES {
        let mut lending = at_indexes(1 << 64, borrow);
        let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
        let before = view::owed(world, user, usdc);
        for _ in 0..LOOPS {
            world.repay(user, usdc, 1).unwrap();
        }
        let forgiven = before - view::owed(world, user, usdc);
        assert!(forgiven <= LOOPS as u64, "{forgiven} at {borrow:x}");
    }
}

#[test]
fn a_deposit_of_less_than_an_atom_in_the_debts_own_reserve_is_no_shield() {
    let mut lending = Lending::new();
    lending.owe(7_500.0);
    let usdc = lending.usdc;
    forge::set_indexes(&mut lending.world, &usdc, (1 << 64) + 1, 1 << 64);
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.deposit(user, &usdc, 1).unwrap();
    assert_eq!(view::deposited(world, user, &usdc), 0);
    assert_eq!(world.obligation(user).deposit_count, 2);
    lending.fall(90.0);
    lending.liquidate(u64::MAX);
    assert!(view::health(&lending.world, &lending.borrower) > 1.0);
    // What paid for nothing is gone.
    let obligation = lending.world.obligation(&lending.borrower);
    assert_eq!(obligation.deposit_count, 1);
}
