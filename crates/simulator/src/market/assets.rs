//! The assets of a generated market, with the configurations that the design states as defaults.

use anyhow::Result;
use levee::state::{LendingMarket, MarketConfig, ReserveConfig, RATE_STAKE_POOL};
use levee_client::defaults::{reserve_config, stable_reserve_config};

use levee_risk::rate::Rate;
use levee_risk::units::Bps;

use super::stake::Stake;
use crate::impact::{daily_volume_usd, VOLATILITY_PPM};
use crate::prices::{PricePath, DOLLAR};

/// The ticker of the dollar that is borrowed.
pub const USDC: &str = "USDC";

const USDC_DECIMALS: u8 = 6;
const DOLLAR_DIGITS: u32 = 10;

/// A liquid-staking token of the market.
struct Lst {
    /// What it is a claim on.
    base: &'static str,
    name: &'static str,
    /// Hundredths of the base per token.
    rate_pct: u64,
    growth_bps: u32,
    update_seconds: i64,
}

/// Rates and rewards in the order of magnitude of late 2025. Stake pools are updated every epoch of Solana, some two days;
/// Lido's oracle reports every day.
const LSTS: [Lst; 2] = [
    Lst {
        base: "SOL",
        name: "JitoSOL",
        rate_pct: 122,
        growth_bps: 700,
        update_seconds: 172_800,
    },
    Lst {
        base: "ETH",
        name: "wstETH",
        rate_pct: 121,
        growth_bps: 300,
        update_seconds: 86_400,
    },
];
/// How much of its growth new risk believes: no one borrows during a replay, but the program asks for it.
const MAX_RATE_GROWTH_BPS: u32 = 1_500;

/// A market with the design's default rules, and nothing in it.
pub fn default_market() -> LendingMarket {
    LendingMarket {
        config: MarketConfig::DEFAULT,
        ..bytemuck::Zeroable::zeroed()
    }
}

/// One token of the market.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its ticker.
    pub name: String,
    /// Of the mint.
    pub decimals: u8,
    /// The reserve's configuration.
    pub config: ReserveConfig,
    /// Traded in a day, in dollars.
    pub daily_volume_usd: u64,
    /// Daily volatility in parts per million; zero for a dollar, which no sale moves.
    pub volatility_ppm: u64,
    /// What it is a claim on, if it is one: then it has no price of its own.
    pub stake: Option<Stake>,
}

impl Asset {
    /// The asset with `ticker`, whose oracle feed is that of position `at`, and which costs `price` at first.
    pub fn new(ticker: &str, at: usize, price: u64) -> Self {
        let feed = [at as u8 + 1; 32];
        let is_dollar = ticker == USDC;
        Self {
            name: ticker.into(),
            decimals: if is_dollar {
                USDC_DECIMALS
            } else {
                decimals(price)
            },
            config: if is_dollar {
                stable_reserve_config(feed)
            } else {
                reserve_config(feed)
            },
            daily_volume_usd: daily_volume_usd(ticker),
            volatility_ppm: if is_dollar { 0 } else { VOLATILITY_PPM },
            stake: None,
        }
    }

    /// Whether it is a dollar, which no sale moves.
    pub fn is_dollar(&self) -> bool {
        self.volatility_ppm == 0
    }

    /// The liquid-staking token of `base`, the asset at position `base_at`, if there is one; as the asset at position `at`. It
    /// shares the base's feed, and outside an elevation group it counts as the base does.
    pub fn staked(at: usize, base_at: usize, base: &Self) -> Option<Self> {
        let lst = LSTS.iter().find(|lst| lst.base == base.name)?;
        let rate = Rate::of_decimal_down(lst.rate_pct, -2).ok()?;
        Some(Self {
            name: lst.name.into(),
            config: ReserveConfig {
                rate_kind: RATE_STAKE_POOL,
                rate_source: [at as u8 + 1; 32],
                max_rate_growth_bps: MAX_RATE_GROWTH_BPS,
                ..base.config
            },
            stake: Some(Stake {
                base: base_at,
                rate,
                growth_per_year: Bps(lst.growth_bps),
                update_seconds: lst.update_seconds,
            }),
            ..base.clone()
        })
    }
}

/// The assets of a path, and the dollar at the end where it is not among them, with what they cost at first.
pub fn listed(path: &PricePath) -> (Vec<Asset>, Vec<u64>) {
    let mut prices = path.row(0).to_vec();
    let mut names: Vec<&str> = path.assets.iter().map(String::as_str).collect();
    if !names.contains(&USDC) {
        names.push(USDC);
        prices.push(DOLLAR);
    }
    let each = names.into_iter().zip(&prices).enumerate();
    let assets = each.map(|(at, (name, price))| Asset::new(name, at, *price));
    (assets.collect(), prices)
}

/// Adds the liquid-staking tokens of all assets that have one, with their prices: that of the base times the rate.
///
/// # Errors
/// Where a price is out of range.
pub fn add_stakes(assets: &mut Vec<Asset>, prices: &mut Vec<u64>) -> Result<()> {
    for base in 0..assets.len() {
        let at = assets.len();
        let Some(asset) = Asset::staked(at, base, &assets[base]) else {
            continue;
        };
        let rate = asset.stake.map_or(Rate::ONE, |stake| stake.rate);
        prices.push(rate.apply_down(prices[base])?);
        assets.push(asset);
    }
    Ok(())
}

/// Nine as SOL has, and fewer for a token so cheap that a pool of it would not fit 64 bits of atoms.
fn decimals(price: u64) -> u8 {
    // The price is a whole number of 10^-10 dollars.
    let digits = price.checked_ilog10().unwrap_or(0);
    let cheaper = DOLLAR_DIGITS.saturating_sub(digits).min(9);
    9 - cheaper as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staking_token_shares_the_feed_of_its_base_and_costs_as_much_as_it_is_worth_in_it() {
        let mut prices = vec![200 * DOLLAR, 110_000 * DOLLAR, 4_000 * DOLLAR];
        let mut assets: Vec<Asset> = ["SOL", "BTC", "ETH"]
            .iter()
            .enumerate()
            .map(|(at, name)| Asset::new(name, at, prices[at]))
            .collect();
        add_stakes(&mut assets, &mut prices).unwrap();
        let names: Vec<_> = assets.iter().map(|asset| asset.name.as_str()).collect();
        assert_eq!(names, ["SOL", "BTC", "ETH", "JitoSOL", "wstETH"]);
        assert_eq!(assets[4].config.oracle_feed, assets[2].config.oracle_feed);
        assert!((243.9..=244.0).contains(&(prices[3] as f64 / DOLLAR as f64)));
        for asset in &assets {
            assert!(asset.config.validate().is_ok(), "{}", asset.name);
        }
    }

    #[test]
    fn cheap_tokens_have_fewer_decimals() {
        assert_eq!(decimals(200 * DOLLAR), 9);
        assert_eq!(decimals(DOLLAR), 9);
        assert_eq!(decimals(DOLLAR / 2), 8);
        assert_eq!(decimals(10_000), 3);
    }
}
