//! Borrowers who hold liquid-staking tokens: against the base itself, in its elevation group, or against a dollar.

use anyhow::{bail, Result};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::generated::{atoms_of, usage, NEAR_LIMIT_SHARE};
use super::groups::PAIR_LTV_BPS;
use super::Draft;
use crate::market::Asset;
use crate::prices::DOLLAR;

/// The part of them that owes the base; the rest owes dollars.
const PAIRS: f64 = 0.5;
/// Apart from the draws of [`draw`](super::draw), so that everybody else stays who they are.
const STREAM: u64 = 1;

/// Who holds liquid-staking tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakeParams {
    /// Their part of all borrowers, in hundredths of a percent.
    pub share_bps: u32,
    /// Draws others.
    pub seed: u64,
}

/// Turns a part of `drafts` into borrowers with as much collateral in liquid-staking tokens, those of `assets` that are claims on
/// others; the rest of the book stays as it is.
///
/// # Errors
/// Where there is no such token, or no dollar to borrow.
pub fn stake(
    drafts: &mut [Draft],
    assets: &[Asset],
    prices: &[u64],
    params: &StakeParams,
) -> Result<()> {
    let staked = |at: &usize| assets[*at].stake.is_some();
    let stakes: Vec<usize> = (0..assets.len()).filter(staked).collect();
    let dollar = (0..assets.len()).find(|at| assets[*at].is_dollar());
    let (false, Some(dollar)) = (stakes.is_empty(), dollar) else {
        bail!("none of the assets has a liquid-staking token here: SOL and ETH have");
    };
    let mut random = ChaCha12Rng::seed_from_u64(params.seed);
    random.set_stream(STREAM);
    let share = f64::from(params.share_bps) / 1e4;
    for draft in drafts {
        let chosen = random.random::<f64>() < share;
        let held = stakes[random.random_range(0..stakes.len())];
        let is_pair = random.random::<f64>() < PAIRS;
        let near_limit = random.random::<f64>() < NEAR_LIMIT_SHARE;
        let usage = usage(near_limit, random.random());
        if !chosen {
            continue;
        }
        let usd = collateral_usd(draft, assets, prices);
        let (owed, ltv_bps) = match assets[held].stake {
            Some(stake) if is_pair => (stake.base, PAIR_LTV_BPS),
            _ => (dollar, assets[held].config.ltv_bps),
        };
        let atoms = |at: usize, usd: f64| (at as u8, atoms_of(&assets[at], prices[at], usd));
        *draft = Draft {
            deposits: vec![atoms(held, usd)],
            borrows: vec![atoms(owed, usd * usage * f64::from(ltv_bps) / 1e4)],
        };
    }
    Ok(())
}

fn collateral_usd(draft: &Draft, assets: &[Asset], prices: &[u64]) -> f64 {
    let value = |(at, atoms): &(u8, u64)| {
        let at = usize::from(*at);
        let tokens = *atoms as f64 / 10f64.powi(i32::from(assets[at].decimals));
        tokens * prices[at] as f64 / DOLLAR as f64
    };
    draft.deposits.iter().map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{draw, open, BookParams};
    use crate::market::{add_stakes, USDC};

    fn market(names: &[&str]) -> (Vec<Asset>, Vec<u64>) {
        let price = |name: &&str| match *name {
            "SOL" => 200 * DOLLAR,
            "ETH" => 4_000 * DOLLAR,
            "BTC" => 110_000 * DOLLAR,
            _ => DOLLAR,
        };
        let mut prices: Vec<u64> = names.iter().map(price).collect();
        let mut assets: Vec<Asset> = names
            .iter()
            .enumerate()
            .map(|(at, name)| Asset::new(name, at, prices[at]))
            .collect();
        add_stakes(&mut assets, &mut prices).unwrap();
        (assets, prices)
    }

    fn book(share_bps: u32) -> (Vec<Asset>, Vec<u64>, Vec<Draft>) {
        let (assets, prices) = market(&["SOL", "ETH", USDC]);
        let params = BookParams {
            borrowers: 4_000,
            seed: 5,
            collateral_usd: 400_000_000,
        };
        let mut drafts = draw(&assets[..3], &prices[..3], &params).unwrap();
        let params = StakeParams { share_bps, seed: 5 };
        stake(&mut drafts, &assets, &prices, &params).unwrap();
        (assets, prices, drafts)
    }

    #[test]
    fn the_share_that_was_asked_for_holds_staking_tokens_and_nobody_else_changes() {
        let (assets, prices, before) = book(0);
        let (.., after) = book(2_000);
        let is_staked = |draft: &&Draft| assets[usize::from(draft.deposits[0].0)].stake.is_some();
        assert_eq!(before.iter().filter(is_staked).count(), 0);
        let count = after.iter().filter(is_staked).count();
        assert!((700..900).contains(&count), "{count}");
        for (before, after) in before.iter().zip(&after) {
            if !is_staked(&after) {
                assert_eq!(before, after);
                continue;
            }
            let usd = |draft| collateral_usd(draft, &assets, &prices);
            assert!((usd(after) / usd(before) - 1.0).abs() < 1e-6);
        }
        assert_eq!(after, book(2_000).2);
    }

    #[test]
    fn pairs_are_in_the_group_of_their_base_and_weigh_more_there() {
        let (assets, prices, drafts) = book(10_000);
        let opening = open(&assets, &prices, &drafts, 1_760_000_000).unwrap();
        let lenders = opening.book.len() - drafts.len();
        let mut pairs = 0;
        for (at, draft) in drafts.iter().enumerate() {
            let keys: Vec<_> = opening.reserves.iter().map(|(key, _)| *key).collect();
            let obligation = opening.book.obligation((lenders + at) as u32, &keys);
            let held = assets[usize::from(draft.deposits[0].0)].stake.unwrap();
            let is_pair = held.base == usize::from(draft.borrows[0].0);
            assert_eq!(obligation.elevation_group > 0, is_pair);
            if is_pair {
                pairs += 1;
                let group = opening.market.group(obligation.elevation_group).unwrap();
                assert_eq!(group.unwrap().config.debt_reserve, keys[held.base]);
            }
        }
        assert!((1_800..2_200).contains(&pairs), "{pairs}");
    }

    #[test]
    fn a_market_without_a_staking_token_is_refused() {
        let (assets, prices) = market(&["BTC", USDC]);
        let params = StakeParams {
            share_bps: 100,
            seed: 1,
        };
        let error = stake(&mut [], &assets, &prices, &params).unwrap_err();
        assert!(error.to_string().contains("SOL and ETH have"), "{error}");
    }
}
