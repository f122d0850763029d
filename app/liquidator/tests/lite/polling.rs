//! Without a subscription.

use std::time::Duration;

use levee_liquidator::bot::Bot;

use crate::scene::Scene;

#[tokio::test]
async fn where_nobody_takes_subscriptions_everything_is_asked_for_and_liquidations_go_on() {
    let scene = Scene::new(3, 1_000_000.0);
    scene.chain.lock().is_mute = true;
    // The last borrower comes later.
    let late = scene.chain.lock().obligations.pop().unwrap();
    let mut bot = scene.bot();
    scene.pass(5, 200.0);
    assert_eq!(scene.round(&mut bot).await.unhealthy, 0);
    let known = |bot: &Bot| bot.book().unwrap().index().obligations().len();
    assert_eq!(known(&bot), 2);
    scene.chain.lock().obligations.push(late);
    scene.pass(5, 150.0);
    scene.rounds(&mut bot, 150.0).await;
    assert_eq!((known(&bot), scene.unhealthy()), (3, 0));
    assert_eq!(scene.paid().len(), 3);
    assert!(scene.chain.lock().pushes.is_none());

    // Once it is taken, the subscription serves again.
    scene.chain.lock().is_mute = false;
    for _ in 0..200 {
        scene.round(&mut bot).await;
        if scene.chain.lock().pushes.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(scene.chain.lock().pushes.is_some());
    scene.pass(5, 120.0);
    let again = scene.rounds(&mut bot, 120.0).await;
    assert!(again.sent > 0 && again.unhealthy == 0);
}
