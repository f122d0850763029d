//! What a step is about.

use crate::ops::Op;
use crate::scene::USERS;

/// Whose accounts a step may touch, and how.
#[derive(Clone, Debug)]
pub enum Step {
    /// Prices and time, under which nothing stays as it was.
    World,
    /// No user's.
    Nobody,
    /// Its own positions and wallet.
    Own {
        user: usize,
    },
    /// The same, in and out or out and in.
    RoundTrip {
        user: usize,
    },
    Repay {
        payer: usize,
        of: usize,
    },
    Liquidate {
        by: usize,
        of: Vec<usize>,
    },
    /// The clocks of others.
    Mark {
        of: Vec<usize>,
    },
    Settle {
        of: usize,
        token: usize,
    },
}

impl Step {
    /// What `op` may touch where `victim` is unhealthy.
    pub fn of(op: &Op, victim: Option<usize>) -> Self {
        let everybody = || (0..USERS).collect();
        match *op {
            Op::MovePrice { .. } | Op::Wait { .. } => Self::World,
            Op::Donate { .. } | Op::ClaimFees { .. } | Op::SetStatus { .. } => Self::Nobody,
            Op::Deposit { user, .. } | Op::Withdraw { user, .. } | Op::Borrow { user, .. } => {
                Self::Own { user }
            }
            Op::DepositAndWithdraw { user, .. } | Op::BorrowAndRepay { user, .. } => {
                Self::RoundTrip { user }
            }
            Op::Repay { payer, of, .. } => Self::Repay { payer, of },
            Op::Liquidate { by, of, .. } => Self::Liquidate {
                by,
                of: vec![victim.unwrap_or(of)],
            },
            Op::LiquidateBatch { by, .. } => Self::Liquidate {
                by,
                of: everybody(),
            },
            Op::Mark { of, .. } => Self::Mark {
                of: of.map_or_else(everybody, |of| vec![of]),
            },
            Op::SettleBadDebt { of, token } => Self::Settle { of, token },
        }
    }
}
