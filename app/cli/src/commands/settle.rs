//! `levee settle`.

use anyhow::{anyhow, bail, Result};
use clap::Args;
use levee_client::instructions::settle_bad_debt;
use serde_json::json;

use crate::amounts::tokens;
use crate::context::Context;
use crate::market_view::MarketView;

/// Writes off what an obligation without collateral still owes: the insurance pays first, then all suppliers alike.
#[derive(Args)]
pub struct Settle {
    /// The obligation
    obligation: String,
}

impl Settle {
    /// # Errors
    /// An obligation that has collateral or owes nothing, and what the program refuses.
    pub async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let (key, obligation) = view.obligation(context, &self.obligation).await?;
        if obligation.borrow_count == 0 {
            bail!("{key} owes nothing: there is nothing to settle");
        }
        if !obligation.is_bare_debt() {
            bail!(
                "{key} has collateral: `levee liquidate {key}` takes it, and settles what remains owed"
            );
        }
        let signer = context.signer().await?;
        let now = context.connection.now().await?;
        let mut instructions = Vec::new();
        let (mut lost, mut insured) = (Vec::new(), Vec::new());
        for position in obligation.borrows() {
            let mut reserve = *view.at(&position.reserve)?;
            reserve.accrue(now.clock.unix_timestamp)?;
            let written = reserve.write_off(obligation.debt_in(&position.reserve));
            let (loss, paid) =
                written.map_err(|error| anyhow!("the loss cannot be computed: {error}"))?;
            let name = view.name(&position.reserve);
            lost.push(format!("{} {name}", tokens(loss.0, reserve.decimals)));
            insured.push(format!("{} {name}", tokens(paid.0, reserve.decimals)));
            instructions.push(settle_bad_debt(view.key, key, position.reserve));
        }
        let details = json!({
            "obligation": key.to_string(),
            "written_off": lost.join(", "),
            "paid_by_insurance": insured.join(", "),
        });
        context
            .send("settled", &signer, &[], &instructions, details)
            .await?;
        Ok(())
    }
}
