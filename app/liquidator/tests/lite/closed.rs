//! Obligations that are closed, of which nobody is told.

use std::time::Duration;

use levee_client::instructions as ix;
use levee_liquidator::bot::Bot;
use levee_liquidator::journal::State;
use levee_liquidator::source::Event;

use crate::scene::Scene;

/// The borrower pays everything back, takes everything out, and closes the obligation: all within a slot.
fn leave(scene: &Scene, at: usize) {
    let world = &mut scene.chain.lock().world;
    let (user, usdc, sol) = (&scene.borrowers[at], &scene.usdc, &scene.sol);
    world.fund(user, usdc, usdc.atoms(20_000.0));
    world.repay(user, usdc, u64::MAX).unwrap();
    world.withdraw(user, sol, u64::MAX).unwrap();
    let close = ix::close_obligation(user.key(), user.obligation);
    world.must(&[close], &[&user.keypair]);
}

fn known(bot: &Bot) -> usize {
    bot.book().unwrap().index().obligations().len()
}

#[tokio::test]
async fn a_closed_obligation_is_found_missing_before_sending_and_spoils_no_batch() {
    let scene = Scene::new(3, 1_000_000.0);
    let mut bot = scene.bot();
    scene.pass(5, 200.0);
    for _ in 0..3 {
        scene.round(&mut bot).await;
    }
    leave(&scene, 1);
    scene.pass(5, 150.0);
    // For all that the bot knows, three are unhealthy.
    let round = scene.round(&mut bot).await;
    assert_eq!((round.unhealthy, round.sent, round.dropped), (3, 0, 1));
    assert_eq!(scene.chain.lock().taken.len(), 0);
    let done = scene.rounds(&mut bot, 150.0).await;
    assert_eq!((done.unhealthy, known(&bot)), (0, 2));
    drop(bot);
    assert_eq!(scene.paid().len(), 2);
    assert!(scene.journal().in_state(State::Failed).unwrap().is_empty());
}

#[tokio::test]
async fn a_sweep_forgets_the_closed_finds_the_missed_and_nothing_older_brings_them_back() {
    let mut scene = Scene::new(3, 1_000_000.0);
    scene.config.watch.sweep_seconds = 1;
    let mut bot = scene.bot();
    scene.pass(5, 200.0);
    for _ in 0..3 {
        scene.round(&mut bot).await;
    }
    let closed = scene.borrowers[1].obligation;
    let before = {
        let state = scene.chain.lock();
        (state.world.slot(), state.state_of(&closed))
    };
    scene.pass(5, 200.0);
    leave(&scene, 1);
    let missed = {
        let mut state = scene.chain.lock();
        let user = state.world.user();
        state.obligations.push(user.obligation);
        user.obligation
    };
    scene.round(&mut bot).await;
    assert_eq!(known(&bot), 3, "nobody told");
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    for _ in 0..3 {
        scene.round(&mut bot).await;
    }
    let number = |bot: &Bot, key| bot.book().unwrap().index().obligations().number(key);
    assert_eq!((known(&bot), number(&bot, &closed)), (3, None));
    assert!(number(&bot, &missed).is_some());

    let (slot, state) = before;
    let late = Event::Account(slot, state);
    let pushes = scene.chain.lock().pushes.clone().expect("a subscription");
    pushes.try_send(late).unwrap();
    scene.round(&mut bot).await;
    assert_eq!(number(&bot, &closed), None);
}
