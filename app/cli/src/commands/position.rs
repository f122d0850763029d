//! `levee position`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee::state::Obligation;
use levee_client::instructions::reserve_list;
use levee_client::{instructions as ix, pda};
use levee_migrations::file::Tokens;
use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::movement::{Act, Kind, Wallet};
use super::position_report;
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
    /// Put an obligation into an elevation group of the market, or take it out of any
    Group(Group),
    /// Close an obligation that holds and owes nothing, and get its rent back
    Close(Which),
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

/// Changes the elevation group.
#[derive(Args)]
pub struct Group {
    /// The group's number as `levee market show` lists it; 0 for none
    number: u8,
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
            Self::Group(group) => group.run(context).await,
            Self::Close(which) => close(context, &which).await,
            Self::Address(which) => {
                let owner = context.settings.signer()?.pubkey();
                let address = pda::obligation(&context.market_key()?, &owner, which.id);
                levee_client::output::print(address)?;
                Ok(())
            }
            Self::Show(show) => {
                let view = MarketView::load(context).await?;
                let (key, obligation) = match &show.obligation {
                    Some(text) => view.obligation(context, text).await?,
                    None => {
                        let owner = context.settings.signer()?.pubkey();
                        own(context, &view.key, &owner, &show.which).await?
                    }
                };
                position_report::show(context, &view, &key, &obligation).await
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

async fn close(context: &Context, which: &Which) -> Result<()> {
    context.connection.check_program().await?;
    let market = context.market_key()?;
    let signer = context.signer().await?;
    let owner = signer.pubkey();
    let (key, _) = own(context, &market, &owner, which).await?;
    let close = ix::close_obligation(owner, key);
    let details = json!({ "obligation": key.to_string() });
    let what = format!("closed obligation {}", which.id);
    context.send(&what, &signer, &[], &[close], details).await?;
    Ok(())
}

/// An obligation of `owner`'s.
async fn own(
    context: &Context,
    market: &Pubkey,
    owner: &Pubkey,
    which: &Which,
) -> Result<(Pubkey, Obligation)> {
    let key = pda::obligation(market, owner, which.id);
    let obligation = context.connection.obligation(&key).await;
    let obligation = obligation.with_context(|| {
        format!(
            "obligation {} cannot be had: open it with `levee position open`",
            which.id
        )
    })?;
    Ok((key, obligation))
}

impl Group {
    async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let (key, obligation) = own(context, &view.key, &owner, &self.which).await?;
        if obligation.elevation_group == self.number {
            bail!(
                "nothing would change: the obligation is in group {}",
                self.number
            );
        }
        let reserves = reserve_list(&obligation);
        // Without debt the program asks for no price.
        let refresh = match obligation.borrow_count {
            0 => None,
            _ => view.refresh(context, &reserves).await?,
        };
        let set = ix::set_elevation_group(owner, view.key, key, &reserves, self.number);
        let instructions: Vec<_> = refresh.into_iter().chain([set]).collect();
        let what = match self.number {
            0 => format!("obligation {} is in no elevation group", self.which.id),
            number => format!(
                "obligation {} is in elevation group {number}",
                self.which.id
            ),
        };
        let details = json!({ "obligation": key.to_string() });
        context
            .send(&what, &signer, &[], &instructions, details)
            .await?;
        Ok(())
    }
}

impl Move {
    async fn run(self, context: &Context, kind: Kind) -> Result<()> {
        let view = MarketView::load(context).await?;
        let (keys, reserve) = view.reserve(&self.token)?;
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let (obligation_key, obligation) = own(context, &view.key, &owner, &self.which).await?;
        let wallet = Wallet::read(context, owner, keys).await?;
        let atoms = match self.amount.as_str() {
            ALL if kind == Kind::Borrow => bail!("say how much to borrow"),
            ALL if kind == Kind::Deposit => match wallet.spendable() {
                0 => bail!(
                    "there is nothing to move: {owner} holds no {} beyond what fees take",
                    view.name(&keys.reserve)
                ),
                all => all,
            },
            ALL => u64::MAX,
            text => {
                let amount: Tokens = text.parse().map_err(|error: String| anyhow!(error))?;
                let atoms = amount.some_atoms(reserve.decimals);
                atoms.map_err(|error| anyhow!(error))?
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
