//! Between `flash_borrow` and `flash_repay`: a liquidator without capital earns the bonus, and nothing escapes the repayment.

use levee::error::LeveeError;
use levee::gate::{Action, State};
use levee_client::instructions as ix;
use levee_tests::swap::{world_with_swap, Pool};
use levee_tests::{
    assert_refused, assert_refused_with, calls, free, sol_config, stable_config, view, Lending,
    Row, Snapshot, Stage, Token, User,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// What SPL Token answers to a transfer of more than there is.
const INSUFFICIENT_FUNDS: u32 = 1;

fn borrow(user: &User, token: &Token, atoms: u64) -> Instruction {
    ix::flash_borrow(user.key(), &token.keys, user.wallet(token), atoms)
}

fn repay(user: &User, token: &Token) -> Instruction {
    ix::flash_repay(user.key(), &token.keys, user.wallet(token))
}

/// `inside`, between the loan and the repayment of `atoms`.
fn within(user: &User, token: &Token, atoms: u64, inside: &[Instruction]) -> Vec<Instruction> {
    let (loan, end) = (borrow(user, token, atoms), repay(user, token));
    [&[loan], inside, &[end]].concat()
}

/// The borrower's $7,500 with SOL at $85, a market of `sol` tokens at that price, and a liquidator without any.
fn without_capital(sol: f64) -> (Lending, Pool) {
    let mut lending = Lending::on(world_with_swap(), free(sol_config), free(stable_config));
    lending.owe(7_500.0);
    lending.fall(85.0);
    let world = &mut lending.world;
    let sides = [
        (&lending.sol, lending.sol.atoms(sol)),
        (&lending.usdc, lending.usdc.atoms(sol * 85.0)),
    ];
    let pool = Pool::new(world, sides);
    for (token, _) in sides {
        world.fund(&lending.liquidator, token, 0);
    }
    (lending, pool)
}

#[test]
fn a_liquidator_without_capital_keeps_the_bonus_less_the_fee_and_the_markets_price() {
    let (depth, price) = (10_000.0, 85.0);
    let (mut lending, pool) = without_capital(depth);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let plan = view::plan(&mut lending.world, &lending.borrower, &usdc, &sol, u64::MAX).unwrap();
    let due = plan.repay.0 + plan.insurance.0;
    let before = lending.world.reserve(&usdc);
    let mut inside = lending.liquidation((due, 0));
    inside.push(pool.swap(&lending.liquidator, &sol, plan.seize.0));
    let list = within(&lending.liquidator, &usdc, due, &inside);
    let world = &mut lending.world;
    world.must(&list, &[&lending.liquidator.keypair]);

    let sold = levee_swap::amount_out(sol.atoms(depth), usdc.atoms(depth * price), plan.seize.0);
    let fee = due.div_ceil(10_000);
    let profit = world.balance(&lending.liquidator, &usdc);
    assert_eq!(profit, sold - due - fee);
    assert!(profit > usdc.atoms(10.0), "{profit}");
    assert_eq!(world.balance(&lending.liquidator, &sol), 0);
    assert!(view::book(world, &lending.borrower).health.is_healthy());
    let after = world.reserve(&usdc);
    assert_eq!(after.available_atoms, before.available_atoms + due + fee);
    assert_eq!(after.flash_loan_atoms, 0);
}

#[test]
fn where_the_market_pays_too_little_nothing_has_happened() {
    let (mut lending, pool) = without_capital(1_000.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let plan = view::plan(&mut lending.world, &lending.borrower, &usdc, &sol, u64::MAX).unwrap();
    let due = plan.repay.0 + plan.insurance.0;
    let mut inside = lending.liquidation((due, 0));
    inside.push(pool.swap(&lending.liquidator, &sol, plan.seize.0));
    let list = within(&lending.liquidator, &usdc, due, &inside);
    let signers = [&lending.liquidator.keypair];
    let name = "insufficient funds";
    assert_refused_with(
        &mut lending.world,
        &list,
        &signers,
        INSUFFICIENT_FUNDS,
        name,
    );
}

#[test]
fn a_loan_of_the_collateral_leaves_nothing_to_seize() {
    let (mut lending, _) = without_capital(1_000.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let world = &mut lending.world;
    world.fund(&lending.liquidator, &usdc, usdc.atoms(10_000.0));
    world.fund(&lending.liquidator, &sol, sol.atoms(1.0));
    let inside = lending.liquidation((u64::MAX, 0));
    let list = within(&lending.liquidator, &sol, sol.atoms(100.0), &inside);
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &list, &signers, LeveeError::VaultIsDry);
}

#[test]
fn a_borrower_repays_out_of_a_loan_of_the_same_reserve() {
    let (mut lending, _) = without_capital(1_000.0);
    let (user, usdc) = (&lending.borrower, lending.usdc);
    let world = &mut lending.world;
    let all = world.balance(user, &usdc);
    assert_eq!(all, 7_500_000_000);
    // The loan pays the debt, the borrower's own dollars pay the loan, and 10 dollars are more than its fee.
    world.fund(user, &usdc, all + 10_000_000);
    let inside = [calls::repay(user, &usdc, u64::MAX)];
    let list = within(user, &usdc, all, &inside);
    world.must(&list, &[&user.keypair]);
    assert_eq!(world.obligation(user).borrow_count, 0);
    assert_eq!(world.balance(user, &usdc), 10_000_000 - 750_000);
}

#[test]
fn another_reserve_works_as_ever_inside_a_loan() {
    let (mut lending, _) = without_capital(1_000.0);
    let (user, usdc, sol) = (&lending.liquidator, lending.usdc, lending.sol);
    let world = &mut lending.world;
    world.fund(user, &usdc, 1_000_000);
    world.fund(user, &sol, 5_000);
    let inside = [
        calls::deposit(user, &sol, 5_000),
        calls::withdraw(user, &sol, &[], 5_000),
    ];
    let list = within(user, &usdc, 1_000_000, &inside);
    world.must(&list, &[&user.keypair]);
}

/// All rows but those of flash loans themselves, which have their own tests.
fn rows(stage: &Stage) -> Vec<Row> {
    let is_loan = |row: &Row| matches!(row.action, Action::FlashBorrow | Action::FlashRepay);
    let rows = stage.rows().into_iter();
    rows.filter(|row| !is_loan(row)).collect()
}

/// The payer, the borrower of the loan and who signs the row, each once.
fn signers<'a>(stage: &'a Stage, row: &'a Row) -> Vec<&'a Keypair> {
    let mut all = vec![&stage.payer, &stage.idle.keypair];
    for signer in &row.signers {
        if all.iter().all(|known| known.pubkey() != signer.pubkey()) {
            all.push(signer);
        }
    }
    all
}

#[test]
fn no_instruction_of_the_program_takes_the_place_of_the_repayment() {
    let mut stage = Stage::new();
    for row in rows(&stage) {
        let loan = borrow(&stage.idle, &stage.usdc, 1_000_000);
        let list = [vec![loan], row.instructions()].concat();
        let payer = stage.payer.insecure_clone();
        let signers: Vec<_> = signers(&stage, &row)
            .into_iter()
            .map(Keypair::insecure_clone)
            .collect();
        let signers: Vec<_> = signers.iter().collect();
        assert_eq!(signers[0].pubkey(), payer.pubkey());
        let error = LeveeError::FlashRepayMissing;
        assert_refused(&mut stage.world, &list, &signers, error);
    }
}

#[test]
fn whatever_runs_inside_a_loan_the_loan_and_its_fee_come_back() {
    let mut stage = Stage::new();
    let usdc = stage.usdc;
    let mut stopped = Vec::new();
    let mut passed = Vec::new();
    for row in rows(&stage) {
        let list = within(&stage.idle, &usdc, 1_000_000_000, &row.instructions());
        let keys: Vec<_> = signers(&stage, &row)
            .into_iter()
            .map(Keypair::insecure_clone)
            .collect();
        let keys: Vec<_> = keys.iter().collect();
        let before = Snapshot::of_instructions(&stage.world.chain, &list, &keys[0].pubkey());
        let fees = stage.world.reserve(&usdc).protocol_fees().atoms_down().0;
        let is_stopped = row.action.stopped_by().intersects(State::FLASH_LOAN)
            && row.reserves.contains(&usdc.keys.reserve);
        if is_stopped {
            assert_refused(&mut stage.world, &list, &keys, LeveeError::InFlashLoan);
            stopped.push(row.name);
            continue;
        }
        if row.action == Action::SettleBadDebt {
            let error = LeveeError::ObligationHasCollateral;
            assert_refused(&mut stage.world, &list, &keys, error);
            continue;
        }
        stage.world.must(&list, &keys);
        let reserve = stage.world.reserve(&usdc);
        assert_eq!(reserve.flash_loan_atoms, 0, "{}", row.name);
        let vault = stage.world.token_balance(&usdc.keys.vault);
        assert_eq!(vault, reserve.available_atoms, "{}", row.name);
        let paid = reserve.protocol_fees().atoms_down().0 - fees;
        assert_eq!(paid, 100_000, "{}", row.name);
        before.restore(&mut stage.world.chain);
        passed.push(row.name);
    }
    assert_eq!(stopped, ["claim_protocol_fees", "borrow"]);
    for name in ["repay", "liquidate", "liquidate_batch", "update_reserve"] {
        assert!(passed.iter().any(|passed| passed == name), "{name}");
    }
}

#[test]
fn deposits_and_withdrawals_of_the_lent_reserve_are_closed_inside_the_loan() {
    let (mut lending, _) = without_capital(1_000.0);
    let (usdc, user) = (lending.usdc, &lending.lender);
    lending.world.fund(user, &usdc, 10_000_000);
    let list = lending.world.reserve_list(user);
    let inside = [
        calls::deposit(user, &usdc, 1_000_000),
        calls::withdraw(user, &usdc, &list, 1_000_000),
        calls::withdraw(user, &usdc, &[], u64::MAX),
    ];
    for call in inside {
        let all = within(user, &usdc, 1_000_000, &[call]);
        let error = LeveeError::InFlashLoan;
        assert_refused(&mut lending.world, &all, &[&user.keypair], error);
    }
}

#[test]
fn a_loan_that_was_spent_takes_everything_back() {
    let (mut lending, pool) = without_capital(1_000.0);
    let (user, usdc) = (&lending.liquidator, lending.usdc);
    let spend = [pool.swap(user, &usdc, 1_000_000)];
    let list = within(user, &usdc, 1_000_000, &spend);
    let world = &mut lending.world;
    let name = "insufficient funds";
    assert_refused_with(world, &list, &[&user.keypair], INSUFFICIENT_FUNDS, name);
}
