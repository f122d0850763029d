//! `liquidate_batch`: the accounts that it refuses, with whatever stands before and behind them.

use levee::error::LeveeError;
use levee_client::instructions::{self as ix, Limits};
use levee_tests::{assert_refused, pair_of, view, Foreign, Lending, User};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

type List = Vec<(Pubkey, Vec<AccountMeta>)>;

/// The borrower's $7,500 with SOL at $84, and all prices known in this slot.
fn fallen() -> Lending {
    let mut lending = Lending::fallen(7_500.0, 84.0);
    let sol = lending.sol;
    lending.world.fund(&lending.liquidator, &sol, 0);
    view::refresh_all(&mut lending.world);
    lending
}

fn batch(lending: &mut Lending, list: &List) -> Instruction {
    let (usdc, sol) = (lending.usdc, lending.sol);
    let keys = lending
        .world
        .liquidator_keys(&lending.liquidator, &usdc, &sol);
    ix::liquidate_batch(&keys, &pair_of(&usdc, &sol), list, Limits::NONE)
}

fn refuse(lending: &mut Lending, instruction: Instruction, error: LeveeError) {
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &[instruction], &signers, error);
}

fn plain(user: &User) -> (Pubkey, Vec<AccountMeta>) {
    (user.obligation, Vec::new())
}

#[test]
fn a_pair_of_one_reserve_is_no_business_of_a_batch() {
    let mut lending = fallen();
    let (usdc, of) = (lending.usdc, plain(&lending.borrower));
    let keys = lending
        .world
        .liquidator_keys(&lending.liquidator, &usdc, &usdc);
    let same = ix::liquidate_batch(&keys, &pair_of(&usdc, &usdc), &[of], Limits::NONE);
    refuse(&mut lending, same, LeveeError::DuplicateReserve);
}

#[test]
fn what_is_no_writable_obligation_refuses_all() {
    let mut lending = fallen();
    let right = plain(&lending.borrower);
    // A closed obligation and a reserve that a list has too many are passed over, see `liquidate_batch_changed`.
    let keys = [
        lending.world.market,
        lending.usdc.keys.reserve,
        lending.sol.keys.vault,
        levee::ID,
    ];
    for key in keys {
        let list = vec![right.clone(), (key, Vec::new())];
        let instruction = batch(&mut lending, &list);
        refuse(&mut lending, instruction, LeveeError::NotAnObligation);
    }
    let mut read_only = batch(&mut lending, &vec![right.clone()]);
    read_only.accounts.last_mut().unwrap().is_writable = false;
    refuse(&mut lending, read_only, LeveeError::NotAnObligation);
    let instruction = batch(&mut lending, &vec![right]);
    lending
        .world
        .must(&[instruction], &[&lending.liquidator.keypair]);
}

#[test]
fn an_obligation_of_another_market_refuses_all() {
    let mut lending = fallen();
    let foreign = Foreign::new(&mut lending.world, &lending.sol);
    let key = levee_client::pda::obligation(&foreign.market, &lending.liquidator.key(), 0);
    let create = ix::init_obligation(lending.liquidator.key(), foreign.market, 0);
    lending
        .world
        .must(&[create], &[&lending.liquidator.keypair]);
    let list = vec![plain(&lending.borrower), (key, Vec::new())];
    let instruction = batch(&mut lending, &list);
    refuse(&mut lending, instruction, LeveeError::ForeignMarket);
}

#[test]
fn what_is_no_reserve_refuses_all_where_other_reserves_are_due() {
    let mut lending = fallen();
    let third = lending.world.add_token(6, 1.0, levee_tests::stable_config);
    let user = lending.world.supplier(&third, third.atoms(10.0));
    view::refresh_all(&mut lending.world);
    let other = AccountMeta::new_readonly(third.keys.reserve, false);
    let stranger = AccountMeta::new_readonly(lending.world.market, false);
    let borrower = plain(&lending.borrower);
    for others in [vec![stranger.clone()], vec![other.clone(), stranger]] {
        let list = vec![borrower.clone(), (user.obligation, others)];
        let instruction = batch(&mut lending, &list);
        refuse(&mut lending, instruction, LeveeError::NotAnObligation);
    }
    let list = vec![borrower, (user.obligation, vec![other])];
    let instruction = batch(&mut lending, &list);
    lending
        .world
        .must(&[instruction], &[&lending.liquidator.keypair]);
}

#[test]
fn a_reserve_that_was_not_refreshed_in_this_slot_refuses_all() {
    let mut lending = fallen();
    lending.world.advance(1, 0);
    let list = vec![plain(&lending.borrower)];
    let instruction = batch(&mut lending, &list);
    refuse(&mut lending, instruction, LeveeError::ReserveNotRefreshed);
}

#[test]
fn accounts_that_do_not_belong_to_the_pair_are_refused() {
    let mut lending = fallen();
    let foreign = Foreign::new(&mut lending.world, &lending.sol);
    view::refresh_all(&mut lending.world);
    let list = vec![plain(&lending.borrower)];
    let genuine = batch(&mut lending, &list);
    let (usdc, sol) = (lending.usdc.keys, lending.sol.keys);
    let wrong = [
        (1, foreign.market, LeveeError::ForeignMarket),
        (3, foreign.token.keys.reserve, LeveeError::ForeignMarket),
        (4, sol.vault, LeveeError::WrongVault),
        (5, usdc.vault, LeveeError::WrongVault),
        (8, sol.mint, LeveeError::WrongMint),
        (9, usdc.mint, LeveeError::WrongMint),
        (10, levee::ID, LeveeError::WrongTokenProgram),
        (11, levee::ID, LeveeError::WrongTokenProgram),
    ];
    for (slot, key, error) in wrong {
        let forged = levee_tests::forge::with_account(&genuine, slot, key);
        refuse(&mut lending, forged, error);
    }
}
