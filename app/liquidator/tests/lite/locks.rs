//! Nothing is paid twice: lost and late transactions, lost connections, forks and restarts.

use levee_liquidator::journal::State;

use crate::chain::{Delivery, BLOCKHASH_BLOCKS, FINAL_BLOCKS};
use crate::scene::{wallet, Scene};

#[tokio::test]
async fn a_transaction_that_may_still_land_keeps_its_obligations_locked() {
    let scene = Scene::new(4, 1_000_000.0);
    scene.chain.lock().delivery = Delivery::Waits;
    let mut bot = scene.bot();
    scene.pass(5, 150.0);
    let sent = scene.round(&mut bot).await.sent;
    assert!(sent > 0);
    for _ in 0..10 {
        scene.pass(10, 150.0);
        assert_eq!(scene.round(&mut bot).await.sent, 0);
    }
    assert_eq!(scene.chain.lock().taken.len(), sent);
}

#[tokio::test]
async fn a_lost_transaction_is_replaced_only_when_it_can_never_land_any_more() {
    let scene = Scene::new(4, 1_000_000.0);
    scene.chain.lock().delivery = Delivery::Lost;
    let mut bot = scene.bot();
    scene.pass(5, 150.0);
    let last_valid = scene.chain.lock().world.slot() + BLOCKHASH_BLOCKS;
    let sent = scene.round(&mut bot).await.sent;
    assert!(sent > 0);
    // Its blockhash is over, but the last block that might hold it is not final yet.
    scene.pass(BLOCKHASH_BLOCKS + FINAL_BLOCKS, 150.0);
    assert_eq!(scene.chain.lock().world.slot(), last_valid + FINAL_BLOCKS);
    let round = scene.round(&mut bot).await;
    assert_eq!((round.sent, round.open), (0, sent));
    scene.pass(1, 150.0);
    scene.round(&mut bot).await;
    // Now it is, and after a pause everything is sent with another blockhash.
    scene.chain.lock().delivery = Delivery::Lands;
    scene.pass(5, 150.0);
    scene.rounds(&mut bot, 150.0).await;
    drop(bot);
    assert_eq!(scene.unhealthy(), 0);
    assert_eq!(scene.paid().len(), 4);
    let expired = scene.journal().in_state(State::Expired).unwrap();
    assert_eq!(expired.len(), sent);
}

#[tokio::test]
async fn a_restarted_bot_waits_for_what_the_last_one_sent() {
    let scene = Scene::new(4, 1_000_000.0);
    scene.chain.lock().delivery = Delivery::Waits;
    scene.pass(5, 150.0);
    let mut first = scene.bot();
    let sent = scene.round(&mut first).await.sent;
    assert!(sent > 0);
    // Killed: nothing of it is left but the journal.
    drop(first);

    let mut second = scene.bot();
    for _ in 0..5 {
        scene.pass(2, 150.0);
        let round = scene.round(&mut second).await;
        assert_eq!((round.sent, round.open), (0, sent));
    }
    scene.chain.lock().delivery = Delivery::Lands;
    scene.chain.deliver();
    scene.rounds(&mut second, 150.0).await;
    drop(second);
    assert_eq!(scene.unhealthy(), 0);
    assert_eq!(scene.paid().len(), 4, "each once");
}

#[tokio::test]
async fn a_lost_connection_stops_it_and_everything_is_loaded_anew_afterwards() {
    let scene = Scene::new(4, 1_000_000.0);
    let mut bot = scene.bot();
    scene.pass(5, 200.0);
    assert_eq!(scene.round(&mut bot).await.unhealthy, 0);
    scene.chain.cut();
    scene.pass(5, 150.0);
    for _ in 0..3 {
        assert_eq!(scene.round(&mut bot).await.sent, 0);
    }
    // Meanwhile somebody else repays everything of one of them: the bot must not remember the old state.
    {
        let world = &mut scene.chain.lock().world;
        let (user, usdc) = (&scene.borrowers[0], &scene.usdc);
        world.fund(user, usdc, usdc.atoms(20_000.0));
        world.repay(user, usdc, u64::MAX).unwrap();
    }
    scene.chain.restore();
    // Failed attempts are repeated with growing waits.
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    scene.rounds(&mut bot, 150.0).await;
    drop(bot);
    assert_eq!(scene.unhealthy(), 0);
    assert_eq!(scene.paid().len(), 3);
    assert!(scene.journal().in_state(State::Failed).unwrap().is_empty());
}

#[tokio::test]
async fn what_a_fork_forgot_is_noticed_and_done_again() {
    let scene = Scene::new(2, 1_000_000.0);
    let mut bot = scene.bot();
    scene.pass(5, 150.0);
    let snapshot: Vec<_> = {
        use levee_testkit::Chain;
        let state = scene.chain.lock();
        let mut keys: Vec<_> = scene.borrowers.iter().map(|user| user.obligation).collect();
        for token in [&scene.sol, &scene.usdc] {
            keys.extend([token.keys.reserve, token.keys.vault]);
            keys.push(wallet(&scene.liquidator, token));
        }
        let account = |key| (key, state.world.chain.account(&key));
        keys.into_iter().map(account).collect()
    };
    let first = scene.rounds(&mut bot, 150.0).await;
    assert_eq!(first.unhealthy, 0);
    // Another fork wins, on which none of that happened.
    {
        use levee_testkit::Chain;
        let mut state = scene.chain.lock();
        for (key, account) in snapshot {
            state
                .world
                .chain
                .set_account(key, account.unwrap_or_default());
        }
        state.landed.clear();
        state.logs.clear();
    }
    scene.pass(BLOCKHASH_BLOCKS + FINAL_BLOCKS + 5, 150.0);
    let mut second = scene.rounds(&mut bot, 150.0).await;
    for _ in 0..5 {
        scene.pass(5, 150.0);
        let more = scene.rounds(&mut bot, 150.0).await;
        second.sent += more.sent;
        second.unhealthy = more.unhealthy;
    }
    drop(bot);
    assert!(second.sent > 0);
    assert_eq!((second.unhealthy, scene.unhealthy()), (0, 0));
    assert!(!scene.journal().in_state(State::Lost).unwrap().is_empty());
}
