//! What is liquidated, and how.

use std::sync::Arc;

use levee_client::pda;
use levee_liquidator::journal::{Kind, State};
use levee_liquidator::router::test_market::TestMarkets;
use levee_swap::POOL_SEED;
use levee_testkit::{program_path, token_account, Chain};
use solana_pubkey::Pubkey;

use crate::chain::Delivery;
use crate::scene::{Scene, DEBT_USD};

#[tokio::test]
async fn all_unhealthy_of_one_pair_go_in_batches_and_the_wallet_pays_what_the_events_say() {
    let scene = Scene::new(20, 1_000_000.0);
    let before = (scene.balance(&scene.usdc), scene.balance(&scene.sol));
    scene.pass(5, 150.0);
    assert_eq!(scene.unhealthy(), 20);
    let mut bot = scene.bot();
    let done = scene.rounds(&mut bot, 150.0).await;
    assert_eq!((scene.unhealthy(), done.unhealthy), (0, 0));
    assert!(done.sent < 5, "{} transactions", done.sent);
    drop(bot);

    let paid = scene.paid();
    assert_eq!(paid.len(), 20);
    let due: u64 = paid.iter().map(|paid| paid.due_atoms).sum();
    let seized: u64 = paid.iter().map(|paid| paid.seized_atoms).sum();
    assert_eq!(scene.balance(&scene.usdc), before.0 - due);
    assert_eq!(scene.balance(&scene.sol), before.1 + seized);
    let confirmed = scene.journal().in_state(State::Confirmed).unwrap();
    assert!(confirmed.iter().any(|intent| intent.kind == Kind::Batch));
    let entries = confirmed.iter().flat_map(|intent| &intent.entries);
    for entry in entries.clone() {
        let of = paid.iter().find(|paid| paid.obligation == entry.obligation);
        let of = of.expect("every journaled obligation was liquidated");
        // The quote was made by the same code, a slot earlier.
        assert!(of.due_atoms.abs_diff(entry.due_atoms) <= entry.due_atoms / 10_000);
    }
    assert_eq!(entries.count(), 20);
}

#[tokio::test]
async fn a_wallet_that_cannot_pay_all_liquidates_what_it_can_and_never_promises_more() {
    // A liquidation at 150 dollars closes thousands; this pays for one or two.
    let scene = Scene::new(6, DEBT_USD / 2.0);
    let before = scene.balance(&scene.usdc);
    scene.pass(5, 150.0);
    let mut bot = scene.bot();
    scene.rounds(&mut bot, 150.0).await;
    drop(bot);
    let due: u64 = scene.paid().iter().map(|paid| paid.due_atoms).sum();
    assert_eq!(scene.balance(&scene.usdc), before - due);
    assert!(due > before / 2, "{due} of {before}");
    assert!(scene.journal().in_state(State::Failed).unwrap().is_empty());
    assert!(scene.unhealthy() > 3);
}

#[tokio::test]
async fn without_capital_a_flash_loan_pays_and_the_swap_repays_it() {
    let mut scene = Scene::new(3, 0.0);
    let sides = {
        let mut state = scene.chain.lock();
        let world = &mut state.world;
        let path = program_path("levee_swap");
        let svm = world.chain.svm();
        svm.add_program_from_file(levee_swap::ID, path).unwrap();
        let owner = Pubkey::find_program_address(&[POOL_SEED], &levee_swap::ID).0;
        [(scene.sol, 1_000_000.0), (scene.usdc, 140_000_000.0)].map(|(token, amount)| {
            let keys = token.keys;
            let atoms = token.atoms(amount);
            let account = token_account(keys.token_program, keys.mint, owner, atoms);
            let key = Pubkey::new_unique();
            world.chain.set_account(key, account);
            key
        })
    };
    scene.config.profit.min_profit_micro_usd = 0;
    // The market pays 140 for what the oracle prices at 135: enough for the loan's fee.
    scene.pass(5, 135.0);
    let mut bot = scene.bot_with(Arc::new(TestMarkets::new(vec![sides])));
    scene.rounds(&mut bot, 135.0).await;
    drop(bot);
    assert_eq!(scene.unhealthy(), 0);
    let done = scene.journal().in_state(State::Confirmed).unwrap();
    assert!(done.iter().all(|intent| intent.kind == Kind::Flash));
    assert_eq!(
        done.iter()
            .map(|intent| intent.entries.len())
            .sum::<usize>(),
        3
    );
    assert!(scene.balance(&scene.usdc) > 0, "a profit is left");
}

