//! `flash_borrow` and `flash_repay`: what a loan costs, and that none is given which does not come back.

use anchor_lang::error::ErrorCode;
use levee::error::LeveeError;
use levee::events::{FlashBorrowed, FlashRepaid};
use levee::state::Reserve;
use levee_client::instructions as ix;
use levee_tests::swap::{forwarded, world_with_swap};
use levee_tests::{
    assert_refused, assert_refused_with, event, forge, free, sol_config, stable_config, Foreign,
    Lending, Token, User,
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// $1,000,000 are there to be lent; the liquidator owns as much.
fn lending() -> Lending {
    let mut lending = Lending::on(world_with_swap(), free(sol_config), free(stable_config));
    let sol = lending.sol;
    lending.world.fund(&lending.liquidator, &sol, 0);
    lending
}

fn borrow(user: &User, token: &Token, atoms: u64) -> Instruction {
    ix::flash_borrow(user.key(), &token.keys, user.wallet(token), atoms)
}

fn repay(user: &User, token: &Token) -> Instruction {
    ix::flash_repay(user.key(), &token.keys, user.wallet(token))
}

/// Asserts that the liquidator's loan of 1,000 dollars is refused when `rest` follows it.
fn refuse(lending: &mut Lending, rest: &[Instruction], error: LeveeError) {
    let loan = borrow(&lending.liquidator, &lending.usdc, 1_000_000_000);
    let all = [&[loan], rest].concat();
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &all, &signers, error);
}

#[test]
fn a_loan_costs_a_basis_point_rounded_up_which_is_the_protocols() {
    let fees = [
        (1, 1),
        (9_999, 1),
        (10_000, 1),
        (10_001, 2),
        (20_000, 2),
        (1_000_000_000, 100_000),
    ];
    for (atoms, fee) in fees {
        let mut lending = lending();
        let (world, user, usdc) = (&mut lending.world, &lending.liquidator, lending.usdc);
        let before = (world.balance(user, &usdc), world.reserve(&usdc));
        let loan = [borrow(user, &usdc, atoms), repay(user, &usdc)];
        let receipt = world.must(&loan, &[&user.keypair]);
        let lent: FlashBorrowed = event(&receipt);
        assert_eq!((lent.reserve, lent.atoms), (usdc.keys.reserve, atoms));
        let repaid: FlashRepaid = event(&receipt);
        assert_eq!((repaid.atoms, repaid.fee_atoms), (atoms, fee));
        assert_eq!(world.balance(user, &usdc), before.0 - fee);
        let after = world.reserve(&usdc);
        assert_eq!(after.available_atoms, before.1.available_atoms + fee);
        assert_eq!(after.protocol_fees().atoms_down().0, fee);
        assert_eq!(after.flash_loan_atoms, 0);
        // Nobody's claim moved.
        assert_eq!(after.scaled_supply, before.1.scaled_supply);
        assert_eq!(after.supply_index, before.1.supply_index);
        let vault = world.token_balance(&usdc.keys.vault);
        assert_eq!(vault, after.available_atoms);
    }
}

#[test]
fn a_reserve_without_a_flash_fee_lends_for_nothing() {
    let mut lending = lending();
    let (world, user, usdc) = (&mut lending.world, &lending.liquidator, lending.usdc);
    let free = |reserve: &mut Reserve| reserve.config.flash_fee_bps = 0;
    world.rewrite(&usdc.keys.reserve, free);
    let before = world.balance(user, &usdc);
    let loan = [borrow(user, &usdc, 1_000_000), repay(user, &usdc)];
    world.must(&loan, &[&user.keypair]);
    assert_eq!(world.balance(user, &usdc), before);
    assert_eq!(world.reserve(&usdc).protocol_fees().atoms_down().0, 0);
}

