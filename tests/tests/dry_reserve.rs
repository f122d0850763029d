//! A vault that cannot pay the collateral: the liquidator takes the scaled deposit into an obligation of its own.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee::state::{Limbs, Obligation, MAX_DEPOSITS};
use levee_client::instructions::{self as ix, other_reserves, Limits};
use levee_tests::{assert_refused, event, pair_of, view, Foreign, Lending, Receipt};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// The borrower's $7,500 with SOL at $84; of the 100 SOL supplied, `left` atoms are in the vault.
fn lent_out(left: u64) -> Lending {
    let mut lending = Lending::fallen(7_500.0, 84.0);
    let sol = lending.sol;
    let world = &mut lending.world;
    world.fund(&lending.lender, &sol, 0);
    world.fund(&lending.liquidator, &sol, 0);
    let lent = sol.atoms(100.0) - left;
    world.borrow(&lending.lender, &sol, lent).unwrap();
    lending
}

/// What a liquidation without limit seizes here.
fn seized() -> u64 {
    let mut lending = Lending::fallen(7_500.0, 84.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let plan = view::plan(&mut lending.world, &lending.borrower, &usdc, &sol, u64::MAX);
    plan.unwrap().seize.0
}

/// A refresh, and the liquidation with `receivers` at its end.
fn liquidation(lending: &mut Lending, receivers: &[Pubkey], limits: Limits) -> Vec<Instruction> {
    let (usdc, sol) = (lending.usdc, lending.sol);
    let world = &mut lending.world;
    let keys = world.liquidator_keys(&lending.liquidator, &usdc, &sol);
    let pair = pair_of(&usdc, &sol);
    let of = &lending.borrower;
    let others = other_reserves(&world.obligation(of), &pair, true);
    let (first, more) = match receivers.split_first() {
        Some((first, more)) => (Some(*first), more),
        None => (None, receivers),
    };
    let mut liquidate = ix::liquidate(&keys, &pair, of.obligation, &others, first, limits);
    let more = more
        .iter()
        .map(|key| solana_instruction::AccountMeta::new(*key, false));
    liquidate.accounts.extend(more);
    vec![world.refresh(&[usdc, sol]), liquidate]
}

fn liquidate(lending: &mut Lending, receiver: Option<Pubkey>, limits: Limits) -> Receipt {
    let receivers: Vec<_> = receiver.into_iter().collect();
    let list = liquidation(lending, &receivers, limits);
    lending.world.must(&list, &[&lending.liquidator.keypair])
}

fn refuse(lending: &mut Lending, receivers: &[Pubkey], error: LeveeError) {
    let list = liquidation(lending, receivers, Limits::NONE);
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &list, &signers, error);
}

/// The scaled SOL deposits of (borrower, liquidator).
fn scaled(lending: &Lending) -> (u128, u128) {
    let reserve = lending.sol.keys.reserve;
    let of = |user| {
        let limbs = lending
            .world
            .obligation(user)
            .deposit_in(&reserve)
            .to_limbs();
        Limbs(limbs).get()
    };
    (of(&lending.borrower), of(&lending.liquidator))
}

#[test]
fn a_vault_that_cannot_pay_all_of_it_is_dry_without_a_receiver() {
    let seized = seized();
    for left in [0, 1, seized - 1] {
        refuse(&mut lent_out(left), &[], LeveeError::VaultIsDry);
    }
}

#[test]
fn a_vault_that_can_pay_to_the_last_atom_pays_tokens_with_or_without_a_receiver() {
    for has_receiver in [false, true] {
        let mut lending = lent_out(seized());
        let receiver = has_receiver.then_some(lending.liquidator.obligation);
        let receipt = liquidate(&mut lending, receiver, Limits::NONE);
        let done: Liquidated = event(&receipt);
        assert!(!done.as_deposit);
        let (world, sol) = (&lending.world, &lending.sol);
        assert_eq!(world.balance(&lending.liquidator, sol), seized());
        assert_eq!(world.reserve(sol).available_atoms, 0);
        assert_eq!(world.obligation(&lending.liquidator).deposit_count, 0);
    }
}

