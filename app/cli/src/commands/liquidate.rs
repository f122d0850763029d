//! `levee liquidate`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::Args;
use levee::error::LeveeError;
use levee::state::Obligation;
use levee_client::instructions::{
    liquidate, mark_unhealthy, other_reserves, reserve_list, Limits, LiquidatorKeys, PairKeys,
};
use levee_client::offer::{must_wait, offer, Offer};
use levee_migrations::file::Tokens;
use levee_risk::units::Atoms;
use serde_json::json;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::movement::Wallet;
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
        let (key, obligation) = view.obligation(context, &self.obligation).await?;
        if obligation.is_bare_debt() {
            bail!("{key} has no collateral to seize: `levee settle {key}` writes off what it owes");
        }
        let signer = context.signer().await?;
        let live = view.live(context).await?;
        let wallets = self
            .wallets(context, &view, &obligation, &signer.pubkey())
            .await?;
        let limit = |reserve: &Pubkey| {
            let found = wallets.iter().find(|(w, _)| w.keys.reserve == *reserve);
            Atoms(found.map_or(0, |(_, atoms)| *atoms))
        };
        let offered = offer(&live.situation(), &key, &obligation, limit, false)
            .map_err(|error| anyhow!("{key} cannot be valued: {error}"))?;
        match offered {
            Ok(offer) => {
                let found = wallets.iter().find(|(w, _)| w.keys.reserve == offer.repay);
                let (source, _) = found.context("the debt has no wallet")?;
                execute(context, &live, &signer, (&key, &obligation), &offer, source).await
            }
            Err(refusal) if must_wait(refusal) => {
                mark(context, &view, &signer, (&key, &obligation), refusal).await
            }
            Err(LeveeError::EmptyPair) => bail!(
                "{key} has no pair of debt and collateral that could be liquidated: see `levee position show {key}`"
            ),
            Err(refusal) => bail!("{key} cannot be liquidated: {refusal}"),
        }
    }

    /// The wallet of each debt's token, and the most that it repays in atoms.
    async fn wallets(
        &self,
        context: &Context,
        view: &MarketView,
        obligation: &Obligation,
        liquidator: &Pubkey,
    ) -> Result<Vec<(Wallet, u64)>> {
        let mut wallets = Vec::new();
        for position in obligation.borrows() {
            let reserve = view.at(&position.reserve)?;
            let wallet = Wallet::read(context, *liquidator, keys_of(view.key, reserve)).await?;
            let most = match &self.max_repay {
                Some(most) => most
                    .atoms(reserve.decimals)
                    .map_err(|error| anyhow!(error))?,
                None => u64::MAX,
            };
            if most == 0 {
                bail!("--max-repay is zero: say how much to repay at most, or leave it out");
            }
            let atoms = wallet.spendable().min(most);
            wallets.push((wallet, atoms));
        }
        if wallets.iter().all(|(_, atoms)| *atoms == 0) && !wallets.is_empty() {
            let names = wallets.iter().map(|(w, _)| view.name(&w.keys.reserve));
            bail!(
                "{liquidator} has nothing to repay with: it needs {}",
                names.collect::<Vec<_>>().join(" or ")
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
    source: &Wallet,
) -> Result<()> {
    let view = live.view;
    let done = &offer.quote.done;
    let (repay, seize) = (view.at(&offer.repay)?, view.at(&offer.seize)?);
    let pair = PairKeys {
        repay: keys_of(view.key, repay),
        seize: keys_of(view.key, seize),
    };
    let liquidator = signer.pubkey();
    let destination = Wallet::read(context, liquidator, pair.seize).await?;
    let keys = LiquidatorKeys {
        liquidator,
        source: source.account,
        destination: destination.account,
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
    let mut instructions: Vec<_> = refresh.into_iter().chain(destination.create()).collect();
    let filled = source.fill(paid.0);
    // Where nothing is paid, the program looks at the account all the same.
    instructions.extend(source.create().filter(|_| filled.is_empty()));
    instructions.extend(filled);
    instructions.push(liquidate(&keys, &pair, *key, &others, None, limits));
    instructions.extend(destination.unwrap_received());
    instructions.extend(
        source
            .unwrap_rest()
            .filter(|_| source.account != destination.account),
    );
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
