//! `levee liquidate`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::Args;
use levee::error::LeveeError;
use levee::state::Obligation;
use levee_client::instructions::{
    liquidate, mark_unhealthy, other_reserves, reserve_list, Limits, LiquidatorKeys, PairKeys,
};
use levee_client::offer::{must_wait, offer, Offer};
use levee_client::tokens::{associated_account, balance, create_associated_account};
use levee_migrations::file::Tokens;
use levee_risk::units::Atoms;
use serde_json::json;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::address;
use crate::amounts::{health, ppm, tokens};
use crate::context::Context;
use crate::market_view::{keys_of, Live, MarketView};

/// Liquidates an obligation as far as restores its health.
#[derive(Args)]
pub struct Liquidate {
    /// The obligation
    obligation: String,
    /// Repay at most this much of the debt's token; as much as you have by default
    #[arg(long, value_name = "TOKENS")]
    max_repay: Option<Tokens>,
}

impl Liquidate {
    /// # Errors
    /// A healthy obligation, an empty wallet, and what the program refuses. Where the obligation must wait, it is marked, so
    /// that the wait counts.
    pub async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let key = address(&self.obligation)?;
        let obligation = context.connection.obligation(&key).await?;
        if obligation.market != view.key {
            bail!(
                "{key} belongs to market {}: pass it with --market",
                obligation.market
            );
        }
        let signer = context.signer().await?;
        let live = view.live(context).await?;
        let wallets = self
            .wallets(context, &view, &obligation, &signer.pubkey())
            .await?;
        let limit = |reserve: &Pubkey| {
            let found = wallets.iter().find(|(key, _)| key == reserve);
            Atoms(found.map_or(0, |(_, atoms)| *atoms))
        };
        let offered = offer(&live.situation(), &key, &obligation, limit, false)
            .map_err(|error| anyhow!("{key} cannot be valued: {error}"))?;
        match offered {
            Ok(offer) => execute(context, &live, &signer, (&key, &obligation), &offer).await,
            Err(refusal) if must_wait(refusal) => {
                mark(context, &view, &signer, (&key, &obligation), refusal).await
            }
            Err(LeveeError::EmptyPair) => bail!(
                "{key} has no pair of debt and collateral that is liquidated: a debt without collateral is settled by `settle_bad_debt`"
            ),
            Err(refusal) => bail!("{key} cannot be liquidated: {refusal}"),
        }
    }

    /// How much of each debt's token there is to repay with.
    async fn wallets(
        &self,
        context: &Context,
        view: &MarketView,
        obligation: &Obligation,
        liquidator: &Pubkey,
    ) -> Result<Vec<(Pubkey, u64)>> {
        let mut wallets = Vec::new();
        for position in obligation.borrows() {
            let reserve = view.at(&position.reserve)?;
            let account = associated_account(liquidator, &reserve.mint, &reserve.token_program);
            let read = context.connection.account(&account).await?;
            let held = read.and_then(|account| balance(&account.data)).unwrap_or(0);
            let most = self
                .max_repay
                .as_ref()
                .map(|most| most.atoms(reserve.decimals));
            let most = most.transpose().map_err(|error| anyhow!(error))?;
            wallets.push((position.reserve, held.min(most.unwrap_or(u64::MAX))));
        }
        if wallets.iter().all(|(_, atoms)| *atoms == 0) && !wallets.is_empty() {
            let names: Vec<_> = wallets
                .iter()
                .map(|(reserve, _)| view.name(reserve))
                .collect();
            bail!(
                "{liquidator} has nothing to repay with: it needs {}",
                names.join(" or ")
            );
        }
        Ok(wallets)
    }
}

async fn execute(
    context: &Context,
    live: &Live<'_>,
    signer: &Keypair,
    (key, obligation): (&Pubkey, &Obligation),
    offer: &Offer,
) -> Result<()> {
    let view = live.view;
    let done = &offer.quote.done;
    let (repay, seize) = (view.at(&offer.repay)?, view.at(&offer.seize)?);
    let pair = PairKeys {
        repay: keys_of(view.key, repay),
        seize: keys_of(view.key, seize),
    };
    let liquidator = signer.pubkey();
    let account = |keys: &levee_client::ReserveKeys| {
        associated_account(&liquidator, &keys.mint, &keys.token_program)
    };
    let keys = LiquidatorKeys {
        liquidator,
        source: account(&pair.repay),
        destination: account(&pair.seize),
    };
    let plan = done.plan.as_ref();
    let paid = plan.map_or(Ok(Atoms(0)), |plan| plan.repay.checked_add(plan.insurance));
    let paid = paid.map_err(|error| anyhow!("the amounts cannot be added: {error}"))?;
    // The price may be another one by then: no more is paid than was quoted, and never is it worth more than what is
    // seized, which the program sees to.
    let limits = Limits {
        max_repay_atoms: paid.0,
        min_seized_atoms: 0,
    };
    let settles = done.bad_debt.0 > 0 || !offer.quote.facts.is_empty();
    let others = other_reserves(obligation, &pair, settles);
    let refresh = view.refresh(context, &reserve_list(obligation)).await?;
    let create = create_associated_account(
        &liquidator,
        &liquidator,
        &pair.seize.mint,
        &pair.seize.token_program,
    );
    let mut instructions: Vec<_> = refresh.into_iter().chain([create]).collect();
    instructions.push(liquidate(&keys, &pair, *key, &others, None, limits));
    let (repaid, insured, seized) = plan.map_or((0, 0, 0), |plan| {
        (plan.repay.0, plan.insurance.0, plan.seize.0)
    });
    let details = json!({
        "obligation": key.to_string(),
        "repaid": format!("{} {}", tokens(repaid, repay.decimals), view.name(&offer.repay)),
        "to_insurance": format!("{} {}", tokens(insured, repay.decimals), view.name(&offer.repay)),
        "seized": format!("{} {}", tokens(seized, seize.decimals), view.name(&offer.seize)),
        "bonus": ppm(plan.map_or(0, |plan| plan.bonus.0)),
        "health_before": health(&done.health_before),
        "health_after": health(&done.health_after),
        "bad_debt_atoms": done.bad_debt.0,
    });
    context
        .send("liquidated", signer, &[], &instructions, details)
        .await?;
    Ok(())
}

/// Proves that the obligation is unhealthy now, so that it waits no longer than it must.
async fn mark(
    context: &Context,
    view: &MarketView,
    signer: &Keypair,
    (key, obligation): (&Pubkey, &Obligation),
    refusal: LeveeError,
) -> Result<()> {
    let reserves = reserve_list(obligation);
    let refresh = view.refresh(context, &reserves).await?;
    let refresh = refresh.context("the obligation is empty")?;
    let mark = mark_unhealthy(view.key, &[(*key, reserves)]);
    let what = "marked as unhealthy: it must wait";
    let details = json!({ "obligation": key.to_string(), "why": refusal.to_string() });
    context
        .send(what, signer, &[], &[refresh, mark], details)
        .await?;
    Ok(())
}
