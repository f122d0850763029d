//! What is stopped in a market or a reserve: said, and switched by its owner, risk admin or guardian.

use anyhow::{bail, Result};
use clap::{Args, ValueEnum};
use levee::gate::State;
use levee_client::instructions as ix;
use serde::Serialize;
use serde_json::json;
use solana_signer::Signer;

use crate::context::Context;
use crate::market_view::MarketView;

const OPEN: &str = "open";

/// The status bits of a market or a reserve by their names.
#[derive(Clone, Copy, Serialize)]
pub struct Status {
    deposits_paused: bool,
    borrows_paused: bool,
    frozen: bool,
}

impl Status {
    /// What `bits` mean.
    pub fn of(bits: u8) -> Self {
        let has = |state: State| bits & state.bits() != 0;
        Self {
            deposits_paused: has(State::DEPOSITS_PAUSED),
            borrows_paused: has(State::BORROWS_PAUSED),
            frozen: has(State::FROZEN),
        }
    }

    /// Whether nothing is stopped.
    pub fn is_open(self) -> bool {
        !(self.deposits_paused || self.borrows_paused || self.frozen)
    }

    /// For people.
    pub fn text(self) -> String {
        let named = [
            (self.frozen, "frozen"),
            (self.deposits_paused, "deposits paused"),
            (self.borrows_paused, "borrows paused"),
        ];
        let set: Vec<&str> = named
            .iter()
            .filter_map(|(is_set, name)| is_set.then_some(*name))
            .collect();
        match set.is_empty() {
            true => OPEN.into(),
            false => set.join(", "),
        }
    }
}

/// What can be paused.
#[derive(Clone, Copy, ValueEnum)]
enum Pausable {
    Deposits,
    Borrows,
}

/// What can be lifted.
#[derive(Clone, Copy, ValueEnum)]
enum Liftable {
    Deposits,
    Borrows,
    Freeze,
}

/// Pauses deposits, borrows or both.
#[derive(Args)]
pub struct Pause {
    /// Both by default
    what: Vec<Pausable>,
}

/// Lifts what was paused or frozen.
#[derive(Args)]
pub struct Resume {
    /// What to lift; all by default
    what: Vec<Liftable>,
}

/// A change of status bits.
pub enum Change {
    /// Sets some.
    Stop(u8),
    /// Clears some.
    Lift(u8),
}

impl Change {
    /// Repayment and liquidation only.
    pub const FREEZE: Self = Self::Stop(State::FROZEN.bits());

    fn applied(&self, current: u8) -> u8 {
        match self {
            Self::Stop(bits) => current | bits,
            Self::Lift(bits) => current & !bits,
        }
    }
}

impl From<Pause> for Change {
    fn from(pause: Pause) -> Self {
        let bit = |what: &Pausable| match what {
            Pausable::Deposits => State::DEPOSITS_PAUSED.bits(),
            Pausable::Borrows => State::BORROWS_PAUSED.bits(),
        };
        Self::Stop(match pause.what.is_empty() {
            true => State::DEPOSITS_PAUSED.and(State::BORROWS_PAUSED).bits(),
            false => pause.what.iter().fold(0, |bits, what| bits | bit(what)),
        })
    }
}

impl From<Resume> for Change {
    fn from(resume: Resume) -> Self {
        let bit = |what: &Liftable| match what {
            Liftable::Deposits => State::DEPOSITS_PAUSED.bits(),
            Liftable::Borrows => State::BORROWS_PAUSED.bits(),
            Liftable::Freeze => State::FROZEN.bits(),
        };
        Self::Lift(match resume.what.is_empty() {
            true => State::SETTABLE,
            false => resume.what.iter().fold(0, |bits, what| bits | bit(what)),
        })
    }
}

/// Changes the status of the reserve of `token`, or of the market where none is given.
///
/// # Errors
/// Where nothing would change, and what the program refuses: the guardian can stop, not lift.
pub async fn switch(context: &Context, token: Option<&str>, change: Change) -> Result<()> {
    let view = MarketView::load(context).await?;
    let (reserve, name, current) = match token {
        Some(token) => {
            let (keys, reserve) = view.reserve(token)?;
            (Some(keys.reserve), view.name(&keys.reserve), reserve.status)
        }
        None => (None, "the market".into(), view.market.status),
    };
    let wanted = change.applied(current);
    if wanted == current {
        bail!(
            "nothing would change: {name} is {}",
            Status::of(current).text()
        );
    }
    let signer = context.signer().await?;
    let set = ix::set_status(signer.pubkey(), view.key, reserve, wanted);
    let what = format!("{name} is {}", Status::of(wanted).text());
    let at = reserve.unwrap_or(view.key);
    let details = json!({ "account": at.to_string(), "status": Status::of(wanted).text() });
    context.send(&what, &signer, &[], &[set], details).await?;
    Ok(())
}
