//! Devnet's build: prices come from the test oracle at its own address.

use levee::oracle::TEST_ORACLE;
use levee_testkit::{program_path, LocalnetOptions};

use crate::bots::Bot;
use crate::market::{Crowd, Market, SOL};
use crate::{cleared, connect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_deployed_build_believes_test_feeds_the_bot_hears_and_liquidates_by_them() {
    let chain = LocalnetOptions::new()
        .program(levee::ID, program_path("levee_test_feeds"))
        .program(TEST_ORACLE, program_path("levee_test_oracle"))
        .start();
    let market = Market::of(connect(&chain), Crowd::small(12)).await;
    let mut bot = Bot::new(&market, &chain.rpc_url, &chain.ws_url).await;
    bot.start();
    bot.says("loaded", 1).await;
    market.fall(SOL, 0.87).await;
    bot.says(": sent ", 1).await;
    cleared(&market, "a crash by test feeds").await;
    assert!(bot.stop().success());
    assert!(bot.audit(&market).await > 0);
}
