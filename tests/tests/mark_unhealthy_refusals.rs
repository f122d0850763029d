//! `mark_unhealthy`: the accounts and prices that it refuses.

use anchor_lang::error::ErrorCode;
use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::{assert_refused, assert_refused_with, calls, view, Foreign, Lending};
use solana_pubkey::Pubkey;

/// The borrower's $7,500 with SOL at $93, so that health is 0.992.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 93.0)
}

fn mark(lending: &mut Lending) {
    let (anybody, of) = (&lending.liquidator, &lending.borrower);
    lending
        .world
        .mark(anybody, &[of])
        .expect("anybody may look");
}

/// Asserts that marking `obligations` is refused, all prices being of this slot.
fn refuse(lending: &mut Lending, obligations: &[(Pubkey, Vec<Pubkey>)], error: LeveeError) {
    view::refresh_all(&mut lending.world);
    let mark = ix::mark_unhealthy(lending.world.market, obligations);
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &[mark], &signers, error);
}

#[test]
fn the_reserve_list_must_be_the_obligations_own() {
    let mut lending = fallen();
    let stranger = Foreign::new(&mut lending.world, &lending.sol)
        .token
        .keys
        .reserve;
    let list = lending.world.reserve_list(&lending.borrower);
    let of = lending.borrower.obligation;
    for wrong in calls::wrong_lists(&list, stranger) {
        // What follows a complete list must be the next obligation.
        let error = match wrong.starts_with(&list) {
            true => LeveeError::NotAnObligation,
            false => LeveeError::WrongReserveList,
        };
        refuse(&mut lending, &[(of, wrong)], error);
    }
    mark(&mut lending);
}

#[test]
fn one_wrong_list_refuses_the_looks_at_all_others_too() {
    let mut lending = fallen();
    let list = lending.world.reserve_list(&lending.borrower);
    let other = lending.world.reserve_list(&lending.lender);
    let right = (lending.borrower.obligation, list.clone());
    let wrong = (lending.lender.obligation, list);
    let error = LeveeError::WrongReserveList;
    refuse(&mut lending, &[right.clone(), wrong], error);
    let corrected = (lending.lender.obligation, other);
    let mark = ix::mark_unhealthy(lending.world.market, &[right, corrected]);
    lending.world.must(&[mark], &[&lending.liquidator.keypair]);
}

#[test]
fn only_writable_obligations_can_be_marked() {
    let mut lending = fallen();
    let list = lending.world.reserve_list(&lending.borrower);
    let error = LeveeError::NotAnObligation;
    refuse(&mut lending, &[], error);
    let others = [
        lending.sol.keys.reserve,
        lending.world.market,
        lending.usdc.keys.vault,
    ];
    for key in others {
        refuse(&mut lending, &[(key, list.clone())], error);
    }
    let of = (lending.borrower.obligation, list);
    let mut mark = ix::mark_unhealthy(lending.world.market, &[of]);
    mark.accounts[1].is_writable = false;
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &[mark], &signers, error);
}

#[test]
fn an_obligation_of_another_market_is_refused() {
    let mut lending = fallen();
    let foreign = Foreign::new(&mut lending.world, &lending.sol);
    view::refresh_all(&mut lending.world);
    let list = lending.world.reserve_list(&lending.borrower);
    let of = [(lending.borrower.obligation, list)];
    let signers = [&lending.liquidator.keypair];
    let mark = ix::mark_unhealthy(foreign.market, &of);
    assert_refused(
        &mut lending.world,
        &[mark],
        &signers,
        LeveeError::ForeignMarket,
    );
    let no_market = ix::mark_unhealthy(lending.sol.keys.reserve, &of);
    let code = u32::from(ErrorCode::AccountDiscriminatorMismatch);
    let name = "AccountDiscriminatorMismatch";
    assert_refused_with(&mut lending.world, &[no_market], &signers, code, name);
}

#[test]
fn every_reserve_must_be_refreshed_in_this_slot_at_a_price_of_at_most_sixty_seconds() {
    let mut lending = fallen();
    mark(&mut lending);
    lending.world.advance(1, 0);
    let list = lending.world.reserve_list(&lending.borrower);
    let mark = ix::mark_unhealthy(lending.world.market, &[(lending.borrower.obligation, list)]);
    let signers = [&lending.liquidator.keypair];
    let error = LeveeError::ReserveNotRefreshed;
    for refreshed in [vec![], vec![lending.sol], vec![lending.usdc]] {
        let refresh = lending.world.refresh(&refreshed);
        let all = [vec![refresh], vec![mark.clone()]].concat();
        let skip = usize::from(refreshed.is_empty());
        assert_refused(&mut lending.world, &all[skip..], &signers, error);
    }
    lending.world.advance(60, 60);
    let refresh = lending.world.refresh(&[lending.sol, lending.usdc]);
    lending
        .world
        .must(&[refresh.clone(), mark.clone()], &signers);
    lending.world.advance(1, 1);
    let error = LeveeError::PriceTooOld;
    assert_refused(&mut lending.world, &[refresh, mark], &signers, error);
}
