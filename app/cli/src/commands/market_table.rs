//! `levee market table`: the lookup table that lets batches of liquidations fit a transaction.

use anyhow::{bail, Context as _, Result};
use clap::Args;
use levee_client::instructions::PriceKeys;
use levee_client::lookup_table::{create, decode, extend, market_addresses, MAX_ADDRESSES};
use levee_client::rpc::Order;
use serde::Serialize;
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::address;
use crate::context::Context;
use crate::market_view::{keys_of, MarketView};
use crate::output::{list, print, Report};

/// Makes or completes a lookup table.
#[derive(Args)]
pub struct Table {
    /// A table of yours, to which missing addresses are added; a new one by default
    table: Option<String>,
}

/// A table that needs nothing.
#[derive(Serialize)]
struct Complete {
    table: String,
    addresses: usize,
    added: usize,
}

impl Report for Complete {
    fn text(&self) -> String {
        list(&[
            ("nothing to do", "the table is complete".into()),
            ("table", self.table.clone()),
            ("addresses", self.addresses.to_string()),
        ])
    }
}

impl Table {
    /// # Errors
    /// A table that is none or too full, a reserve without a price, an empty wallet; the cluster's.
    pub async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let wanted = addresses(context, &view).await?;
        let (first, table, held) = match &self.table {
            Some(text) => {
                let table = address(text)?;
                (None, table, held(context, &table).await?)
            }
            None => {
                let (first, table) = create(owner, owner, rooted_slot(context).await?);
                (Some(first), table, Vec::new())
            }
        };
        let is_missing = |key: &Pubkey| !held.contains(key);
        let missing: Vec<Pubkey> = wanted.into_iter().filter(is_missing).collect();
        let total = held.len() + missing.len();
        if total > MAX_ADDRESSES {
            bail!("{table} would have {total} addresses, and {MAX_ADDRESSES} fit: make a new one");
        }
        let (key, added) = (table.to_string(), missing.len());
        let mut steps: Vec<Vec<Instruction>> = extend(table, owner, owner, &missing)
            .into_iter()
            .map(|extend| vec![extend])
            .collect();
        if let (Some(first), Some(step)) = (first, steps.first_mut()) {
            step.insert(0, first);
        }
        if steps.is_empty() {
            let complete = Complete {
                table: key,
                addresses: total,
                added,
            };
            return print(&complete, context.shared.json);
        }
        let details = json!({ "table": key, "addresses": total, "added": added });
        send_all(context, &signer, &steps, details).await
    }
}

/// Sends one after the other, and tells of the last one; a dry run looks at the first, on which the others depend.
async fn send_all(
    context: &Context,
    signer: &Keypair,
    steps: &[Vec<Instruction>],
    details: serde_json::Value,
) -> Result<()> {
    let (last, before) = match context.shared.dry_run {
        true => (steps.first(), &[][..]),
        false => match steps.split_last() {
            Some((last, before)) => (Some(last), before),
            None => (None, &[][..]),
        },
    };
    for instructions in before {
        let order = Order {
            payer: signer,
            others: &[],
            instructions,
            tables: &[],
            micro_lamports_per_unit: context.shared.with_compute_unit_price,
        };
        context.connection.send(&order).await?;
    }
    let last = last.context("there is nothing to send")?;
    let what = "put the market's addresses into a lookup table";
    context.send(what, signer, &[], last, details).await?;
    Ok(())
}

/// What the market's liquidations name.
async fn addresses(context: &Context, view: &MarketView) -> Result<Vec<Pubkey>> {
    let prices = context.connection.price_keys_of(&view.reserves).await?;
    let prices: Vec<PriceKeys> = prices.into_iter().collect::<Result<_>>()?;
    let keys = view.reserves.iter().zip(prices);
    let keys: Vec<_> = keys
        .map(|((_, reserve), prices)| (keys_of(view.key, reserve), prices))
        .collect();
    Ok(market_addresses(view.key, &keys))
}

/// What the table has already.
async fn held(context: &Context, table: &Pubkey) -> Result<Vec<Pubkey>> {
    let account = context.connection.account(table).await?;
    let account = account.with_context(|| {
        let cluster = context.connection.cluster.name();
        format!("there is no lookup table {table} on {cluster}")
    })?;
    let decoded = decode(*table, &account.data);
    Ok(decoded
        .with_context(|| format!("{table} is no lookup table"))?
        .addresses)
}

/// A table's address comes from a slot that the cluster still knows and never loses again.
async fn rooted_slot(context: &Context) -> Result<u64> {
    let client = &context.connection.client;
    let slot = client
        .get_slot_with_commitment(CommitmentConfig::finalized())
        .await;
    slot.context("the cluster does not tell its slot")
}