#[test]
fn a_limit_that_the_vault_can_pay_for_needs_no_receiver() {
    let mut lending = lent_out(seized() - 1);
    let limits = Limits {
        max_repay_atoms: 1_000_000_000,
        ..Limits::NONE
    };
    let receipt = liquidate(&mut lending, None, limits);
    assert!(!event::<Liquidated>(&receipt).as_deposit);
}

#[test]
fn the_receiver_gets_the_scaled_deposit_to_the_last_unit_and_no_token_moves() {
    for left in [0, 1, seized() - 1] {
        let mut lending = lent_out(left);
        let sol = lending.sol;
        let before = (scaled(&lending), lending.world.reserve(&sol));
        let vault = lending.world.token_balance(&sol.keys.vault);
        let receiver = lending.liquidator.obligation;
        let receipt = liquidate(&mut lending, Some(receiver), Limits::NONE);
        let done: Liquidated = event(&receipt);
        assert!(done.as_deposit);
        assert_eq!(done.seized_atoms, seized());
        let ((held, none), reserve) = before;
        let (kept, received) = scaled(&lending);
        assert_eq!(none, 0);
        assert_eq!(kept + received, held);
        assert_eq!(received, u128::from(seized()) << 32);
        let world = &lending.world;
        assert_eq!(world.balance(&lending.liquidator, &sol), 0);
        assert_eq!(world.token_balance(&sol.keys.vault), vault);
        let after = world.reserve(&sol);
        assert_eq!(after.available_atoms, reserve.available_atoms);
        assert_eq!(after.scaled_supply, reserve.scaled_supply);
        assert_eq!(after.scaled_debt, reserve.scaled_debt);
    }
}

#[test]
fn at_a_broken_index_the_receiver_gets_what_the_borrower_loses() {
    // Interest between the fall and the liquidation: no whole number of units makes an atom any more.
    let mut lending = lent_out(0);
    lending.world.advance(1_000, 1_000);
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.post(&sol, 84.0);
    lending.post(&usdc, 1.0);
    let (held, _) = scaled(&lending);
    let receiver = lending.liquidator.obligation;
    let receipt = liquidate(&mut lending, Some(receiver), Limits::NONE);
    let (kept, received) = scaled(&lending);
    assert_eq!(kept + received, held);
    assert_ne!(received & 0xffff_ffff, 0);
    let seized = event::<Liquidated>(&receipt).seized_atoms;
    let world = &lending.world;
    assert_eq!(view::deposited(world, &lending.liquidator, &sol), seized);
}

#[test]
fn an_insolvent_deposit_changes_hands_whole() {
    let mut lending = lent_out(0);
    let sol = lending.sol;
    lending.post(&sol, 60.0);
    let (held, _) = scaled(&lending);
    let receiver = lending.liquidator.obligation;
    let receipt = liquidate(&mut lending, Some(receiver), Limits::NONE);
    assert!(event::<Liquidated>(&receipt).bad_debt_atoms > 0);
    assert_eq!(scaled(&lending), (0, held));
    let obligation = lending.world.obligation(&lending.borrower);
    assert_eq!(obligation.position_count(), 0);
}

#[test]
fn the_receiver_withdraws_once_the_vault_is_filled_again() {
    let mut lending = lent_out(0);
    let sol = lending.sol;
    let receiver = lending.liquidator.obligation;
    liquidate(&mut lending, Some(receiver), Limits::NONE);
    let world = &mut lending.world;
    world.repay(&lending.lender, &sol, u64::MAX).unwrap();
    world.withdraw(&lending.liquidator, &sol, u64::MAX).unwrap();
    assert_eq!(world.balance(&lending.liquidator, &sol), seized());
}

#[test]
fn a_receiver_that_holds_the_token_already_holds_the_sum() {
    let mut lending = lent_out(0);
    let sol = lending.sol;
    let world = &mut lending.world;
    world.fund(&lending.liquidator, &sol, 1_000);
    world.deposit(&lending.liquidator, &sol, 1_000).unwrap();
    let receiver = lending.liquidator.obligation;
    liquidate(&mut lending, Some(receiver), Limits::NONE);
    let (_, received) = scaled(&lending);
    assert_eq!(received, u128::from(seized() + 1_000) << 32);
    assert_eq!(
        lending.world.obligation(&lending.liquidator).deposit_count,
        1
    );
}