#[test]
fn all_that_is_there_may_be_lent_and_not_an_atom_more() {
    let mut lending = lending();
    let (world, user, usdc) = (&mut lending.world, &lending.liquidator, lending.usdc);
    // What was donated is not the reserve's to lend.
    let donated = world.token_balance(&usdc.keys.vault) + 1_000_000;
    forge::set_token_amount(world, &usdc.keys.vault, donated);
    let available = world.reserve(&usdc).available_atoms;
    let error = LeveeError::InsufficientLiquidity;
    for atoms in [available + 1, u64::MAX] {
        let loan = [borrow(user, &usdc, atoms), repay(user, &usdc)];
        assert_refused(world, &loan, &[&user.keypair], error);
    }
    let loan = [borrow(user, &usdc, available), repay(user, &usdc)];
    world.must(&loan, &[&user.keypair]);
}

#[test]
fn a_loan_of_nothing_is_refused() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, &lending.usdc);
    let loan = [borrow(user, usdc, 0), repay(user, usdc)];
    let signers = [&user.keypair];
    assert_refused(&mut lending.world, &loan, &signers, LeveeError::ZeroAmount);
}

#[test]
fn two_reserves_may_be_lent_at_once() {
    let mut lending = lending();
    let (world, user) = (&mut lending.world, &lending.liquidator);
    let (usdc, sol) = (lending.usdc, lending.sol);
    world.fund(user, &sol, 1_000_000);
    let loans = [
        borrow(user, &usdc, 1_000_000),
        borrow(user, &sol, 1_000_000),
        repay(user, &usdc),
        repay(user, &sol),
    ];
    world.must(&loans, &[&user.keypair]);
    for token in [usdc, sol] {
        assert_eq!(world.reserve(&token).flash_loan_atoms, 0);
        assert_eq!(world.reserve(&token).protocol_fees().atoms_down().0, 100);
    }
}

#[test]
fn a_loan_without_exactly_one_repayment_of_the_same_reserve_is_refused() {
    let mut lending = lending();
    let foreign = Foreign::new(&mut lending.world, &lending.usdc).token;
    let (user, usdc, sol) = (&lending.liquidator, lending.usdc, lending.sol);
    let of = |token| repay(user, token);
    let another = borrow(user, &usdc, 1_000);
    let lists = [
        vec![],
        vec![of(&sol)],
        vec![of(&foreign)],
        vec![of(&usdc), of(&usdc)],
        // Two loans in a row are two repayments after the first.
        vec![of(&usdc), another, of(&usdc)],
        vec![forwarded(&of(&usdc))],
    ];
    for rest in lists {
        refuse(&mut lending, &rest, LeveeError::FlashRepayMissing);
    }
}

#[test]
fn a_repayment_that_came_before_counts_for_nothing() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, lending.usdc);
    let wrong_way = [repay(user, &usdc), borrow(user, &usdc, 1_000)];
    let signers = [&user.keypair];
    assert_refused(
        &mut lending.world,
        &wrong_way,
        &signers,
        LeveeError::NoFlashLoan,
    );
    let loan = [borrow(user, &usdc, 1_000), repay(user, &usdc)];
    let twice = [&loan[..], &loan[1..]].concat();
    let error = LeveeError::FlashRepayMissing;
    assert_refused(&mut lending.world, &twice, &signers, error);
}

#[test]
fn nothing_but_levees_own_instruction_passes_for_a_repayment() {
    let mut lending = lending();
    let genuine = repay(&lending.liquidator, &lending.usdc);
    let change = |alter: fn(&mut Instruction)| {
        let mut altered = genuine.clone();
        alter(&mut altered);
        altered
    };
    let lists = [
        change(|i| i.program_id = levee_swap::ID),
        change(|i| i.data[0] ^= 1),
        change(|i| i.data.clear()),
        change(|i| i.data.truncate(7)),
        change(|i| i.accounts.clear()),
        change(|i| i.accounts.truncate(2)),
        // The reserve stands elsewhere.
        change(|i| i.accounts.swap(2, 3)),
    ];
    for fake in lists {
        refuse(&mut lending, &[fake], LeveeError::FlashRepayMissing);
    }
    let (user, usdc) = (&lending.liquidator, &lending.usdc);
    let loan = [borrow(user, usdc, 1_000), genuine];
    lending.world.must(&loan, &[&user.keypair]);
}

