//! What is offered for a place in a block.

use levee_liquidator::config::FeeKind;
use levee_liquidator::journal::{Kind, State};

use crate::chain::{Delivery, BLOCKHASH_BLOCKS, FINAL_BLOCKS};
use crate::scene::{offered, wallet, Scene};

const RECENT: [u64; 4] = [2_000, 40_000, 10_000, 30_000];

fn scene() -> Scene {
    let mut scene = Scene::new(1, 1_000_000.0);
    scene.config.fees.percentile = 75;
    scene.chain.lock().recent_fees = RECENT.to_vec();
    scene
}

#[tokio::test]
async fn a_percentile_of_recent_fees_is_offered_and_more_after_each_transaction_that_never_landed()
{
    let scene = scene();
    scene.chain.lock().delivery = Delivery::Lost;
    let mut bot = scene.bot();
    scene.pass(5, 150.0);
    for expected in [30_000, 45_000, 67_500] {
        assert_eq!(scene.round(&mut bot).await.sent, 1);
        let last = scene.chain.lock().taken.last().cloned().unwrap();
        assert_eq!(offered(&last), expected);
        scene.pass(BLOCKHASH_BLOCKS + FINAL_BLOCKS + 1, 150.0);
        assert_eq!(scene.round(&mut bot).await.sent, 0);
        scene.pass(5, 150.0);
    }
    // It lands, and the next one begins anew.
    scene.chain.lock().delivery = Delivery::Lands;
    assert_eq!(scene.round(&mut bot).await.sent, 1);
    scene.rounds(&mut bot, 150.0).await;
    scene.pass(5, 120.0);
    assert!(scene.rounds(&mut bot, 120.0).await.sent > 0);
    let taken: Vec<u64> = scene.chain.lock().taken.iter().map(offered).collect();
    assert_eq!(taken[3..], [101_250, 30_000]);

    // What it asked about is what the transaction writes, apart from the wallet's own.
    let asked = scene.chain.lock().fees_asked[0].clone();
    let obligation = scene.borrowers[0].obligation;
    for key in [scene.sol.keys.reserve, scene.usdc.keys.vault, obligation] {
        assert!(asked.contains(&key));
    }
    for own in [
        scene.liquidator.key(),
        wallet(&scene.liquidator, &scene.sol),
    ] {
        assert!(!asked.contains(&own));
    }
    // And the journal knows what it cost.
    drop(bot);
    let journal = scene.journal();
    let confirmed = journal.in_state(State::Confirmed).unwrap();
    let fees: u64 = confirmed.iter().map(|intent| intent.fee_lamports).sum();
    assert!(fees > 2 * 5_000);
    assert_eq!(journal.fees_lamports(Kind::Single).unwrap(), fees);
}

#[tokio::test]
async fn a_fee_never_takes_more_than_its_share_of_the_profit() {
    let mut offers = Vec::new();
    for (share_bps, kind) in [
        (2_000, FeeKind::Recent),
        (1, FeeKind::Recent),
        (0, FeeKind::Recent),
        (2_000, FeeKind::Fixed),
    ] {
        let mut scene = scene();
        scene.chain.lock().recent_fees = vec![u64::MAX];
        scene.config.fees.kind = kind;
        scene.config.fees.cap_micro_lamports = 20_000_000_000;
        scene.config.fees.profit_share_bps = share_bps;
        let mut bot = scene.bot();
        scene.pass(5, 150.0);
        assert_eq!(scene.round(&mut bot).await.sent, 1);
        offers.push(offered(&scene.chain.lock().taken[0]));
    }
    let floor = 1_000;
    assert_eq!(offers[2..], [floor, floor]);
    // A share two thousand times as large, up to rounding.
    assert!(
        offers[1] > 10 * floor && offers[0] < 20_000_000_000,
        "{offers:?}"
    );
    let ratio = offers[0] / offers[1];
    assert!((1_990..=2_010).contains(&ratio), "{offers:?}");
}
