//! Attacks that name one account twice, or act without the owner's signature.

use anchor_lang::error::ErrorCode;
use anchor_spl::token::spl_token::error::TokenError;
use levee::error::LeveeError;
use levee_tests::forge::{self, unsigned, with_account};
use levee_tests::{assert_refused, assert_refused_with, calls, view, Lending};
use solana_instruction::Instruction;
use solana_keypair::Keypair;

/// The slot of the user's token account.
const USER_TOKENS: usize = 5;
/// Slots of a liquidation: of the vault that is repaid, the other follows.
const VAULTS: usize = 4;
const SOURCE: usize = 6;
const DESTINATION: usize = 7;

/// The borrower owes $1,000, all is refreshed, and both have tokens of both kinds.
fn indebted() -> Lending {
    let mut lending = Lending::new();
    lending.owe(1_000.0);
    let sol = lending.sol;
    lending.world.fund(&lending.borrower, &sol, 1_000);
    view::refresh_all(&mut lending.world);
    lending
}

/// The four instructions of the borrower, each of which would pass.
fn calls(lending: &Lending) -> [Instruction; 4] {
    let (user, sol, usdc) = (&lending.borrower, &lending.sol, &lending.usdc);
    let list = lending.world.reserve_list(user);
    [
        calls::deposit(user, sol, 100),
        calls::withdraw(user, sol, &list, 100),
        calls::borrow(user, usdc, &list, 100),
        calls::repay(user, usdc, 100),
    ]
}

#[test]
fn without_the_owners_signature_nothing_moves() {
    let mut lending = indebted();
    let error = ErrorCode::AccountNotSigner.into();
    for call in calls(&lending) {
        let theft = unsigned(&call, 0);
        let signers = [&lending.liquidator.keypair];
        assert_refused_with(
            &mut lending.world,
            &[theft],
            &signers,
            error,
            "AccountNotSigner",
        );
        lending.world.must(&[call], &[&lending.borrower.keypair]);
    }
}

#[test]
fn the_vault_is_no_users_token_account() {
    let mut lending = indebted();
    let (sol, usdc) = (lending.sol.keys.vault, lending.usdc.keys.vault);
    // Only the vault's authority can pay out of it; into itself nothing would leave.
    let owner = TokenError::OwnerMismatch as u32;
    let unmoved = LeveeError::VaultMismatch.into();
    let wrong = [(sol, owner), (sol, unmoved), (usdc, unmoved), (usdc, owner)];
    for (call, (vault, code)) in calls(&lending).into_iter().zip(wrong) {
        let altered = with_account(&call, USER_TOKENS, vault);
        let signers = [&lending.borrower.keypair];
        assert_refused_with(&mut lending.world, &[altered], &signers, code, "the vault");
        lending.world.must(&[call], &signers);
    }
}

#[test]
fn a_deposit_cannot_be_paid_by_another_reserves_vault() {
    let mut lending = indebted();
    // The same mint, so that only the authority is missing.
    let usdc = lending.usdc;
    let foreign = levee_tests::Foreign::new(&mut lending.world, &usdc);
    let vault = foreign.token.keys.vault;
    forge::set_token_amount(&mut lending.world, &vault, 1_000);
    let deposit = calls::deposit(&lending.borrower, &usdc, 100);
    let altered = with_account(&deposit, USER_TOKENS, vault);
    let owner = TokenError::OwnerMismatch as u32;
    let signers = [&lending.borrower.keypair];
    assert_refused_with(
        &mut lending.world,
        &[altered],
        &signers,
        owner,
        "OwnerMismatch",
    );
}

