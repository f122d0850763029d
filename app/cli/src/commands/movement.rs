//! Tokens that go between a wallet and an obligation: which instructions that takes.

use anyhow::{anyhow, Result};
use levee::state::Obligation;
use levee_client::tokens::{
    associated_account, balance, create_associated_account, unwrap_sol, wrap_sol, WRAPPED_SOL,
};
use levee_client::transaction::{Budget, MAX_COMPUTE_UNITS};
use levee_client::{instructions as ix, ReserveKeys};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::context::Context;
use crate::market_view::{reserves_with, MarketView};

/// What is done with a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Deposit,
    Withdraw,
    Borrow,
    Repay,
}

impl Kind {
    pub fn done(self) -> &'static str {
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

/// What a wallet keeps of its SOL where all is spent: it pays for this transaction, for the rent of an account of wrapped SOL, and
/// for some transactions more.
const KEPT_LAMPORTS: u64 = 10_000_000;

/// A user's account of a token.
pub(super) struct Wallet {
    pub owner: Pubkey,
    pub keys: ReserveKeys,
    pub account: Pubkey,
    /// What is in it; `None` where it does not exist.
    pub atoms: Option<u64>,
    /// SOL that can be wrapped, in lamports; zero for other tokens.
    wrappable: u64,
}

impl Wallet {
    pub async fn read(context: &Context, owner: Pubkey, keys: ReserveKeys) -> Result<Self> {
        let account = associated_account(&owner, &keys.mint, &keys.token_program);
        let read = context.connection.account(&account).await?;
        let wrappable = match keys.mint == WRAPPED_SOL {
            true => {
                let most = Budget {
                    compute_units: MAX_COMPUTE_UNITS,
                    micro_lamports_per_unit: context.shared.with_compute_unit_price,
                };
                let kept = KEPT_LAMPORTS.saturating_add(most.priority_fee_lamports_up());
                let held = context.connection.account(&owner).await?;
                held.map_or(0, |held| held.lamports).saturating_sub(kept)
            }
            false => 0,
        };
        Ok(Self {
            owner,
            keys,
            account,
            atoms: read.and_then(|account| balance(&account.data)),
            wrappable,
        })
    }

    fn is_sol(&self) -> bool {
        self.keys.mint == WRAPPED_SOL
    }

    /// Most that it can pay, in atoms: SOL is wrapped as far as needed.
    pub fn spendable(&self) -> u64 {
        self.atoms.unwrap_or(0).saturating_add(self.wrappable)
    }

    /// Makes the account where it does not exist.
    pub fn create(&self) -> Option<Instruction> {
        let create = || {
            let keys = &self.keys;
            create_associated_account(&self.owner, &self.owner, &keys.mint, &keys.token_program)
        };
        self.atoms.is_none().then(create)
    }

    /// What makes `atoms` of it ready to be paid: SOL is wrapped as far as needed.
    pub fn fill(&self, atoms: u64) -> Vec<Instruction> {
        let missing = atoms.saturating_sub(self.atoms.unwrap_or(0));
        if !self.is_sol() || missing == 0 {
            return Vec::new();
        }
        let wrap = wrap_sol(&self.owner, missing);
        self.create().into_iter().chain(wrap).collect()
    }

    /// Makes SOL of all wrapped SOL where there was no account of it before something was paid.
    pub fn unwrap_rest(&self) -> Option<Instruction> {
        (self.is_sol() && self.atoms.is_none()).then(|| unwrap_sol(&self.owner))
    }

    /// Makes SOL of all wrapped SOL where there was none before some was received.
    pub fn unwrap_received(&self) -> Option<Instruction> {
        (self.is_sol() && self.atoms.unwrap_or(0) == 0).then(|| unwrap_sol(&self.owner))
    }
}

/// What is to be done with which accounts.
pub(super) struct Act<'a> {
    pub kind: Kind,
    pub keys: &'a ReserveKeys,
    pub obligation: (&'a Pubkey, &'a Obligation),
    pub wallet: &'a Wallet,
    pub atoms: u64,
}

impl Act<'_> {
    pub async fn instructions(
        &self,
        context: &Context,
        view: &MarketView,
    ) -> Result<Vec<Instruction>> {
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
                instructions.extend(self.wallet.fill(owed));
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
        instructions.extend(match self.kind.pays() {
            true => self.wallet.unwrap_rest(),
            false => self.wallet.unwrap_received(),
        });
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