#[test]
fn a_receiver_with_debts_of_its_own_becomes_healthier() {
    let mut lending = lent_out(0);
    let usdc = lending.usdc;
    let world = &mut lending.world;
    world
        .deposit(&lending.liquidator, &usdc, 1_000_000_000)
        .unwrap();
    world
        .borrow(&lending.liquidator, &usdc, 100_000_000)
        .unwrap();
    let before = view::health(world, &lending.liquidator);
    let receiver = lending.liquidator.obligation;
    liquidate(&mut lending, Some(receiver), Limits::NONE);
    assert!(view::health(&lending.world, &lending.liquidator) > before);
}

#[test]
fn only_a_writable_obligation_of_the_liquidators_own_in_this_market_receives() {
    let mut lending = lent_out(0);
    let foreign = Foreign::new(&mut lending.world, &lending.sol);
    let by = lending.liquidator.key();
    let create = ix::init_obligation(by, foreign.market, 0);
    lending
        .world
        .must(&[create], &[&lending.liquidator.keypair]);
    let error = LeveeError::WrongReceivingObligation;
    let wrong = [
        levee_client::pda::obligation(&foreign.market, &by, 0),
        lending.lender.obligation,
        lending.borrower.obligation,
        lending.usdc.keys.reserve,
        lending.world.market,
        by,
    ];
    for receiver in wrong {
        refuse(&mut lending, &[receiver], error);
    }
    let own = lending.liquidator.obligation;
    let mut list = liquidation(&mut lending, &[own], Limits::NONE);
    list[1].accounts.last_mut().unwrap().is_writable = false;
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &list, &signers, error);
    refuse(&mut lending, &[own, own], LeveeError::WrongReserveList);
}

#[test]
fn a_wrong_receiver_is_refused_where_none_is_needed_too() {
    let mut lending = lent_out(seized());
    let stranger = lending.lender.obligation;
    let error = LeveeError::WrongReceivingObligation;
    refuse(&mut lending, &[stranger], error);
}

#[test]
fn a_receiver_without_room_is_refused_and_one_with_a_last_place_is_not() {
    let mut lending = lent_out(0);
    let receiver = lending.liquidator.obligation;
    let hold = |obligation: &mut Obligation, count: u8| {
        obligation.deposit_count = count;
        for (at, place) in obligation.deposits.iter_mut().enumerate() {
            let is_used = at < usize::from(count);
            place.reserve = Pubkey::new_from_array([at as u8 + 1; 32]);
            place.scaled = Limbs::new(1);
            if !is_used {
                *place = Default::default();
            }
        }
    };
    let most = MAX_DEPOSITS as u8;
    lending.world.rewrite(&receiver, |o| hold(o, most));
    refuse(&mut lending, &[receiver], LeveeError::TooManyDeposits);
    lending.world.rewrite(&receiver, |o| hold(o, most - 1));
    liquidate(&mut lending, Some(receiver), Limits::NONE);
    let obligation = lending.world.obligation(&lending.liquidator);
    assert_eq!(obligation.deposit_count, most);
    assert_eq!(obligation.deposits[7].reserve, lending.sol.keys.reserve);
}

#[test]
fn an_owner_may_take_its_own_deposit_into_another_obligation() {
    // The owner liquidates itself with obligation number one as the receiver.
    let mut lending = lent_out(0);
    let (key, market) = (lending.borrower.key(), lending.world.market);
    let create = ix::init_obligation(key, market, 1);
    lending.world.must(&[create], &[&lending.borrower.keypair]);
    let receiver = levee_client::pda::obligation(&market, &key, 1);
    let (usdc, sol) = (lending.usdc, lending.sol);
    let world = &mut lending.world;
    let keys = world.liquidator_keys(&lending.borrower, &usdc, &sol);
    let pair = pair_of(&usdc, &sol);
    let of = lending.borrower.obligation;
    let liquidate = ix::liquidate(&keys, &pair, of, &[], Some(receiver), Limits::NONE);
    let list = [world.refresh(&[usdc, sol]), liquidate];
    world.must(&list, &[&lending.borrower.keypair]);
    let taken = world.read::<Obligation>(&receiver);
    assert!(!taken.deposit_in(&sol.keys.reserve).is_zero());
    assert!(view::book(world, &lending.borrower).health.is_healthy());
}
