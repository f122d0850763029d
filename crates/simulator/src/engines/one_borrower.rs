//! A market with one borrower, for tests of engines.

use levee_risk::sheet::Sheet;

use super::{Engine, Look, Seen};
use crate::book::{open, Draft};
use crate::market::{Asset, ImpactParams, World, USDC};
use crate::prices::{PricePath, DOLLAR};
use crate::run::Settings;

pub const COLLATERAL: usize = 0;
pub const BASE: usize = 1;
/// After the two lenders.
pub const BORROWER: u32 = 2;

/// A borrower with a million tokens of nine dollars who owes `debt_usd`, on an exchange that no sale moves.
pub fn nine_million_against(debt_usd: u64) -> World {
    let prices = [9 * DOLLAR, DOLLAR];
    let mut assets = [
        Asset::new("UNI", COLLATERAL, prices[COLLATERAL]),
        Asset::new(USDC, BASE, prices[BASE]),
    ];
    assets[BASE].config.origination_fee_bps = 0;
    let tokens = 10u64.pow(u32::from(assets[COLLATERAL].decimals));
    let draft = Draft {
        deposits: vec![(0, 1_000_000 * tokens)],
        borrows: vec![(1, debt_usd * 1_000_000)],
    };
    let opening = open(&assets, &prices, &[draft], 0).unwrap();
    let path = PricePath {
        name: String::new(),
        start_ts: 0,
        assets: vec!["UNI".into()],
        times_ms: vec![0],
        prices: vec![prices[COLLATERAL]],
        ends_bar: vec![true],
        bar_seconds: 60,
        faults: Vec::new(),
    };
    let settings = Settings {
        impact: ImpactParams {
            factor_ppm: 0,
            ..ImpactParams::default()
        },
        ..Settings::default()
    };
    World::new(&opening, &path, &settings).unwrap()
}

/// Shows the borrower as a liquidator sees it.
pub fn see<T>(world: &mut World, show: impl FnOnce(&mut World, &Seen) -> T) -> T {
    let obligation = world.obligation(BORROWER);
    let mut sheet = Sheet::EMPTY;
    let book = world.see(&mut sheet, &obligation).unwrap();
    let seen = Seen {
        who: BORROWER,
        obligation: &obligation,
        sheet: &sheet,
        book: &book,
    };
    show(world, &seen)
}

/// A look of `engine` at the borrower.
pub fn look(engine: &mut impl Engine, world: &mut World) -> Look {
    see(world, |world, seen| engine.look(world, seen).unwrap())
}

/// The price falls by so much, and the oracle says so.
pub fn fall(world: &mut World, percent: f64) {
    let price = (9.0 * DOLLAR as f64 * (1.0 - percent / 100.0)).round() as u64;
    for _ in 0..2 {
        let later = world.now_ms() + 400;
        world.advance(later, &[price, DOLLAR]).unwrap();
    }
}
