//! Attacks that name one account twice, or act without the owner's signature.

use anchor_lang::error::ErrorCode;
use anchor_spl::token::spl_token::error::TokenError;
use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::forge::{self, unsigned, with_account};
use levee_tests::{assert_refused, assert_refused_with, calls, view, Lending};
use solana_instruction::Instruction;
use solana_keypair::Keypair;

/// The slot of the user's token account.
const USER_TOKENS: usize = 5;

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
    refuse_liquidation(7, |lending| lending.usdc.keys.vault, owner);
}

#[test]
fn a_liquidation_cannot_pay_into_the_vault() {
    let unmoved = LeveeError::VaultMismatch.into();
    refuse_liquidation(8, |lending| lending.sol.keys.vault, unmoved);
}

#[test]
fn a_liquidation_cannot_swap_its_vaults() {
    let wrong = LeveeError::WrongVault.into();
    refuse_liquidation(5, |lending| lending.sol.keys.vault, wrong);
    refuse_liquidation(6, |lending| lending.usdc.keys.vault, wrong);
}

#[test]
fn a_liquidation_cannot_seize_into_its_source() {
    let mint = TokenError::MintMismatch as u32;
    refuse_liquidation(8, |l| l.liquidator.wallet(&l.usdc), mint);
    refuse_liquidation(7, |l| l.liquidator.wallet(&l.sol), mint);
}

#[test]
fn an_obligation_that_owes_its_own_collateral_cannot_repay_and_seize_one_reserve() {
    let mut lending = Lending::new();
    let (sol, usdc) = (lending.sol, lending.usdc);
    let world = &mut lending.world;
    world
        .borrow(&lending.borrower, &sol, sol.atoms(40.0))
        .unwrap();
    lending.owe(3_000.0);
    lending.fall(70.0);
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    // $7,000 and $5,800 are unhealthy; two accounts of SOL.
    world.fund(liquidator, &sol, sol.atoms(100.0));
    let other = world.user();
    world.fund(&other, &sol, 0);
    let list = world.reserve_list(&lending.borrower);
    let keys = ix::LiquidatorKeys {
        liquidator: liquidator.key(),
        source: liquidator.wallet(&sol),
        destination: other.wallet(&sol),
    };
    let obligation = lending.borrower.obligation;
    let call = ix::liquidate(&keys, obligation, &sol.keys, &sol.keys, &list, u64::MAX, 0);
    let refresh = world.refresh(&[sol, usdc]);
    let signers = [&liquidator.keypair];
    let error = LeveeError::DuplicateReserve;
    assert_refused(world, &[refresh, call], &signers, error);
}
