//! The WebSocket is down, and JSON-RPC answers.

use levee_testkit::Localnet;

use crate::bots::Bot;
use crate::market::{Crowd, Market, SOL};
use crate::proxy::Proxy;
use crate::{cleared, connect, host};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_the_websocket_is_down_or_silent_is_cleared_before_it_returns() {
    let chain = Localnet::start();
    let market = Market::of(connect(&chain), Crowd::small(12)).await;
    let ws = Proxy::new(host(&chain.ws_url)).await;
    let ws_url = format!("ws://127.0.0.1:{}", ws.port);
    let mut bot = Bot::new(&market, &chain.rpc_url, &ws_url).await;
    // Nothing of it is owed to a resynchronization that was due anyway.
    bot.configure(|config| {
        config.replace(
            "resync_seconds = 20",
            "resync_seconds = 3600\nsilent_seconds = 2\nfallback_millis = 500",
        )
    });
    bot.start();
    bot.says("subscribed subscriptions", 1).await;
    bot.says("loaded", 2).await;

    ws.cut();
    bot.says("everything is loaded anew", 1).await;
    market.fall(SOL, 0.87).await;
    bot.says(": sent ", 1).await;
    cleared(&market, "a crash without a WebSocket").await;
    assert_eq!(bot.log().matches("subscribed subscriptions").count(), 1);
    ws.restore();
    bot.says("subscribed subscriptions", 2).await;

    // Connected, and nothing comes.
    ws.freeze();
    bot.says("nothing was pushed", 1).await;
    let sent = bot.log().matches(": sent ").count();
    market.fall(SOL, 0.93).await;
    bot.says(": sent ", sent + 1).await;
    cleared(&market, "a crash with a silent WebSocket").await;
    assert_eq!(bot.log().matches("subscribed subscriptions").count(), 2);
    ws.restore();
    bot.says("subscribed subscriptions", 3).await;

    let sent = bot.log().matches(": sent ").count();
    market.fall(SOL, 0.95).await;
    bot.says(": sent ", sent + 1).await;
    cleared(&market, "a crash with a WebSocket again").await;
    assert!(bot.stop().success());
    assert!(bot.audit(&market).await > 20);
}
