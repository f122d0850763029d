//! Those that must wait, and those that nothing stands behind.

use levee_liquidator::journal::{Kind, State};
use levee_testkit::Chain;

use crate::scene::Scene;

#[tokio::test]
async fn a_mild_case_is_marked_until_it_has_aged_and_is_then_liquidated() {
    let scene = Scene::new(3, 1_000_000.0);
    let mut bot = scene.bot();
    // Barely unhealthy, and healthy at an average that lies a percent above.
    let (price, average) = (183.0, 185.5);
    scene.pass_lagging(5, price, average);
    assert_eq!(scene.unhealthy(), 3);
    let first = scene.round(&mut bot).await;
    assert_eq!((first.sent, first.marked), (0, 3));
    let mut slots = 0;
    let mut marked = 0;
    loop {
        scene.pass_lagging(5, price, average);
        slots += 5;
        let round = scene.round(&mut bot).await;
        marked += round.marked;
        if round.sent > 0 {
            break;
        }
        assert!(slots < 100, "it never aged");
    }
    // Twenty-five proven slots, which one more mark of each proves.
    assert!((25..=45).contains(&slots), "{slots} slots");
    assert_eq!(marked, 3);
}

#[tokio::test]
async fn a_debt_without_collateral_is_settled() {
    let scene = Scene::new(1, 1_000_000.0);
    {
        let world = &mut scene.chain.lock().world;
        let key = scene.borrowers[0].obligation;
        // As if somebody had taken the last collateral without settling.
        world.rewrite(&key, |obligation: &mut levee::state::Obligation| {
            obligation.deposit_count = 0;
            obligation.deposits[0] = levee::state::Position::default();
        });
    }
    scene.pass(5, 200.0);
    let mut bot = scene.bot();
    let done = scene.rounds(&mut bot, 200.0).await;
    assert_eq!((done.sent, done.unhealthy), (1, 0));
    drop(bot);
    let settled = scene.journal().in_state(State::Confirmed).unwrap();
    assert_eq!(settled[0].kind, Kind::Settle);
    let state = scene.chain.lock();
    let account = state
        .world
        .chain
        .account(&scene.borrowers[0].obligation)
        .unwrap();
    let obligation: levee::state::Obligation =
        levee_client::accounts::decode(&account.data).unwrap();
    assert_eq!(obligation.borrow_count, 0);
}
