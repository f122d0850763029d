//! Elevation groups of a generated market: claims on an asset against the asset itself.

use anyhow::{Context, Result};
use levee::state::{LendingMarket, Reserve};
use levee_client::defaults::elevation_group_config;

use super::opening::{key, Draft};
use crate::market::Asset;

/// The design's terms for a liquid-staking token against its base.
pub(super) const PAIR_LTV_BPS: u32 = 9_000;
const PAIR_THRESHOLD_BPS: u32 = 9_300;

/// An elevation group for every asset that others are claims on. Returns these assets in the order of the groups' numbers.
pub(super) fn found_groups(
    market: &mut LendingMarket,
    reserves: &mut [Reserve],
    assets: &[Asset],
) -> Result<Vec<usize>> {
    let mut bases: Vec<usize> = Vec::new();
    for (at, asset) in assets.iter().enumerate() {
        let Some(stake) = asset.stake else { continue };
        let known = bases.iter().position(|base| *base == stake.base);
        let index = known.unwrap_or_else(|| {
            bases.push(stake.base);
            bases.len() - 1
        });
        let group = market.groups.get_mut(index);
        let group = group.context("too many assets have claims on them")?;
        group.config = elevation_group_config(key(stake.base), PAIR_LTV_BPS, PAIR_THRESHOLD_BPS);
        reserves[at].config.elevation_groups |= 1 << index;
    }
    Ok(bases)
}

/// The number of the group that `draft` belongs in; zero for none.
pub(super) fn group_of(draft: &Draft, assets: &[Asset], groups: &[usize]) -> u8 {
    let [(owed, _)] = draft.borrows.as_slice() else {
        return 0;
    };
    let owed = usize::from(*owed);
    let is_claim = |(held, _): &(u8, u64)| {
        let stake = assets[usize::from(*held)].stake;
        stake.is_some_and(|stake| stake.base == owed)
    };
    let fits = !draft.deposits.is_empty() && draft.deposits.iter().all(is_claim);
    let index = groups.iter().position(|base| *base == owed);
    index.filter(|_| fits).map_or(0, |index| index as u8 + 1)
}