#[tokio::test]
async fn what_brings_less_than_it_costs_is_left_alone_until_the_bonus_pays_for_it() {
    let mut scene = Scene::new(4, 1_000_000.0);
    // Selling costs nothing, the margin a percent: the bonus begins far below that.
    scene.config.profit.latency_margin_bps = 100;
    scene.config.profit.min_profit_micro_usd = 0;
    let mut bot = scene.bot();
    // Unhealthy at its average too: permitted, so that the clock of the auction runs.
    scene.pass(5, 179.0);
    let mut slots = 0;
    let sent = loop {
        let round = scene.round(&mut bot).await;
        if round.sent > 0 || slots > 3_000 {
            break round.sent;
        }
        scene.pass(20, 179.0);
        slots += 20;
    };
    assert!(sent > 0, "never profitable within {slots} slots");
    // Ten basis points and a fifth of one per slot: a percent takes hundreds.
    assert!(slots > 300, "profitable after {slots} slots");
}

#[tokio::test]
async fn a_paper_bot_decides_and_sends_nothing() {
    let scene = Scene::new(5, 1_000_000.0);
    scene.pass(5, 150.0);
    let mut bot = scene.paper_bot();
    let round = scene.round(&mut bot).await;
    assert!(round.sent > 0 && round.unhealthy == 5);
    assert_eq!(scene.chain.lock().taken.len(), 0);
    assert_eq!(scene.unhealthy(), 5);
}

/// Nearly all of the collateral of two borrowers is lent.
fn lend_collateral(scene: &Scene) {
    let world = &mut scene.chain.lock().world;
    let lender = world.supplier(&scene.usdc, scene.usdc.atoms(1_000_000.0));
    let lent = scene.sol.atoms(199.9);
    world.borrow(&lender, &scene.sol, lent).unwrap();
}

#[tokio::test]
async fn the_obligation_for_collateral_is_made_once_though_the_transaction_that_makes_it_is_late() {
    let mut scene = Scene::new(2, 1_000_000.0);
    lend_collateral(&scene);
    scene.config.strategy.receiver_obligation = Some(3);
    scene.chain.lock().delivery = Delivery::Waits;
    scene.pass(5, 150.0);
    let mut bot = scene.bot();
    for expected in [1, 0, 0] {
        assert_eq!(scene.round(&mut bot).await.sent, expected);
        scene.pass(1, 150.0);
    }
    scene.chain.lock().delivery = Delivery::Lands;
    scene.chain.deliver();
    scene.rounds(&mut bot, 150.0).await;
    drop(bot);
    assert_eq!((scene.unhealthy(), scene.paid().len()), (0, 2));
    assert!(scene.journal().in_state(State::Failed).unwrap().is_empty());
}

#[tokio::test]
async fn collateral_that_a_dry_vault_cannot_pay_is_taken_as_a_deposit_where_that_is_wished() {
    let mut scene = Scene::new(2, 1_000_000.0);
    lend_collateral(&scene);
    scene.pass(5, 150.0);
    let mut without = scene.bot();
    assert_eq!(scene.round(&mut without).await.sent, 0);
    drop(without);

    scene.config.strategy.receiver_obligation = Some(3);
    let market = scene.chain.lock().world.market;
    let receiver = pda::obligation(&market, &scene.liquidator.key(), 3);
    scene.chain.lock().obligations.push(receiver);
    let mut bot = scene.bot();
    for _ in 0..4 {
        scene.rounds(&mut bot, 150.0).await;
        scene.pass(5, 150.0);
    }
    drop(bot);
    assert_eq!(scene.unhealthy(), 0);
    let paid = scene.paid();
    assert_eq!(paid.len(), 2);
    let world = &scene.chain.lock().world;
    let taken: levee::state::Obligation = world.read(&receiver);
    let reserve = world.reserve(&scene.sol);
    let deposit = taken.deposit_in(&scene.sol.keys.reserve);
    let atoms = deposit.atoms_down(reserve.supply_index()).unwrap().0;
    let seized: u64 = paid.iter().map(|paid| paid.seized_atoms).sum();
    // Less than an atom was lost each time, and a reserve that is lent to the last atom pays interest since.
    assert!(atoms + 2 >= seized && atoms - seized < seized / 100_000);
    assert!(scene.journal().in_state(State::Failed).unwrap().is_empty());
}
