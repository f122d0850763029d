//! The one gate: which instruction may run in which state.
//!
//! Every handler passes through [`check`]. A state is the union of what the market, the reserves touched and
//! the obligation say; the table below says which of its bits stop an action.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::state::{LendingMarket, Obligation, Reserve, Restart};

/// A set of conditions. The low bits are stored as the status of a market or reserve, the others are
/// derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State(u8);

impl State {
    /// Nothing special.
    pub const OPEN: Self = Self(0);
    /// Stored: no deposits.
    pub const DEPOSITS_PAUSED: Self = Self(1);
    /// Stored: no new debt.
    pub const BORROWS_PAUSED: Self = Self(2);
    /// Stored: repayment and liquidation only.
    pub const FROZEN: Self = Self(4);
    /// Derived: a touched reserve is lent out by a flash loan.
    pub const FLASH_LOAN: Self = Self(8);
    /// Derived: the cluster restarted lately.
    pub const RESTART_GRACE: Self = Self(16);
    /// Derived: the obligation owes without collateral.
    pub const INSOLVENT: Self = Self(32);

    /// The conditions as bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The bits that an admin may set.
    pub const SETTABLE: u8 = Self::DEPOSITS_PAUSED.0 | Self::BORROWS_PAUSED.0 | Self::FROZEN.0;

    /// All conditions that may stop an action, in the order in which they are reported.
    pub const ALL: [(Self, LeveeError); 6] = [
        (Self::FROZEN, LeveeError::Frozen),
        (Self::DEPOSITS_PAUSED, LeveeError::DepositsPaused),
        (Self::BORROWS_PAUSED, LeveeError::BorrowsPaused),
        (Self::FLASH_LOAN, LeveeError::InFlashLoan),
        (Self::RESTART_GRACE, LeveeError::InRestartGrace),
        (Self::INSOLVENT, LeveeError::ObligationInsolvent),
    ];

    /// What the market says.
    pub fn of_market(market: &LendingMarket) -> Self {
        Self(market.status & Self::SETTABLE)
    }

    /// With the restart grace, for an action that it pauses. `clock_jump_slot` is that of the reserve touched.
    ///
    /// # Errors
    /// Those of [`Restart::slot`].
    pub fn with_grace(
        self,
        market: &LendingMarket,
        slot: u64,
        clock_jump_slot: u64,
    ) -> Result<Self> {
        let restart = Restart::Ask.slot()?;
        Ok(if market.is_in_grace(slot, restart, clock_jump_slot) {
            self.and(Self::RESTART_GRACE)
        } else {
            self
        })
    }

    /// With what `reserve` says.
    pub fn with_reserve(self, reserve: &Reserve) -> Self {
        let flash = if reserve.flash_loan_atoms > 0 {
            Self::FLASH_LOAN
        } else {
            Self::OPEN
        };
        self.and(Self(reserve.status & Self::SETTABLE)).and(flash)
    }

    /// With what `obligation` says.
    pub fn with_obligation(self, obligation: &Obligation) -> Self {
        if obligation.is_bare_debt() {
            self.and(Self::INSOLVENT)
        } else {
            self
        }
    }

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they share a condition.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Changes of a market's or reserve's settings, status and ownership.
    Configure,
    /// Interest and prices.
    Refresh,
    /// A new obligation.
    InitObligation,
    /// The end of an empty obligation.
    CloseObligation,
    /// Atoms in, a claim out.
    Deposit,
    /// A claim in, atoms out.
    Withdraw,
    /// New debt.
    Borrow,
    /// Other weights for an obligation.
    ChangeGroup,
    /// Atoms out that come back in the same transaction.
    FlashBorrow,
    /// The end of a flash loan.
    FlashRepay,
    /// Less debt.
    Repay,
    /// Somebody else's debt for collateral.
    Liquidate,
    /// A look at somebody else's health.
    MarkUnhealthy,
    /// The end of a debt without collateral.
    SettleBadDebt,
    /// The protocol's claim.
    ClaimFees,
}

impl Action {
    /// Every action, for the test that drives each in each state.
    pub const ALL: [Self; 15] = [
        Self::Configure,
        Self::Refresh,
        Self::InitObligation,
        Self::CloseObligation,
        Self::Deposit,
        Self::Withdraw,
        Self::Borrow,
        Self::ChangeGroup,
        Self::FlashBorrow,
        Self::FlashRepay,
        Self::Repay,
        Self::Liquidate,
        Self::MarkUnhealthy,
        Self::SettleBadDebt,
        Self::ClaimFees,
    ];

    /// The table: the conditions that stop this action.
    ///
    /// Repayment, liquidation and settlement are stopped by none, so no switch can trap a debt. A deposit cures, so
    /// neither an insolvent obligation nor a restart stops it. That a restart pauses *mild* liquidations is the
    /// price policy's: [`levee_risk::policy::assess`].
    pub const fn stopped_by(self) -> State {
        match self {
            Self::Configure
            | Self::Refresh
            | Self::Repay
            | Self::FlashRepay
            | Self::Liquidate
            | Self::MarkUnhealthy
            | Self::SettleBadDebt => State::OPEN,
            Self::InitObligation => State::FROZEN,
            Self::CloseObligation => State::INSOLVENT,
            Self::Deposit => State::FROZEN
                .and(State::DEPOSITS_PAUSED)
                .and(State::FLASH_LOAN),
            Self::Withdraw => State::FROZEN.and(State::FLASH_LOAN).and(State::INSOLVENT),
            Self::Borrow => State::FROZEN
                .and(State::BORROWS_PAUSED)
                .and(State::FLASH_LOAN)
                .and(State::RESTART_GRACE)
                .and(State::INSOLVENT),
            Self::ChangeGroup => State::FROZEN
                .and(State::BORROWS_PAUSED)
                .and(State::RESTART_GRACE)
                .and(State::INSOLVENT),
            Self::FlashBorrow => State::FROZEN
                .and(State::BORROWS_PAUSED)
                .and(State::FLASH_LOAN),
            Self::ClaimFees => State::FROZEN.and(State::FLASH_LOAN),
        }
    }
}

/// Lets `action` pass, or names the first condition that stops it.
///
/// # Errors
/// The error that [`State::ALL`] pairs with the condition.
pub fn check(action: Action, state: State) -> Result<()> {
    let stopped_by = action.stopped_by();
    if !state.intersects(stopped_by) {
        return Ok(());
    }
    for (condition, refusal) in State::ALL {
        if state.intersects(condition) && stopped_by.intersects(condition) {
            return Err(refusal.into());
        }
    }
    Ok(())
}
