//! What rests would not have traded, as the whole numbers of the trade itself say.

use proptest::prelude::*;

use super::super::arbitrage::{move_bands, Way};
use super::super::band::BANDS;
use super::super::{FEE_PPM, PPM};
use super::*;

/// Of the exchange, in parts per million, besides the fee.
const OWN_COSTS_PPM: u128 = 600;

/// Ten tokens of nine decimals and a debt token of six: a price of 200 is 0.2 debt atoms per collateral atom.
const TOP: u128 = ONE / 5;

fn quote(market: u128, oracle: u128, owed_micro_usd: f64) -> Quote {
    Quote {
        market,
        oracle,
        micro_usd: (owed_micro_usd * market as f64 / ONE as f64, owed_micro_usd),
        costs: (FEE_PPM + OWN_COSTS_PPM) as f64 / PPM as f64,
        unit: TOP as f64 * 3.0,
    }
}

/// What a trade would take, in millionths of a dollar.
fn worth(bands: &[Band; BANDS], now: &Quote) -> f64 {
    let costs = FEE_PPM + OWN_COSTS_PPM;
    let taken = |way: Way, price: u128| {
        let (_, taken) = move_bands(&mut bands.clone(), way, now.oracle, price);
        taken as f64
    };
    let bought = taken(Way::Buy, now.market * (PPM - costs) / PPM) * now.micro_usd.0;
    let sold = taken(Way::Sell, now.market * (PPM + costs) / PPM) * now.micro_usd.1;
    bought.max(sold)
}

/// Bands of a loan of so many atoms that was arbitraged at these prices one after the other.
fn traded(atoms: u64, path: &[(u128, i32)]) -> [Band; BANDS] {
    let mut bands = Band::spread(atoms, TOP);
    for (oracle_ppm, off_ppm) in path {
        let now = at(*oracle_ppm, *off_ppm, 1.0);
        let costs = FEE_PPM + OWN_COSTS_PPM;
        move_bands(
            &mut bands,
            Way::Buy,
            now.oracle,
            now.market * (PPM - costs) / PPM,
        );
        move_bands(
            &mut bands,
            Way::Sell,
            now.oracle,
            now.market * (PPM + costs) / PPM,
        );
    }
    bands
}

/// An oracle's price relative to the highest band, and the exchange's relative to that.
fn at(oracle_ppm: u128, off_ppm: i32, owed_micro_usd: f64) -> Quote {
    let oracle = TOP * oracle_ppm / PPM;
    let market = oracle * u128::from((1_000_000 + off_ppm).unsigned_abs()) / PPM;
    quote(market, oracle, owed_micro_usd)
}

fn prices() -> impl Strategy<Value = (u128, i32)> {
    (870_000u128..=1_020_000, -25_000i32..=25_000)
}

/// Dollar prices of a debt atom, in millionths of a dollar: from a hundredth of one to a hundred of them.
fn dollars() -> impl Strategy<Value = f64> {
    (-2.0f64..2.0).prop_map(|power| 10f64.powf(power))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30_000))]

    #[test]
    fn a_loan_that_keeps_still_would_have_traded_for_less_than_a_trade_is_worth(
        digits in 5.0f64..16.0,
        path in prop::collection::vec(prices(), 0..12),
        then in prices(),
        moved in (-25_000i32..=25_000, -40_000i32..=40_000, 0.96f64..1.04),
        dollar in dollars(),
    ) {
        let bands = traded(10f64.powf(digits) as u64, &path);
        let still = Still::of(&bands, &at(then.0, then.1, dollar));
        let oracle_ppm = then.0 * u128::from((1_000_000 + moved.0).unsigned_abs()) / PPM;
        let now = at(oracle_ppm, moved.1, dollar * moved.2);
        if still.holds(&now) {
            let worth = worth(&bands, &now);
            prop_assert!(worth < LEAST_MICRO_USD as f64, "{worth} {bands:?} {now:?}");
        }
    }

    /// The hard part: from the prices at which bounds were worked out along the exchange's to the very bound.
    #[test]
    fn nor_would_one_at_the_very_bound(
        digits in 7.0f64..15.0,
        path in prop::collection::vec(prices(), 1..12),
        then in prices(),
        oracle_off_ppm in -20_000i32..=20_000,
        inside in 0u32..2_000,
        buys in any::<bool>(),
        dollar in dollars(),
    ) {
        let bands = traded(10f64.powf(digits) as u64, &path);
        let still = Still::of(&bands, &at(then.0, then.1, dollar));
        let oracle_ppm = then.0 * u128::from((1_000_000 + oracle_off_ppm).unsigned_abs()) / PPM;
        let mut now = at(oracle_ppm, 0, dollar);
        let inside = f64::from(inside) * 1e-6;
        let relative = match buys {
            true => f64::from(still.buys) * (1.0 - inside),
            false => f64::from(still.sells) * (1.0 + inside),
        };
        let market = now.market as f64 * relative / now.relative(now.market as f64);
        let market = market.clamp(TOP as f64 / 4.0, TOP as f64 * 4.0);
        now = quote(market as u128, now.oracle, dollar);
        if still.holds(&now) {
            let worth = worth(&bands, &now);
            prop_assert!(worth < LEAST_MICRO_USD as f64, "{worth} {bands:?} {now:?}");
        }
    }
}

/// Bounds that hold nowhere would prove nothing.
#[test]
fn a_loan_keeps_still_until_a_purchase_is_undone_by_twice_the_costs() {
    let bands = traded(100_000_000_000_000, &[(970_000, 0)]);
    let held = |off_ppm: i32| {
        let still = Still::of(&bands, &at(970_000, 0, 1.0));
        still.holds(&at(970_000, off_ppm, 1.0))
    };
    let lowest = (-25_000..0).find(|off_ppm| held(*off_ppm)).unwrap();
    let highest = (-25_000..25_000).rev().find(|off_ppm| held(*off_ppm));
    let highest = highest.unwrap();
    assert!((-14_000..-11_000).contains(&lowest), "{lowest}");
    assert!((-2_500..=0).contains(&highest), "{highest}");
}
