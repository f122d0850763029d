//! Refreshes in transactions of their own, against who chooses the price of every slot.

use levee::error::LeveeError;
use levee_client::instructions::{self as ix, PriceKeys};
use levee_liquidator::journal::{Kind, State};
use levee_testkit::{price_account, Chain, Failure, PriceSpec, User};
use solana_pubkey::Pubkey;

use crate::scene::Scene;

const OLD_USD: f64 = 200.0;
const NEW_USD: f64 = 177.0;

/// An owner who is first in every slot, with an update that is older and still accepted.
struct First {
    old: Pubkey,
}

impl First {
    /// Keeps the update of now.
    fn new(scene: &Scene) -> Self {
        let old = Pubkey::new_unique();
        let world = &mut scene.chain.lock().world;
        let spec = PriceSpec::usd(OLD_USD, world.now());
        world
            .chain
            .set_account(old, price_account(scene.sol.feed, &spec));
        Self { old }
    }

    /// Raises the first borrower's risk by an atom, on the older price.
    fn borrow(&self, scene: &Scene) -> Result<(), Failure> {
        self.borrow_as(scene, &scene.borrowers[0])
    }

    fn borrow_as(&self, scene: &Scene, user: &User) -> Result<(), Failure> {
        let world = &mut scene.chain.lock().world;
        let older = PriceKeys {
            price: self.old,
            ..scene.sol.prices()
        };
        let list = [scene.sol.keys.reserve, scene.usdc.keys.reserve];
        let refresh = ix::refresh_reserves(&[older, scene.usdc.prices()]);
        let wallet = user.wallet(&scene.usdc);
        let borrow = ix::borrow(
            user.key(),
            user.obligation,
            &scene.usdc.keys,
            wallet,
            &list,
            1,
        );
        let sent = world.chain.send(&[refresh, borrow], &[&user.keypair]);
        sent.map(drop)
    }
}

#[tokio::test]
async fn who_borrows_first_in_every_slot_on_an_older_price_is_stopped_by_a_refresh_alone() {
    let mut scene = Scene::new(1, 1_000_000.0);
    scene.pass(5, OLD_USD);
    let first = First::new(&scene);

    // Without: nobody can liquidate as long as the older price is accepted.
    scene.config.strategy.refresh = false;
    let mut bot = scene.bot();
    for _ in 0..20 {
        scene.pass(1, NEW_USD);
        first.borrow(&scene).expect("the older price is accepted");
        scene.round(&mut bot).await;
    }
    scene.round(&mut bot).await;
    drop(bot);
    let refused = scene.journal().in_state(State::Failed).unwrap().len();
    assert!(refused > 2, "{refused} refusals");
    assert!(scene.paid().is_empty());

    // With: one refusal, one refresh, and the older price is of no use any more.
    scene.config.strategy.refresh = true;
    let mut bot = scene.bot();
    scene.pass(1, NEW_USD);
    first.borrow(&scene).expect("the older price is accepted");
    assert_eq!(scene.round(&mut bot).await.sent, 1);
    let answer = scene.round(&mut bot).await;
    assert_eq!((answer.sent, answer.refreshed, answer.marked), (0, 1, 1));
    for _ in 0..8 {
        scene.pass(1, NEW_USD);
        let failure = first.borrow(&scene).expect_err("the newer price counts");
        assert!(!failure.is(LeveeError::PriceTooOld), "{failure}");
        scene.round(&mut bot).await;
    }
    scene.rounds(&mut bot, NEW_USD).await;
    assert_eq!((scene.unhealthy(), scene.paid().len()), (0, 1));

    // It was journaled with what it cost, and sent once.
    let tally = bot.tally().clone();
    assert_eq!((tally.refreshes, tally.landed, tally.failed), (1, 1, 1));
    drop(bot);
    let journal = scene.journal();
    let confirmed = journal.in_state(State::Confirmed).unwrap();
    let refreshes: Vec<_> = confirmed
        .iter()
        .filter(|intent| intent.kind == Kind::Refresh)
        .collect();
    assert_eq!(refreshes.len(), 1);
    assert!(refreshes[0].fee_lamports > 5_000 && refreshes[0].entries.is_empty());
    assert_eq!(
        journal.fees_lamports(Kind::Refresh).unwrap(),
        refreshes[0].fee_lamports
    );
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_followed_by_a_refresh_alone_and_then_by_all_its_liquidations(
) {
    const BORROWERS: usize = 3;
    let scene = Scene::new(BORROWERS, 1_000_000.0);
    scene.pass(5, OLD_USD);
    let first = First::new(&scene);
    let mut bot = scene.bot();
    scene.pass(1, NEW_USD);
    for borrower in &scene.borrowers {
        let borrowed = first.borrow_as(&scene, borrower);
        borrowed.expect("the older price is accepted");
    }
    assert_eq!(scene.round(&mut bot).await.sent, 1);
    let answer = scene.round(&mut bot).await;
    assert_eq!(
        (answer.sent, answer.refreshed, answer.marked),
        (0, 1, BORROWERS)
    );
    assert!(scene.paid().is_empty());
    for _ in 0..scene.config.strategy.retry_slots {
        scene.pass(1, NEW_USD);
        for borrower in &scene.borrowers {
            let borrowed = first.borrow_as(&scene, borrower);
            borrowed.expect_err("the newer price counts");
        }
        scene.round(&mut bot).await;
    }
    scene.rounds(&mut bot, NEW_USD).await;
    assert_eq!((scene.unhealthy(), scene.paid().len()), (0, BORROWERS));

    drop(bot);
    let failed = scene.journal().in_state(State::Failed).unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (failed[0].kind, failed[0].entries.len()),
        (Kind::Batch, BORROWERS)
    );
}

#[tokio::test]
async fn while_a_mild_case_waits_its_reserves_are_refreshed_once_within_the_configured_slots() {
    let mut scene = Scene::new(2, 1_000_000.0);
    scene.config.strategy.refresh_slots = 10;
    scene.config.strategy.mark = false;
    let mut bot = scene.bot();
    // Barely unhealthy, and healthy at an average that lies a percent above.
    let mut refreshed = Vec::new();
    for slot in 0..25 {
        scene.pass_lagging(1, 183.0, 185.5);
        let round = scene.round(&mut bot).await;
        assert_eq!(round.sent, 0);
        if round.refreshed > 0 {
            refreshed.push(slot);
        }
    }
    assert_eq!(refreshed, [0, 10, 20]);
    // Nothing newer to tell: nothing is sent.
    let before = scene.chain.lock().taken.len();
    {
        let world = &mut scene.chain.lock().world;
        let refresh = world.refresh(&[scene.sol, scene.usdc]);
        let payer = scene.liquidator.keypair.insecure_clone();
        world.must(&[refresh], &[&payer]);
        world.advance(15, 2);
    }
    scene.config.watch.resync_seconds = 1;
    drop(bot);
    let mut bot = scene.bot();
    assert_eq!(scene.round(&mut bot).await.refreshed, 0);
    assert_eq!(scene.chain.lock().taken.len(), before);
}
