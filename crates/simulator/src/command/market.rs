//! The market of a path, with its book.

use std::collections::BTreeSet;

use anyhow::{ensure, Context, Result};

use super::SimulateArguments;
use crate::book::{
    draw, open, read_drafts, stake, BookParams, Draft, Opening, StakeParams, MOST_ASSETS,
};
use crate::decimal::Decimal;
use crate::market::{add_stakes, listed, Asset, USDC};
use crate::prices::PricePath;

const WHOLE_BPS: u64 = 10_000;

/// Reads `20%`, or `20`, as hundredths of a percent.
pub(super) fn parse_share_bps(text: &str) -> Result<u32, String> {
    let number = Decimal::parse(text.strip_suffix('%').unwrap_or(text)).ok();
    let bps = number.and_then(|number| number.units_down(2));
    let bps = bps.filter(|bps| *bps <= WHOLE_BPS);
    bps.map(|bps| bps as u32)
        .ok_or_else(|| "write a part between 0% and 100%".into())
}

impl SimulateArguments {
    /// The market of a path, with its book.
    pub(super) fn open(&self, path: &PricePath) -> Result<Opening> {
        // One more is the dollar.
        ensure!(
            path.assets.len() < MOST_ASSETS,
            "{} assets: a market has at most {MOST_ASSETS} with the dollar",
            path.assets.len()
        );
        let (mut assets, mut prices) = listed(path);
        self.set_volumes(&mut assets)?;
        let Some(file) = &self.book else {
            let drafts = self.draw(&mut assets, &mut prices, path)?;
            return open(&assets, &prices, &drafts, path.start_ts);
        };
        // A file may name the staking tokens of the path's assets.
        let own = assets.len();
        add_stakes(&mut assets, &mut prices)?;
        let drafts = read_drafts(file, &assets)?;
        let used = drafts.iter().filter_map(most_used).max().unwrap_or(0);
        assets.truncate(own.max(used + 1));
        prices.truncate(assets.len());
        open(&assets, &prices, &drafts, path.start_ts).with_context(|| file.display().to_string())
    }

    fn draw(
        &self,
        assets: &mut Vec<Asset>,
        prices: &mut Vec<u64>,
        path: &PricePath,
    ) -> Result<Vec<Draft>> {
        let params = BookParams {
            borrowers: self.borrowers,
            seed: self.seed,
            collateral_usd: self.collateral_usd,
        };
        let mut drafts = draw(assets, prices, &params)?;
        if self.lst_share == 0 {
            return Ok(drafts);
        }
        let own = assets.len();
        add_stakes(assets, prices)?;
        if assets.len() == own {
            eprintln!(
                "note: {}: nobody holds liquid-staking tokens, for it has no prices of SOL or ETH",
                path.name
            );
            return Ok(drafts);
        }
        let params = StakeParams {
            share_bps: self.lst_share,
            seed: self.seed,
        };
        stake(&mut drafts, assets, prices, &params)?;
        Ok(drafts)
    }

    fn set_volumes(&self, assets: &mut [Asset]) -> Result<()> {
        for (name, usd) in self.volumes()? {
            for asset in assets
                .iter_mut()
                .filter(|one| one.name.eq_ignore_ascii_case(name))
            {
                asset.daily_volume_usd = usd;
            }
        }
        Ok(())
    }

    /// Refuses volumes of assets that none of `paths` has.
    pub(super) fn check_volumes(&self, paths: &[PricePath]) -> Result<()> {
        let known = paths.iter().flat_map(|path| &path.assets);
        let known: BTreeSet<&str> = known.map(String::as_str).chain([USDC]).collect();
        for (name, _) in self.volumes()? {
            ensure!(
                known.iter().any(|one| one.eq_ignore_ascii_case(name)),
                "--daily-volume-usd {name}: no path has it: choose one of {}",
                known.iter().copied().collect::<Vec<_>>().join(", ")
            );
        }
        Ok(())
    }

    /// What is traded in a day, by the names that people gave.
    fn volumes(&self) -> Result<Vec<(&str, u64)>> {
        let volumes = self.daily_volume_usd.iter().map(|text| {
            let parsed = text
                .split_once('=')
                .and_then(|(name, usd)| Some((name, usd.parse().ok()?)))
                .filter(|(_, usd)| (1_000..=1_000_000_000_000).contains(usd));
            parsed.with_context(|| {
                format!("--daily-volume-usd {text}: write ASSET=DOLLARS, between 1000 and a million million")
            })
        });
        volumes.collect()
    }
}

/// The last asset that a draft uses.
fn most_used(draft: &Draft) -> Option<usize> {
    let positions = draft.deposits.iter().chain(&draft.borrows);
    positions.map(|(asset, _)| usize::from(*asset)).max()
}
