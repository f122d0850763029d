//! Borrowers from a seed: sizes over decades, most of them long, more of them near their limit.

use anyhow::{ensure, Result};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::Draft;
use crate::market::Asset;
use crate::prices::DOLLAR;

/// The largest borrower over the smallest.
const SIZES: f64 = 1_000.0;
/// How much of the borrowing limit is used.
const USAGES: (f64, f64) = (0.35, 0.97);
/// Of those few who stand right at it.
const NEAR_LIMIT_USAGES: (f64, f64) = (0.985, 0.995);
pub(super) const NEAR_LIMIT_SHARE: f64 = 0.06;
/// One volatile deposit and a debt in dollars.
const LONGS: f64 = 0.75;
/// Two volatile deposits and a debt in dollars; the rest owes a volatile asset against dollars.
const PAIRS: f64 = 0.88;

/// How many borrowers with how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BookParams {
    /// How many.
    pub borrowers: u32,
    /// Draws others.
    pub seed: u64,
    /// All their collateral together, in dollars.
    pub collateral_usd: u64,
}

/// Draws the borrowers of a market of `assets` at `prices`.
///
/// # Errors
/// Where the numbers are absurd, or there is no volatile asset.
pub fn draw(assets: &[Asset], prices: &[u64], params: &BookParams) -> Result<Vec<Draft>> {
    let BookParams {
        borrowers,
        seed,
        collateral_usd,
    } = *params;
    ensure!(borrowers > 0, "--borrowers 0: the book would be empty");
    let mean_usd = collateral_usd as f64 / f64::from(borrowers);
    ensure!(
        (100.0..1e9).contains(&mean_usd),
        "--collateral-usd {collateral_usd} for {borrowers} borrowers is {mean_usd:.0} dollars each: between 100 and a \
         billion is sensible"
    );
    // The mean of a log-uniform size between 1 and `SIZES`.
    let smallest = mean_usd * SIZES.ln() / (SIZES - 1.0);
    let volatile: Vec<usize> = (0..assets.len())
        .filter(|at| !assets[*at].is_dollar())
        .collect();
    let dollar = (0..assets.len()).find(|at| assets[*at].is_dollar());
    let (false, Some(dollar)) = (volatile.is_empty(), dollar) else {
        anyhow::bail!(
            "a generated book needs a dollar and a volatile asset: give it prices of one"
        );
    };
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let drafts = (0..borrowers).map(|_| {
        let size = smallest * SIZES.powf(random.random::<f64>());
        let kind: f64 = random.random();
        let split = random.random_range(0.3..0.7);
        let one = volatile[random.random_range(0..volatile.len())];
        let other = volatile[random.random_range(0..volatile.len())];
        let near_limit = random.random::<f64>() < NEAR_LIMIT_SHARE;
        let usage = usage(near_limit, random.random());

        let (held, owed) = match kind {
            kind if kind < LONGS || one == other && kind < PAIRS => (vec![(one, size)], dollar),
            kind if kind < PAIRS => (
                vec![(one, size * split), (other, size * (1.0 - split))],
                dollar,
            ),
            _ => (vec![(dollar, size)], one),
        };
        let limit: f64 = held
            .iter()
            .map(|(asset, usd)| usd * f64::from(assets[*asset].config.ltv_bps) / 1e4)
            .sum();
        let atoms =
            |asset: usize, usd: f64| (asset as u8, atoms_of(&assets[asset], prices[asset], usd));
        Draft {
            deposits: held
                .into_iter()
                .map(|(asset, usd)| atoms(asset, usd))
                .collect(),
            borrows: vec![atoms(owed, limit * usage)],
        }
    });
    Ok(drafts.collect())
}

/// How much of the limit is used, for a `unit` between zero and one.
pub(super) fn usage(near_limit: bool, unit: f64) -> f64 {
    let (from, to) = if near_limit {
        NEAR_LIMIT_USAGES
    } else {
        USAGES
    };
    // The root: more borrowers near the upper end, as on real markets.
    from + (to - from) * if near_limit { unit } else { unit.sqrt() }
}

/// So many dollars of an asset in atoms, at least one.
pub(super) fn atoms_of(asset: &Asset, price: u64, usd: f64) -> u64 {
    let price = price as f64 / DOLLAR as f64;
    let atoms = usd / price * 10f64.powi(i32::from(asset.decimals));
    (atoms as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::USDC;

    fn market() -> (Vec<Asset>, Vec<u64>) {
        let prices = vec![200 * DOLLAR, 4_000 * DOLLAR, DOLLAR];
        let names = ["SOL", "ETH", USDC];
        let assets = names
            .iter()
            .enumerate()
            .map(|(at, name)| Asset::new(name, at, prices[at]))
            .collect();
        (assets, prices)
    }

    #[test]
    fn a_seed_gives_the_same_borrowers_with_about_the_collateral_that_was_asked_for() {
        let (assets, prices) = market();
        let params = BookParams {
            borrowers: 5_000,
            seed: 3,
            collateral_usd: 700_000_000,
        };
        let drafts = draw(&assets, &prices, &params).unwrap();
        assert_eq!(drafts, draw(&assets, &prices, &params).unwrap());
        let usd = |(asset, atoms): &(u8, u64)| {
            let asset = usize::from(*asset);
            *atoms as f64 * prices[asset] as f64
                / DOLLAR as f64
                / 10f64.powi(i32::from(assets[asset].decimals))
        };
        let all: f64 = drafts.iter().flat_map(|one| &one.deposits).map(usd).sum();
        assert!((0.9..1.1).contains(&(all / 7e8)), "{all}");
        for draft in &drafts {
            let held: f64 = draft.deposits.iter().map(usd).sum();
            let owed: f64 = draft.borrows.iter().map(usd).sum();
            assert!(owed < held * 0.8 && owed > 0.0);
        }
    }

    #[test]
    fn absurd_numbers_are_refused() {
        let (assets, prices) = market();
        let params = |borrowers, collateral_usd| BookParams {
            borrowers,
            seed: 1,
            collateral_usd,
        };
        for (borrowers, usd) in [(0, 1_000_000), (1_000_000, 1_000), (1, u64::MAX)] {
            assert!(draw(&assets, &prices, &params(borrowers, usd)).is_err());
        }
        assert!(draw(&assets[2..], &prices[2..], &params(10, 10_000)).is_err());
    }
}
