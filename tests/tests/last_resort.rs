//! The program's assertions of last resort: reserves that no instruction can have written are caught before anything moves.

use levee::error::LeveeError;
use levee::state::Reserve;
use levee_client::instructions as ix;
use levee_tests::forge::{set_borrow_index, strip_deposits};
use levee_tests::{assert_refused, calls, pair_of, view, Chain, Lending, Token, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;

/// Takes `atoms` from what the reserve believes to have.
fn lose<C: Chain>(world: &mut World<C>, token: &Token, atoms: u64) {
    let reserve = token.keys.reserve;
    world.rewrite::<Reserve>(&reserve, |reserve| reserve.available_atoms -= atoms);
}

/// The borrower's $7,500 with SOL at `price`, refreshed, and both have tokens of both kinds.
fn fallen(price: f64) -> Lending {
    let mut lending = Lending::fallen(7_500.0, price);
    let (sol, usdc) = (lending.sol, lending.usdc);
    for user in [&lending.borrower, &lending.liquidator] {
        lending.world.fund(user, &sol, sol.atoms(10.0));
        lending.world.fund(user, &usdc, usdc.atoms(10_000.0));
    }
    view::refresh_all(&mut lending.world);
    lending
}

/// Asserts that `instructions` are refused while an atom of the claims on `token` has no backing, and pass with it.
fn refuse_unbacked(
    lending: &mut Lending,
    token: Token,
    instructions: &[Instruction],
    by: &Keypair,
) {
    // One atom for the backing that rounding may leave over.
    lose(&mut lending.world, &token, 2);
    let error = LeveeError::InvariantBroken;
    assert_refused(&mut lending.world, instructions, &[by], error);
    let reserve = token.keys.reserve;
    lending
        .world
        .rewrite::<Reserve>(&reserve, |reserve| reserve.available_atoms += 2);
    lending.world.must(instructions, &[by]);
}

#[test]
fn no_instruction_moves_tokens_of_a_reserve_whose_claims_are_not_backed() {
    // Healthy at $100, so that all of these pass.
    let mut lending = fallen(100.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let owner = lending.borrower.keypair.insecure_clone();
    let user = &lending.borrower;
    let list = lending.world.reserve_list(user);
    let flash = [
        ix::flash_borrow(user.key(), &usdc.keys, user.wallet(&usdc), 1_000_000),
        ix::flash_repay(user.key(), &usdc.keys, user.wallet(&usdc)),
    ];
    let repay = calls::repay(user, &usdc, 100_000_000);
    let borrow = calls::borrow(user, &usdc, &list, 1_000_000);
    let deposit = calls::deposit(user, &sol, 1_000);
    let withdraw = calls::withdraw(user, &sol, &list, 1_000);
    refuse_unbacked(&mut lending, usdc, &flash, &owner);
    refuse_unbacked(&mut lending, usdc, &[repay], &owner);
    refuse_unbacked(&mut lending, usdc, &[borrow], &owner);
    refuse_unbacked(&mut lending, sol, &[deposit], &owner);
    refuse_unbacked(&mut lending, sol, &[withdraw], &owner);
}

// What leaves the seized reserve burns claims of at least its worth, so that only the repaid one is asked.

#[test]
fn no_liquidation_repays_into_a_reserve_whose_claims_are_not_backed() {
    let mut lending = fallen(90.0);
    let usdc = lending.usdc;
    let liquidator = lending.liquidator.keypair.insecure_clone();
    let list = lending.liquidation((u64::MAX, 0));
    refuse_unbacked(&mut lending, usdc, &list, &liquidator);
}

#[test]
fn no_batch_repays_into_a_reserve_whose_claims_are_not_backed() {
    let mut lending = fallen(90.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let liquidator = lending.liquidator.keypair.insecure_clone();
    let keys = lending
        .world
        .liquidator_keys(&lending.liquidator, &usdc, &sol);
    let pair = pair_of(&usdc, &sol);
    let of = [(lending.borrower.obligation, Vec::new())];
    let batch = ix::liquidate_batch(&keys, &pair, &of, ix::Limits::NONE);
    refuse_unbacked(&mut lending, usdc, &[batch], &liquidator);
}

#[test]
fn no_netting_and_no_settlement_touches_a_reserve_whose_claims_are_not_backed() {
    // A debt in the collateral too, which cancels before anybody is paid.
    let mut lending = Lending::new();
    let sol = lending.sol;
    let world = &mut lending.world;
    world
        .borrow(&lending.borrower, &sol, sol.atoms(40.0))
        .unwrap();
    lending.owe(3_000.0);
    lending.fall(70.0);
    let liquidator = lending.liquidator.keypair.insecure_clone();
    let list = lending.liquidation((u64::MAX, 0));
    view::refresh_all(&mut lending.world);
    refuse_unbacked(&mut lending, sol, &list[1..], &liquidator);

    let mut lending = fallen(100.0);
    let (usdc, obligation) = (lending.usdc, lending.borrower.obligation);
    strip_deposits(&mut lending.world, &obligation);
    let anybody = lending.world.keypair();
    let settle = ix::settle_bad_debt(lending.world.market, obligation, usdc.keys.reserve);
    refuse_unbacked(&mut lending, usdc, &[settle], &anybody);
}

#[test]
fn a_repayment_too_small_for_the_borrow_index_is_no_reason_to_seize() {
    let mut lending = fallen(90.0);
    let usdc = lending.usdc;
    // At an index of 2⁴⁰ the smallest unit of a debt is 256 atoms: less than that forgives nothing.
    set_borrow_index(&mut lending.world, &usdc, &lending.borrower, 1 << 104);
    view::refresh_all(&mut lending.world);
    let owed = view::owed(&lending.world, &lending.borrower, &usdc);
    let signers = [lending.liquidator.keypair.insecure_clone()];
    let error = LeveeError::HealthNotImproved;
    let coarse = lending.liquidation((200, 0));
    assert_refused(&mut lending.world, &coarse, &[&signers[0]], error);
    // A whole unit and the insurance's part are enough.
    let fine = lending.liquidation((100_000, 0));
    lending.world.must(&fine, &[&signers[0]]);
    assert!(view::owed(&lending.world, &lending.borrower, &usdc) < owed);
}
