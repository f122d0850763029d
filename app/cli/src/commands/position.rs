//! `levee position`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee::state::Obligation;
use levee_client::tokens::{
    associated_account, balance, create_associated_account, unwrap_sol, wrap_sol, WRAPPED_SOL,
};
use levee_client::{instructions as ix, pda, ReserveKeys};
use levee_migrations::file::Tokens;
use serde_json::json;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{address, position_report};
use crate::amounts::tokens;
use crate::context::Context;
use crate::market_view::{reserves_with, MarketView};

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deposit,
    Withdraw,
    Borrow,
    Repay,
}

impl Kind {
    fn done(self) -> &'static str {
        match self {
            Self::Deposit => "deposited",
            Self::Withdraw => "withdrew",
            Self::Borrow => "borrowed",
            Self::Repay => "repaid",
        }
    }

    /// Whether tokens go from the user to the market.
    fn pays(self) -> bool {
        matches!(self, Self::Deposit | Self::Repay)
    }

    /// Whether it is about debt.
    fn owes(self) -> bool {
        matches!(self, Self::Borrow | Self::Repay)
    }
}

/// A user's account of a token.
struct Wallet {
    owner: Pubkey,
    keys: ReserveKeys,
    account: Pubkey,
    /// What is in it; `None` where it does not exist.
    atoms: Option<u64>,
}

impl Wallet {
    async fn read(context: &Context, owner: Pubkey, keys: ReserveKeys) -> Result<Self> {
        let account = associated_account(&owner, &keys.mint, &keys.token_program);
        let read = context.connection.account(&account).await?;
        Ok(Self {
            owner,
            keys,
            account,
            atoms: read.and_then(|account| balance(&account.data)),
        })
    }

    fn is_sol(&self) -> bool {
        self.keys.mint == WRAPPED_SOL
    }

    fn create(&self) -> Option<Instruction> {
        let create = || {
            let keys = &self.keys;
            create_associated_account(&self.owner, &self.owner, &keys.mint, &keys.token_program)
        };
        self.atoms.is_none().then(create)
    }

    /// What makes `atoms` of it ready to be paid: SOL is wrapped as far as needed.
    fn fill(&self, atoms: u64) -> Result<Vec<Instruction>> {
        let missing = atoms.saturating_sub(self.atoms.unwrap_or(0));
        if !self.is_sol() || missing == 0 {
            return Ok(Vec::new());
        }
        Ok(self
            .create()
            .into_iter()
            .chain(wrap_sol(&self.owner, missing)?)
            .collect())
    }
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

/// What is to be done with which accounts.
struct Act<'a> {
    kind: Kind,
    keys: &'a ReserveKeys,
    obligation: (&'a Pubkey, &'a Obligation),
    wallet: &'a Wallet,
    atoms: u64,
}

impl Act<'_> {
    async fn instructions(&self, context: &Context, view: &MarketView) -> Result<Vec<Instruction>> {
        let (key, obligation) = self.obligation;
        let (owner, account) = (self.wallet.owner, self.wallet.account);
        let mut list = reserves_with(obligation, &self.keys.reserve, self.kind.owes());
        let mut instructions = Vec::new();
        match self.kind {
            Kind::Deposit | Kind::Repay => {
                let owed = match (self.kind, self.atoms) {
                    (Kind::Repay, u64::MAX) => self.owed(context, view).await?,
                    (_, atoms) => atoms,
                };
                instructions.extend(self.wallet.fill(owed)?);
            }
            Kind::Withdraw | Kind::Borrow => {
                if self.kind == Kind::Withdraw && self.atoms == u64::MAX {
                    // The position is closed, and the program looks at what remains.
                    let deposits = obligation.deposits().len();
                    let closed = |(at, reserve): &(usize, &Pubkey)| {
                        *at < deposits && **reserve == self.keys.reserve
                    };
                    if let Some((at, _)) = list.iter().enumerate().find(closed) {
                        list.remove(at);
                    }
                }
                if self.kind == Kind::Borrow || obligation.borrow_count > 0 {
                    instructions.extend(view.refresh(context, &list).await?);
                }
                instructions.extend(self.wallet.create());
            }
        }
        let act = match self.kind {
            Kind::Deposit => ix::deposit(owner, *key, self.keys, account, self.atoms),
            Kind::Repay => ix::repay(owner, *key, self.keys, account, self.atoms),
            Kind::Withdraw => ix::withdraw(owner, *key, self.keys, account, &list, self.atoms),
            Kind::Borrow => ix::borrow(owner, *key, self.keys, account, &list, self.atoms),
        };
        instructions.push(act);
        // Wrapped SOL that was not there before is SOL to its owner.
        if self.wallet.is_sol()
            && (!self.kind.pays() || self.wallet.atoms.is_none())
            && self.wallet.atoms.unwrap_or(0) == 0
        {
            instructions.push(unwrap_sol(&owner)?);
        }
        Ok(instructions)
    }

    /// What repaying all takes within the next minute, rounded up.
    async fn owed(&self, context: &Context, view: &MarketView) -> Result<u64> {
        const MARGIN_SECONDS: i64 = 60;
        let now = context.connection.now().await?;
        let mut reserve = *view.at(&self.keys.reserve)?;
        reserve.accrue(now.clock.unix_timestamp.saturating_add(MARGIN_SECONDS))?;
        let debt = self.obligation.1.debt_in(&self.keys.reserve);
        let atoms = debt.atoms_up(reserve.borrow_index());
        Ok(atoms
            .map_err(|error| anyhow!("the debt cannot be computed: {error}"))?
            .0)
    }
}