#[test]
fn short_instructions_before_the_repayment_do_no_harm() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, &lending.usdc);
    let limit = |data: Vec<u8>| Instruction {
        program_id: solana_sdk_ids::compute_budget::ID,
        accounts: vec![],
        data,
    };
    // Heap frame of 64 KiB: five bytes, which is less than any of Levee's instructions has.
    let short = limit([&[1][..], &65_536_u32.to_le_bytes()].concat());
    let loan = [borrow(user, usdc, 1_000), short, repay(user, usdc)];
    lending.world.must(&loan, &[&user.keypair]);
}

#[test]
fn a_second_loan_of_the_reserve_inside_the_first_is_refused() {
    let mut lending = lending();
    let again = borrow(&lending.liquidator, &lending.usdc, 1_000);
    let rest = [again, repay(&lending.liquidator, &lending.usdc)];
    refuse(&mut lending, &rest, LeveeError::InFlashLoan);
}

#[test]
fn neither_loan_nor_repayment_passes_through_another_program() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, lending.usdc);
    let (loan, end) = (borrow(user, &usdc, 1_000), repay(user, &usdc));
    let error = LeveeError::FlashLoanNotTopLevel;
    let signers = [&user.keypair];
    let world = &mut lending.world;
    for list in [
        vec![forwarded(&loan), end.clone()],
        vec![loan.clone(), forwarded(&end), end.clone()],
    ] {
        assert_refused(world, &list, &signers, error);
    }
    world.must(&[loan, end], &signers);
}

#[test]
fn a_repayment_without_a_loan_is_refused() {
    let mut lending = lending();
    let end = repay(&lending.liquidator, &lending.usdc);
    let signers = [&lending.liquidator.keypair];
    assert_refused(
        &mut lending.world,
        &[end],
        &signers,
        LeveeError::NoFlashLoan,
    );
}

#[test]
fn only_the_sysvar_itself_tells_the_instructions() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, lending.usdc);
    let sysvar = solana_sdk_ids::sysvar::instructions::ID;
    let loan = borrow(user, &usdc, 1_000);
    let slot = loan.accounts.iter().position(|m| m.pubkey == sysvar);
    let signers = [&user.keypair];
    for key in [Pubkey::default(), usdc.keys.vault] {
        let forged = forge::with_account(&loan, slot.unwrap(), key);
        let list = [forged, repay(user, &usdc)];
        let code = u32::from(ErrorCode::ConstraintAddress);
        assert_refused_with(
            &mut lending.world,
            &list,
            &signers,
            code,
            "ConstraintAddress",
        );
    }
}

#[test]
fn only_accounts_of_the_reserve_serve_its_loan() {
    let mut lending = lending();
    let (user, usdc, sol) = (&lending.liquidator, lending.usdc, lending.sol);
    let foreign = Foreign::new(&mut lending.world, &usdc);
    let wrong = [
        (1, foreign.market, LeveeError::ForeignMarket),
        (3, sol.keys.vault, LeveeError::WrongVault),
        (5, sol.keys.mint, LeveeError::WrongMint),
        (6, levee_swap::ID, LeveeError::WrongTokenProgram),
    ];
    let signers = [&user.keypair];
    let (loan, end) = (borrow(user, &usdc, 1_000), repay(user, &usdc));
    for (slot, key, error) in wrong {
        let forged = forge::with_account(&loan, slot, key);
        assert_refused(&mut lending.world, &[forged, end.clone()], &signers, error);
        let forged = forge::with_account(&end, slot, key);
        assert_refused(&mut lending.world, &[loan.clone(), forged], &signers, error);
    }
}

#[test]
fn the_vault_cannot_borrow_from_itself() {
    let mut lending = lending();
    let (user, usdc) = (&lending.liquidator, lending.usdc);
    let loan = forge::with_account(&borrow(user, &usdc, 1_000), 4, usdc.keys.vault);
    let list = [loan, repay(user, &usdc)];
    let signers = [&user.keypair];
    assert_refused(
        &mut lending.world,
        &list,
        &signers,
        LeveeError::VaultMismatch,
    );
}
