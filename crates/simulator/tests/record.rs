//! The order of magnitude of two crashes as they were published, from public figures and a book that is stated here.

use std::sync::Arc;

use levee_simulator::book::{draw, open, BookParams};
use levee_simulator::engines::by_name;
use levee_simulator::market::{Asset, USDC};
use levee_simulator::prices::{merge, Bar, PricePath, Series, DOLLAR};
use levee_simulator::report::Figures;
use levee_simulator::run::{run, Index, Settings};

/// Minute bars on straight lines between (minute, price) anchors.
fn between(asset: &str, start: i64, anchors: &[(i64, f64)]) -> PricePath {
    let at = |minute: i64| {
        let after = anchors.iter().position(|(m, _)| *m > minute);
        let after = after.unwrap_or(anchors.len() - 1);
        let ((from, low), (to, high)) = (anchors[after - 1], anchors[after]);
        let price = low + (high - low) * (minute - from) as f64 / (to - from) as f64;
        (price * DOLLAR as f64).round() as u64
    };
    let last = anchors[anchors.len() - 1].0;
    let bars = (0..last).map(|minute| {
        let (open, close) = (at(minute), at(minute + 1));
        Bar {
            timestamp: start + minute * 60,
            open,
            high: open.max(close),
            low: open.min(close),
            close,
        }
    });
    let series = Series {
        asset: asset.into(),
        bars: bars.collect(),
        bar_seconds: 60,
    };
    merge(asset, vec![series]).unwrap().0
}

fn figures(path: &PricePath, engine: &str, collateral_usd: u64) -> Figures {
    let prices = [path.row(0)[0], DOLLAR];
    let assets = [
        Asset::new(&path.assets[0], 0, prices[0]),
        Asset::new(USDC, 1, prices[1]),
    ];
    let params = BookParams {
        borrowers: 5_000,
        seed: 1,
        collateral_usd,
    };
    let drafts = draw(&assets, &prices, &params).unwrap();
    let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
    let settings = Settings::default();
    let index = Arc::new(Index::new(&opening, path, &settings).unwrap());
    let mut engine = by_name(engine).unwrap();
    let outcome = run(&opening, path, &index, engine.as_mut(), &settings, &|| {}).unwrap();
    Figures::new(&path.name, &outcome)
}

/// Kamino on 10 October 2025: SOL fell from 207 to 177 dollars within the hour; about $20M were liquidated, there was no bad debt,
/// and the median borrower who was liquidated lost 0.07 % of the position. The book: $500M of volatile collateral against
/// dollars, a fifth of what Kamino held in all, the rest being looped stakes and dollars that a fall of SOL does not touch.
/// Penalties are those of the day, from 0.1 % in steps of a tenth.
#[test]
fn klends_10_october_2025_has_the_published_order_of_magnitude() {
    let anchors = [
        (0, 207.0),
        (8, 205.5),
        (14, 199.0),
        (19, 201.0),
        (25, 190.0),
        (28, 192.5),
        (33, 183.0),
        (36, 186.0),
        (42, 177.0),
        (52, 185.0),
        (120, 191.0),
    ];
    let path = between("SOL", 1_760_129_400, &anchors);
    let klend = figures(&path, "klend-soft", 500_000_000);
    println!("{klend:#?}");
    assert!((8e6..60e6).contains(&klend.debt_repaid_usd), "{klend:#?}");
    assert_eq!(klend.bad_debt_usd, 0.0, "{klend:#?}");
    assert!((0.02..0.25).contains(&klend.median_loss_pct), "{klend:#?}");
}

/// Aave on 5 August 2024: ether fell from 2,900 to 2,110 dollars over a night; about $300M were liquidated, which earned the
/// treasury some $6M, and no bad debt of note was left. The book: $4 billion of volatile collateral against dollars, a third
/// of what Aave held.
#[test]
fn aaves_5_august_2024_has_the_published_order_of_magnitude() {
    let anchors = [
        (0, 2_900.0),
        (120, 2_780.0),
        (240, 2_690.0),
        (330, 2_350.0),
        (370, 2_110.0),
        (400, 2_280.0),
        (480, 2_330.0),
        (720, 2_400.0),
    ];
    let path = between("ETH", 1_722_790_800, &anchors);
    let aave = figures(&path, "aave-v3.3", 4_000_000_000);
    println!("{aave:#?}");
    assert!((1e8..2e9).contains(&aave.debt_repaid_usd), "{aave:#?}");
    assert!(aave.bad_debt_usd < 1e6, "{aave:#?}");
    assert!(
        (300.0..=500.0).contains(&aave.penalty_bps_of_debt_repaid),
        "{aave:#?}"
    );
}