/// A liquidation of the borrower, with SOL at $90, and who signs.
fn liquidation() -> (Lending, Vec<Instruction>, Keypair) {
    let mut lending = Lending::fallen(7_500.0, 90.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    world.fund(liquidator, &sol, sol.atoms(10_000.0));
    let list = world.liquidation(liquidator, &lending.borrower, &usdc, &sol, u64::MAX, 0);
    let signer = liquidator.keypair.insecure_clone();
    (lending, list, signer)
}

fn refuse_liquidation(slot: usize, key: impl Fn(&Lending) -> solana_pubkey::Pubkey, code: u32) {
    let (mut lending, mut list, signer) = liquidation();
    list[1] = with_account(&list[1], slot, key(&lending));
    let name = format!("error {code} for slot {slot}");
    assert_refused_with(&mut lending.world, &list, &[&signer], code, &name);
}

#[test]
fn a_liquidation_cannot_pay_with_the_vault() {
    let owner = TokenError::OwnerMismatch as u32;
    refuse_liquidation(SOURCE, |lending| lending.usdc.keys.vault, owner);
}

#[test]
fn a_liquidation_cannot_pay_into_the_vault() {
    let unmoved = LeveeError::VaultMismatch.into();
    refuse_liquidation(DESTINATION, |lending| lending.sol.keys.vault, unmoved);
}

#[test]
fn a_liquidation_cannot_swap_its_vaults() {
    let wrong = LeveeError::WrongVault.into();
    refuse_liquidation(VAULTS, |lending| lending.sol.keys.vault, wrong);
    refuse_liquidation(VAULTS + 1, |lending| lending.usdc.keys.vault, wrong);
}

#[test]
fn a_liquidation_cannot_seize_into_its_source() {
    let mint = TokenError::MintMismatch as u32;
    refuse_liquidation(DESTINATION, |l| l.liquidator.wallet(&l.usdc), mint);
    refuse_liquidation(SOURCE, |l| l.liquidator.wallet(&l.sol), mint);
}

/// The borrower of 100 SOL owes 40 of them and $3,000 when SOL falls to $70: $7,000 and $5,800 are unhealthy. What
/// liquidates it over SOL alone, between two accounts of SOL.
fn one_reserve() -> (Lending, Vec<Instruction>, levee_tests::User) {
    let mut lending = Lending::new();
    let sol = lending.sol;
    let borrowed = sol.atoms(40.0);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    world.borrow(borrower, &sol, borrowed).unwrap();
    lending.owe(3_000.0);
    lending.fall(70.0);
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    world.fund(liquidator, &sol, sol.atoms(100.0));
    let other = world.user();
    world.fund(&other, &sol, 0);
    let of = &lending.borrower;
    let mut list = world.liquidation(liquidator, of, &sol, &sol, u64::MAX, 0);
    list[1] = with_account(&list[1], DESTINATION, other.wallet(&sol));
    (lending, list, other)
}

#[test]
fn an_obligation_that_owes_its_own_collateral_is_netted_and_nobody_pays_or_earns() {
    let (mut lending, list, other) = one_reserve();
    let (sol, usdc) = (lending.sol, lending.usdc);
    let tokens = |lending: &Lending| {
        let (world, liquidator) = (&lending.world, &lending.liquidator);
        [
            world.balance(liquidator, &sol),
            world.balance(&other, &sol),
            world.token_balance(&sol.keys.vault),
            world.reserve(&sol).available_atoms,
            view::owed(world, &lending.borrower, &usdc),
            view::insurance(world, &sol),
        ]
    };
    let positions = |lending: &Lending| {
        let (world, borrower) = (&lending.world, &lending.borrower);
        let held = view::deposited(world, borrower, &sol);
        (held, view::owed(world, borrower, &sol))
    };
    let (before, (held, owing)) = (tokens(&lending), positions(&lending));
    lending.world.must(&list, &[&lending.liquidator.keypair]);
    assert_eq!(tokens(&lending), before);
    let (held_after, owing_after) = positions(&lending);
    // 5,600 − 0.8·y over 5,800 − y is 1.05 at $1,960.
    assert_eq!(held - held_after, sol.atoms(28.0));
    assert_eq!(owing - owing_after, sol.atoms(28.0));
    assert!(view::health(&lending.world, &lending.borrower) > 1.049_999);
}

#[test]
fn netting_seizes_nothing_that_a_caller_could_demand() {
    let (mut lending, _, _) = one_reserve();
    let sol = lending.sol;
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    let list = world.liquidation(liquidator, &lending.borrower, &sol, &sol, u64::MAX, 1);
    let error = LeveeError::SlippageExceeded;
    assert_refused(world, &list, &[&liquidator.keypair], error);
}
