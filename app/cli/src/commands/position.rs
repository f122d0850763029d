//! `levee position`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee_client::{instructions as ix, pda};
use levee_migrations::file::Tokens;
use serde_json::json;
use solana_signer::Signer;

use super::movement::{Act, Kind, Wallet};
use super::{address, position_report};
use crate::amounts::tokens;
use crate::context::Context;
use crate::market_view::MarketView;

/// All of it.
const ALL: &str = "all";

/// What you hold and owe.
#[derive(Subcommand)]
pub enum Position {
    /// Open an obligation
    Open(Which),
    /// Deposit a token
    Deposit(Move),
    /// Withdraw a token, or all of it
    Withdraw(Move),
    /// Borrow a token
    Borrow(Move),
    /// Repay a token, or all of it
    Repay(Move),
    /// Print the address of one of your obligations, and nothing else
    Address(Which),
    /// Show an obligation: its health, its liquidation prices, what it may still borrow
    Show(Show),
}

/// One of your obligations.
#[derive(Args)]
pub struct Which {
    /// The number of the obligation
    #[arg(long, default_value_t = 0)]
    id: u64,
}

/// Moves a token.
#[derive(Args)]
pub struct Move {
    /// The token: its name or address
    token: String,
    /// How much, or `all`
    amount: String,
    #[command(flatten)]
    which: Which,
}

/// Shows an obligation.
#[derive(Args)]
pub struct Show {
    /// The obligation; your own by default
    obligation: Option<String>,
    #[command(flatten)]
    which: Which,
}

impl Position {
    /// # Errors
    /// What the program refuses.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Open(which) => open(context, &which).await,
            Self::Deposit(movement) => movement.run(context, Kind::Deposit).await,
            Self::Withdraw(movement) => movement.run(context, Kind::Withdraw).await,
            Self::Borrow(movement) => movement.run(context, Kind::Borrow).await,
            Self::Repay(movement) => movement.run(context, Kind::Repay).await,
            Self::Address(which) => {
                let owner = context.settings.signer()?.pubkey();
                println!(
                    "{}",
                    pda::obligation(&context.market_key()?, &owner, which.id)
                );
                Ok(())
            }
            Self::Show(show) => {
                let view = MarketView::load(context).await?;
                let key = match &show.obligation {
                    Some(text) => address(text)?,
                    None => {
                        let owner = context.settings.signer()?.pubkey();
                        pda::obligation(&view.key, &owner, show.which.id)
                    }
                };
                position_report::show(context, &view, &key).await
            }
        }
    }
}

async fn open(context: &Context, which: &Which) -> Result<()> {
    context.connection.check_program().await?;
    let market = context.market_key()?;
    context.connection.market(&market).await?;
    let signer = context.signer().await?;
    let owner = signer.pubkey();
    let open = ix::init_obligation(owner, market, which.id);
    let details = json!({ "obligation": pda::obligation(&market, &owner, which.id).to_string() });
    let what = format!("opened obligation {}", which.id);
    context.send(&what, &signer, &[], &[open], details).await?;
    Ok(())
}

impl Move {
    async fn run(self, context: &Context, kind: Kind) -> Result<()> {
        let view = MarketView::load(context).await?;
        let (keys, reserve) = view.reserve(&self.token)?;
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let obligation_key = pda::obligation(&view.key, &owner, self.which.id);
        let obligation = context.connection.obligation(&obligation_key).await;
        let obligation = obligation.with_context(|| {
            format!(
                "obligation {} cannot be had: open it with `levee position open`",
                self.which.id
            )
        })?;
        let wallet = Wallet::read(context, owner, keys).await?;
        let atoms = match self.amount.as_str() {
            ALL if kind == Kind::Borrow => bail!("say how much to borrow"),
            ALL if kind == Kind::Deposit => wallet.atoms.unwrap_or(0),
            ALL => u64::MAX,
            text => {
                let amount: Tokens = text.parse().map_err(|error: String| anyhow!(error))?;
                amount
                    .atoms(reserve.decimals)
                    .map_err(|error| anyhow!(error))?
            }
        };
        if atoms == 0 {
            bail!("there is nothing to move: the amount is zero");
        }
        let act = Act {
            kind,
            keys: &keys,
            obligation: (&obligation_key, &obligation),
            wallet: &wallet,
            atoms,
        };
        let instructions = act.instructions(context, &view).await?;
        let amount = match atoms {
            u64::MAX => ALL.to_owned(),
            atoms => tokens(atoms, reserve.decimals),
        };
        let what = format!("{} {amount} {}", kind.done(), view.name(&keys.reserve));
        let details = json!({ "obligation": obligation_key.to_string() });
        context
            .send(&what, &signer, &[], &instructions, details)
            .await?;
        Ok(())
    }
}
