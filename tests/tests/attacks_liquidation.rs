//! Attacks with accounts that belong elsewhere, in every slot of a liquidation.

use anchor_lang::error::ErrorCode;
use anchor_spl::token::spl_token::error::TokenError;
use levee::error::LeveeError;
use levee_client::{instructions as ix, pda};
use levee_tests::forge::{copy_under, unsigned, with_account};
use levee_tests::{assert_refused_with, free, view, Foreign, Lending, TOKEN_2022};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Account slots of a liquidation.
const LIQUIDATOR: usize = 0;
const MARKET: usize = 1;
/// Of the reserve to repay; the one to seize follows. So it is with the others.
const RESERVES: usize = 2;
const VAULTS: usize = 4;
const SOURCE: usize = 6;
const DESTINATION: usize = 7;
const MINTS: usize = 8;
const TOKEN_PROGRAMS: usize = 10;
const OBLIGATION: usize = 12;
/// Where the obligation's other reserves begin.
const OTHERS: usize = 13;

/// The borrower's $7,500 with SOL at $90, refreshed, and the instruction that liquidates it.
fn attack() -> (Lending, Instruction) {
    let mut lending = Lending::fallen(7_500.0, 90.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    world.fund(&lending.lender, &sol, sol.atoms(10_000.0));
    world.fund(&lending.lender, &usdc, usdc.atoms(10_000.0));
    let list = world.liquidation(liquidator, &lending.borrower, &usdc, &sol, u64::MAX, 0);
    view::refresh_all(world);
    (lending, list[1].clone())
}

/// Refuses `liquidate` with `key` in `slot`.
fn refuse(lending: &mut Lending, liquidate: &Instruction, wrong: (usize, Pubkey), error: u32) {
    let (slot, key) = wrong;
    let altered = with_account(liquidate, slot, key);
    let name = format!("error {error} for {key} in slot {slot}");
    let signers = [&lending.liquidator.keypair];
    assert_refused_with(&mut lending.world, &[altered], &signers, error, &name);
}

fn pass(lending: &mut Lending, liquidate: Instruction) {
    lending
        .world
        .must(&[liquidate], &[&lending.liquidator.keypair]);
}

#[test]
fn a_market_from_elsewhere_is_refused() {
    let (mut lending, liquidate) = attack();
    let usdc = lending.usdc;
    let foreign = Foreign::new(&mut lending.world, &usdc).market;
    let market = lending.world.market;
    let fake = copy_under(&mut lending.world, &market, TOKEN_2022);
    for (key, error) in [
        (foreign, LeveeError::ForeignMarket.into()),
        (fake, ErrorCode::AccountOwnedByWrongProgram.into()),
        (
            usdc.keys.reserve,
            ErrorCode::AccountDiscriminatorMismatch.into(),
        ),
    ] {
        refuse(&mut lending, &liquidate, (MARKET, key), error);
    }
    pass(&mut lending, liquidate);
}

#[test]
fn an_obligation_from_elsewhere_is_refused() {
    let (mut lending, liquidate) = attack();
    let usdc = lending.usdc;
    let foreign = Foreign::new(&mut lending.world, &usdc);
    let borrower = &lending.borrower;
    let init = ix::init_obligation(borrower.key(), foreign.market, 0);
    lending.world.must(&[init], &[&borrower.keypair]);
    let abroad = pda::obligation(&foreign.market, &borrower.key(), 0);
    let address = borrower.obligation;
    let fake = copy_under(&mut lending.world, &address, TOKEN_2022);
    let (lender, market) = (lending.lender.obligation, lending.world.market);
    for (key, error) in [
        (abroad, LeveeError::ForeignMarket.into()),
        // It holds dollars and owes nothing.
        (lender, LeveeError::EmptyPair.into()),
        (fake, ErrorCode::AccountOwnedByWrongProgram.into()),
        (market, ErrorCode::AccountDiscriminatorMismatch.into()),
    ] {
        refuse(&mut lending, &liquidate, (OBLIGATION, key), error);
    }
    pass(&mut lending, liquidate);
}

#[test]
fn reserves_vaults_mints_and_token_programs_from_elsewhere_are_refused() {
    let (mut lending, liquidate) = attack();
    let pair = [lending.usdc, lending.sol];
    for (side, token) in pair.iter().enumerate() {
        let world = &mut lending.world;
        let foreign = Foreign::new(world, token).token.keys;
        let other = world.add_token(6, 1.0, levee_tests::stable_config).keys;
        let keys = token.keys;
        let fake_reserve = copy_under(world, &keys.reserve, TOKEN_2022);
        let fake_vault = copy_under(world, &keys.vault, keys.token_program);
        let fake_mint = copy_under(world, &keys.mint, keys.token_program);
        let wrong = [
            (RESERVES, foreign.reserve, LeveeError::ForeignMarket.into()),
            (RESERVES, other.reserve, LeveeError::WrongVault.into()),
            (
                RESERVES,
                fake_reserve,
                ErrorCode::AccountOwnedByWrongProgram.into(),
            ),
            (
                RESERVES,
                world.market,
                ErrorCode::AccountDiscriminatorMismatch.into(),
            ),
            (VAULTS, foreign.vault, LeveeError::WrongVault.into()),
            (VAULTS, other.vault, LeveeError::WrongVault.into()),
            (VAULTS, fake_vault, LeveeError::WrongVault.into()),
            (MINTS, other.mint, LeveeError::WrongMint.into()),
            (MINTS, fake_mint, LeveeError::WrongMint.into()),
            (
                TOKEN_PROGRAMS,
                TOKEN_2022,
                LeveeError::WrongTokenProgram.into(),
            ),
            (
                TOKEN_PROGRAMS,
                levee::ID,
                LeveeError::WrongTokenProgram.into(),
            ),
        ];
        for (slot, key, error) in wrong {
            refuse(&mut lending, &liquidate, (slot + side, key), error);
        }
    }
    pass(&mut lending, liquidate);
}

#[test]
fn token_accounts_that_the_liquidator_may_not_spend_or_of_another_mint_are_refused() {
    let (mut lending, liquidate) = attack();
    let [sols, dollars] = [lending.sol, lending.usdc].map(|token| lending.lender.wallet(&token));
    for (slot, key, error) in [
        (SOURCE, dollars, TokenError::OwnerMismatch),
        (SOURCE, sols, TokenError::MintMismatch),
        (DESTINATION, dollars, TokenError::MintMismatch),
    ] {
        refuse(&mut lending, &liquidate, (slot, key), error as u32);
    }
    pass(&mut lending, liquidate);
}

#[test]
fn nobody_is_liquidated_from_unsigned_tokens() {
    let (mut lending, liquidate) = attack();
    let theft = unsigned(&liquidate, LIQUIDATOR);
    let error = ErrorCode::AccountNotSigner.into();
    let signers = [&lending.borrower.keypair];
    assert_refused_with(
        &mut lending.world,
        &[theft],
        &signers,
        error,
        "AccountNotSigner",
    );
    pass(&mut lending, liquidate);
}

#[test]
fn the_reserves_that_value_the_obligation_cannot_be_swapped_for_fakes() {
    let (mut lending, _) = attack();
    // Two more positions, whose reserves follow the obligation.
    let stables = [1.0, 1.0].map(|dollars| {
        lending
            .world
            .add_token(6, dollars, free(levee_tests::stable_config))
    });
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    let [held, owed] = stables;
    world.fund(borrower, &held, held.atoms(500.0));
    world.deposit(borrower, &held, held.atoms(500.0)).unwrap();
    world.supplier(&owed, owed.atoms(1_000.0));
    lending.world.advance(1, 0);
    let sol = lending.sol;
    lending.post(&sol, 100.0);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    world.borrow(borrower, &owed, owed.atoms(300.0)).unwrap();
    lending.fall(90.0);
    let usdc = lending.usdc;
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    let list = world.liquidation(liquidator, &lending.borrower, &usdc, &sol, u64::MAX, 0);
    view::refresh_all(world);
    let liquidate = list[1].clone();
    assert_eq!(liquidate.accounts.len(), OTHERS + 2);
    for slot in [OTHERS, OTHERS + 1] {
        let key = liquidate.accounts[slot].pubkey;
        let fake = copy_under(&mut lending.world, &key, TOKEN_2022);
        let error = LeveeError::WrongReserveList.into();
        refuse(&mut lending, &liquidate, (slot, fake), error);
        refuse(&mut lending, &liquidate, (slot, sol.keys.reserve), error);
    }
    pass(&mut lending, liquidate);
}
