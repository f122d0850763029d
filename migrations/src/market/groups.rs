//! Elevation groups of a market's file.

use anyhow::{anyhow, Context, Result};
use levee::state::{ElevationGroupConfig, LendingMarket};
use levee_client::defaults::elevation_group_config;
use levee_client::instructions as ix;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::plan::{check_risk_admin, waiting, Step};
use super::tokens::{said, Token};
use super::{differences, Bootstrap};
use crate::file::{GroupEntry, Percent};

impl Bootstrap<'_> {
    pub(super) fn group_step(
        &self,
        entry: &GroupEntry,
        (key, market): (&Pubkey, Option<&LendingMarket>),
        tokens: &[Token],
        now_ts: i64,
        notes: &mut Vec<String>,
    ) -> Result<Option<Step>> {
        let wallet = self.wallet.pubkey();
        let config = group_config(entry, tokens)?;
        let number = entry.number;
        let current = market.and_then(|market| market.group(number).ok().flatten());
        let (verb, details) = match current {
            None => ("create", Vec::new()),
            Some(current) => ("update", differences::group(&current.config, &config)),
        };
        if current.is_some() && details.is_empty() {
            return Ok(None);
        }
        let announced = market.filter(|market| {
            market.pending_group_number == number
                && market.pending_group == config
                && now_ts < market.pending_group_ts
        });
        if let Some(market) = announced {
            let what = format!("elevation group {number}");
            notes.push(waiting(&what, market.pending_group_ts));
            return Ok(None);
        }
        check_risk_admin(market, &wallet)?;
        Ok(Some(Step {
            what: format!("{verb} elevation group {number}"),
            details,
            lamports: 0,
            instructions: vec![ix::update_elevation_group(wallet, *key, number, config)],
        }))
    }
}

/// What a group is to be: the design's terms for a pair that moves together, where the file says nothing else.
fn group_config(entry: &GroupEntry, tokens: &[Token]) -> Result<ElevationGroupConfig> {
    let debt = tokens.iter().find(|token| token.entry.name == entry.debt);
    let debt = debt.with_context(|| format!("no reserve is named {}", entry.debt))?;
    let bps = |percent: Percent| percent.bps().map_err(|error| anyhow!(error));
    let (ltv_bps, threshold_bps) = (bps(entry.ltv)?, bps(entry.threshold)?);
    let mut config = elevation_group_config(debt.keys.reserve, ltv_bps, threshold_bps);
    let applied = entry.auction.apply(&mut config.auction);
    applied.map_err(|error| anyhow!(error))?;
    config.validate().map_err(|error| anyhow!(said(&error)))?;
    Ok(config)
}
