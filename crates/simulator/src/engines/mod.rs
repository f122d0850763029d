//! Liquidation engines: Levee's, which is the program's own code, and the rules of its rivals, all behind one trait and
//! on one ledger, so that only the rules differ.
//!
//! A rival's doc states its formulas, its parameters and where each of them is from. Its tests are worked examples of its own
//! documentation or public test-suite, named and restated as figures; a test that was computed from the formulas says so.
//! All engines see the same book with the same thresholds, in an elevation group those of the group: what is compared is what
//! happens beyond them. A rival that has other bonuses in an e-mode has them for obligations in a group.

mod case;
mod deal;
mod levee;
#[cfg(test)]
mod one_borrower;
mod prepared;
mod rule;
mod ticks;

mod aave_v3;
mod aave_v4;
mod compound_v3;
mod crvusd;
mod euler_v2;
mod fluid;
mod fx;
mod klend;
mod morpho;

use ::levee::state::Obligation;
use anyhow::{bail, Result};
use levee_risk::sheet::Sheet;
use levee_risk::valuation::Book;

pub use case::{Amounts, Case, Offer};
pub use deal::{Deal, Loss};
pub use levee::Levee;
pub use prepared::{Prepared, Prospect, Turn};
pub use rule::{Rule, RuleEngine};

pub use aave_v3::AaveV3;
pub use aave_v4::AaveV4;
pub use compound_v3::CompoundV3;
pub use crvusd::CrvUsd;
pub use euler_v2::EulerV2;
pub use fluid::Fluid;
pub use fx::Fx;
pub use klend::Klend;
pub use morpho::Morpho;

use crate::market::World;

/// What an engine made of an obligation when a liquidator looked at it.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// There is nothing to do before the price moves.
    Healthy,
    /// Something moved; more may be possible at once.
    Acted(Box<Deal>),
    /// Something moved, and more will as the price does.
    Converted(Box<Deal>),
    /// Nothing is possible or worth it yet, but time may help.
    Waits,
    /// Liquidators leave it alone until so many milliseconds after the opening.
    Rests(i64),
    /// Nothing is possible at this price.
    Stuck,
}

/// An obligation that a liquidator looks at.
pub struct Seen<'a> {
    /// Which one of the book.
    pub who: u32,
    /// As it is now.
    pub obligation: &'a Obligation,
    /// At what the oracles say.
    pub sheet: &'a Sheet,
    /// The plain value.
    pub book: &'a Book,
}

/// What happened between a protocol and liquidators besides the looks, in millionths of a dollar at the exchange's prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// What liquidators earned after selling.
    pub profit_micro_usd: i64,
    /// What the protocol lost on collateral that it had taken over.
    pub loss_micro_usd: i64,
}

/// The rules by which obligations are liquidated.
pub trait Engine: Send + Sync {
    /// As in tables and on the command line.
    fn name(&self) -> &'static str;

    /// One look of a liquidator at an obligation that is unhealthy or engaged, who does one thing if it pays.
    ///
    /// # Errors
    /// Where the ledger fails: a bug.
    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look>;

    /// What the look at an unhealthy obligation would do, worked out on any thread; `None` where that is left to the look.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn prepare(&self, _world: &World, _seen: &Seen) -> Result<Option<Prepared>> {
        Ok(None)
    }

    /// The look itself, at the same moment, at one for whom `prepared` was worked out.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn take_turn(&mut self, _world: &mut World, _prepared: &Prepared) -> Result<Turn> {
        Ok(Turn::Anew)
    }

    /// A little of what it knows of `who`: to have it near soon.
    fn touch(&self, _who: u32) -> u64 {
        0
    }

    /// Whether the engine itself says when `who` is looked at, healthy or not.
    fn is_engaged(&self, _who: u32) -> bool {
        false
    }

    /// All of these.
    fn engaged(&self) -> Vec<u32> {
        Vec::new()
    }

    /// Adds those who are engaged and must be looked at now to `due`.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn take_due(&mut self, _world: &World, _due: &mut Vec<u32>) -> Result<()> {
        Ok(())
    }

    /// What `who` holds or owes has changed outside of a look.
    fn changed(&mut self, _who: u32) {}

    /// What is done for those who wait, before time goes on.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn wait(&mut self, _world: &mut World, _waiting: &[u32]) -> Result<()> {
        Ok(())
    }

    /// What happens once at every moment, after everybody was looked at.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn settle(&mut self, _world: &mut World) -> Result<Settled> {
        Ok(Settled::default())
    }

    /// What the protocol would lose on collateral that it took over and still holds, if it were sold at the exchange's
    /// prices, in millionths of a dollar.
    ///
    /// # Errors
    /// As [`Engine::look`].
    fn open_loss_micro_usd(&self, _world: &World) -> Result<i64> {
        Ok(0)
    }
}

/// The engines in the order of tables, Levee first.
pub const NAMES: [&str; 11] = [
    "levee",
    "klend",
    "klend-soft",
    "aave-v3.3",
    "aave-v4",
    "euler-v2",
    "fluid",
    "morpho-blue",
    "compound-v3",
    "crvusd",
    "fx",
];

/// The engine with this name, new for one run.
///
/// # Errors
/// Where there is none.
pub fn by_name(name: &str) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "levee" => Box::new(Levee::default()),
        "klend" => {
            Box::new(RuleEngine::new(Klend::DOCUMENTED).in_groups(Klend::DOCUMENTED_IN_GROUPS))
        }
        "klend-soft" => Box::new(RuleEngine::new(Klend::SOFT).in_groups(Klend::SOFT_IN_GROUPS)),
        "aave-v3.3" => Box::new(RuleEngine::new(AaveV3::DEPLOYED).in_groups(AaveV3::E_MODE)),
        "aave-v4" => Box::new(RuleEngine::new(AaveV4::MAIN)),
        "euler-v2" => Box::new(RuleEngine::new(EulerV2::DEPLOYED)),
        "fluid" => Box::new(RuleEngine::new(Fluid::ETH_USDC)),
        "morpho-blue" => Box::new(RuleEngine::new(Morpho)),
        "compound-v3" => Box::new(CompoundV3::default()),
        "crvusd" => Box::new(CrvUsd::default()),
        "fx" => Box::new(RuleEngine::new(Fx)),
        other => bail!(
            "there is no engine `{other}`: known are {}",
            NAMES.join(", ")
        ),
    })
}
