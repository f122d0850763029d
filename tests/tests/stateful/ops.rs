//! What can happen.

use proptest::prelude::*;

/// How much of what there is.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// The largest number, which some instructions read as all.
    All,
    /// Few atoms.
    Atoms(u64),
    /// Millionths of the wallet or the position.
    Part(u32),
}

impl Amount {
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Self::All => u64::MAX,
            Self::Atoms(atoms) => atoms,
            Self::Part(millionths) => {
                (u128::from(whole) * u128::from(millionths) / 1_000_000) as u64
            }
        }
    }
}

/// One step. Users and tokens are numbers.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Deposit {
        user: usize,
        token: usize,
        amount: Amount,
    },
    Withdraw {
        user: usize,
        token: usize,
        amount: Amount,
    },
    Borrow {
        user: usize,
        token: usize,
        amount: Amount,
    },
    Repay {
        payer: usize,
        of: usize,
        token: usize,
        amount: Amount,
    },
    /// Of whoever is unhealthy, `of` where nobody is.
    Liquidate {
        by: usize,
        of: usize,
        pair: usize,
        limit: Amount,
        /// Whether the reserves of other debts can be written, so that a loss of theirs is settled too.
        settles: bool,
        /// Whether the liquidator takes the deposit where the vault is dry.
        receives: bool,
    },
    /// Everybody, over the pair of whoever is unhealthy.
    LiquidateBatch {
        by: usize,
        pair: usize,
        limit: Amount,
    },
    /// One obligation, or all where that is none.
    Mark {
        by: usize,
        of: Option<usize>,
    },
    /// The first debt of whoever holds nothing and owes, that of `of` in `token` where nobody does.
    SettleBadDebt {
        of: usize,
        token: usize,
    },
    /// The price, or the rate of the staked token, becomes so many percent of what it was.
    MovePrice {
        token: usize,
        percent: u32,
    },
    Wait {
        slots: u64,
        seconds: i64,
    },
    Donate {
        token: usize,
        atoms: u64,
    },
    ClaimFees {
        token: usize,
    },
    /// Of a reserve, or of the market.
    SetStatus {
        token: Option<usize>,
        status: u8,
    },
    /// Both in one slot.
    DepositAndWithdraw {
        user: usize,
        token: usize,
        amount: Amount,
    },
    /// Both in one slot.
    BorrowAndRepay {
        user: usize,
        token: usize,
        amount: Amount,
    },
}

impl Op {
    pub const SETTLE: &str = "settle_bad_debt";
    pub const NAMES: [&str; 15] = [
        "deposit",
        "withdraw",
        "borrow",
        "repay",
        "liquidate",
        "liquidate_batch",
        "mark",
        Self::SETTLE,
        "move_price",
        "wait",
        "donate",
        "claim_fees",
        "set_status",
        "deposit_and_withdraw",
        "borrow_and_repay",
    ];

    pub fn name(&self) -> &'static str {
        let [deposit, withdraw, borrow, repay, liquidate, batch, mark, settle, move_price, wait, donate, claim_fees, set_status, in_out, out_in] =
            Self::NAMES;
        match self {
            Self::Deposit { .. } => deposit,
            Self::Withdraw { .. } => withdraw,
            Self::Borrow { .. } => borrow,
            Self::Repay { .. } => repay,
            Self::Liquidate { .. } => liquidate,
            Self::LiquidateBatch { .. } => batch,
            Self::Mark { .. } => mark,
            Self::SettleBadDebt { .. } => settle,
            Self::MovePrice { .. } => move_price,
            Self::Wait { .. } => wait,
            Self::Donate { .. } => donate,
            Self::ClaimFees { .. } => claim_fees,
            Self::SetStatus { .. } => set_status,
            Self::DepositAndWithdraw { .. } => in_out,
            Self::BorrowAndRepay { .. } => out_in,
        }
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        1 => Just(Amount::All),
        2 => (1u64..100).prop_map(Amount::Atoms),
        6 => (1u32..=1_100_000).prop_map(Amount::Part),
    ]
}

pub fn any_op() -> impl Strategy<Value = Op> {
    let user = || 0..super::scene::USERS;
    let token = || 0..super::scene::TOKENS;
    prop_oneof![
        5 => (user(), token(), amount()).prop_map(|(user, token, amount)| Op::Deposit { user, token, amount }),
        4 => (user(), token(), amount()).prop_map(|(user, token, amount)| Op::Withdraw { user, token, amount }),
        8 => (user(), token(), amount()).prop_map(|(user, token, amount)| Op::Borrow { user, token, amount }),
        3 => (user(), user(), token(), amount())
            .prop_map(|(payer, of, token, amount)| Op::Repay { payer, of, token, amount }),
        8 => (user(), user(), 0usize..9, amount(), any::<[bool; 2]>())
            .prop_map(|(by, of, pair, limit, [settles, receives])| {
                Op::Liquidate { by, of, pair, limit, settles, receives }
            }),
        7 => (token(), 30u32..170).prop_map(|(token, percent)| Op::MovePrice { token, percent }),
        // So far that somebody is left with less collateral than debt.
        1 => (token(), prop_oneof![5u32..30, 200u32..400]).prop_map(|(token, percent)| Op::MovePrice { token, percent }),
        3 => (user(), 0usize..9, amount())
            .prop_map(|(by, pair, limit)| Op::LiquidateBatch { by, pair, limit }),
        4 => (user(), prop::option::of(user())).prop_map(|(by, of)| Op::Mark { by, of }),
        3 => (user(), token()).prop_map(|(of, token)| Op::SettleBadDebt { of, token }),
        3 => (1u64..200).prop_map(|slots| Op::Wait { slots, seconds: slots as i64 * 2 / 5 }),
        2 => (1u64..500_000).prop_map(|slots| Op::Wait { slots, seconds: slots as i64 * 2 / 5 }),
        // The clock jumps.
        1 => (1u64..200, 0i64..200_000).prop_map(|(slots, seconds)| Op::Wait { slots, seconds }),
        1 => (token(), 1u64..1_000_000_000_000).prop_map(|(token, atoms)| Op::Donate { token, atoms }),
        2 => token().prop_map(|token| Op::ClaimFees { token }),
        1 => (prop::option::of(token()), prop::sample::select(vec![0u8, 1, 2, 3, 4]))
            .prop_map(|(token, status)| Op::SetStatus { token, status }),
        2 => prop::option::of(token()).prop_map(|token| Op::SetStatus { token, status: 0 }),
        2 => (user(), token(), amount())
            .prop_map(|(user, token, amount)| Op::DepositAndWithdraw { user, token, amount }),
        2 => (user(), token(), amount()).prop_map(|(user, token, amount)| Op::BorrowAndRepay { user, token, amount }),
    ]
}
