//! Bad debt beside collateral that is dust: the liquidation that settles it settles all of it.

use levee::error::LeveeError;
use levee::state::Obligation;
use levee_tests::{assert_refused, exact, free, stable_config, view, Lending, Token};
use solana_instruction::Instruction;

/// The borrower owes $3,000 and another $4,500 against SOL that fell to $40, and beside it holds `dust` atoms of a
/// token at $1 with a higher threshold.
struct Scene {
    lending: Lending,
    other: Token,
}

fn scene(dust: u64) -> Scene {
    let mut lending = Lending::new();
    let world = &mut lending.world;
    let [other, third] = [(); 2].map(|()| world.add_token(6, 1.0, free(stable_config)));
    for token in [other, third] {
        let price = exact(world, 1.0);
        world.set_price(&token, &price);
    }
    world.supplier(&other, other.atoms(1e6));
    world.fund(&lending.borrower, &third, dust);
    world.deposit(&lending.borrower, &third, dust).unwrap();
    lending.owe(3_000.0);
    let owed = other.atoms(4_500.0);
    let world = &mut lending.world;
    world.borrow(&lending.borrower, &other, owed).unwrap();
    world.fund(&lending.liquidator, &other, other.atoms(1e6));
    lending.fall(40.0);
    Scene { lending, other }
}

impl Scene {
    /// The liquidation of the other dollar for SOL, the first dollar's reserve being writable or not, with all prices known.
    fn liquidation(&mut self, is_writable: bool) -> Instruction {
        let Lending {
            world,
            sol,
            usdc,
            liquidator,
            borrower,
            ..
        } = &mut self.lending;
        let mut list = world.liquidation(liquidator, borrower, &self.other, sol, u64::MAX, 0);
        view::refresh_all(world);
        let mut liquidate = list.remove(1);
        let first = liquidate.accounts.iter_mut().rev();
        let first = first.into_iter().find(|a| a.pubkey == usdc.keys.reserve);
        first.expect("it is owed").is_writable = is_writable;
        liquidate
    }

    /// Makes it so, and shows the borrower's obligation after it.
    fn liquidate(&mut self, is_writable: bool) -> Obligation {
        let liquidate = self.liquidation(is_writable);
        let Lending {
            world,
            liquidator,
            borrower,
            ..
        } = &mut self.lending;
        world.must(&[liquidate], &[&liquidator.keypair]);
        world.obligation(borrower)
    }

    fn lost(&self, token: &Token) -> bool {
        !view::supply_is_whole(&self.lending.world, token)
    }
}

#[test]
fn where_dust_remains_a_debt_in_a_read_only_reserve_refuses_the_liquidation_that_would_leave_it() {
    let mut scene = scene(1_000_000);
    let liquidate = scene.liquidation(false);
    let error = LeveeError::UnsettledReserveReadOnly;
    let Lending {
        world, liquidator, ..
    } = &mut scene.lending;
    assert_refused(world, &[liquidate], &[&liquidator.keypair], error);
}

#[test]
fn where_dust_remains_and_all_can_be_written_no_debt_does() {
    let mut scene = scene(1_000_000);
    let obligation = scene.liquidate(true);
    assert_eq!((obligation.deposit_count, obligation.borrow_count), (1, 0));
    let usdc = scene.lending.usdc;
    assert!(scene.lost(&usdc) && scene.lost(&scene.other));
}

#[test]
fn where_more_than_dust_remains_nothing_is_settled_and_nothing_need_be_writable() {
    let mut scene = scene(26_000_000);
    assert_eq!(scene.liquidate(false).borrow_count, 2);
    let usdc = scene.lending.usdc;
    assert!(!scene.lost(&usdc) && !scene.lost(&scene.other));
}
