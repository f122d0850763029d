//! What may happen to a ledger.

use proptest::prelude::*;

/// Somebody who has an obligation and a wallet.
pub const USERS: usize = 4;
pub const RESERVES: usize = 2;

/// One operation in a reserve. An amount is a number of atoms, or all there is.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    pub kind: Kind,
    pub reserve: usize,
    pub user: usize,
    pub other: usize,
    pub atoms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Deposit,
    Withdraw,
    Borrow,
    Repay,
    Net,
    /// Pays the other user out of a deposit.
    Seize,
    /// The same as a scaled deposit.
    SeizeAsDeposit,
    Insure,
    Flash,
    WriteOff,
    Claim,
    Accrue,
}

const KINDS: [(Kind, &str); 12] = [
    (Kind::Deposit, "deposit"),
    (Kind::Withdraw, "withdraw"),
    (Kind::Borrow, "borrow"),
    (Kind::Repay, "repay"),
    (Kind::Net, "net"),
    (Kind::Seize, "seize"),
    (Kind::SeizeAsDeposit, "seize as deposit"),
    (Kind::Insure, "insure"),
    (Kind::Flash, "flash"),
    (Kind::WriteOff, "write off"),
    (Kind::Claim, "claim"),
    (Kind::Accrue, "accrue"),
];

impl Op {
    pub const NAMES: [&'static str; 12] = {
        let mut names = [""; 12];
        let mut at = 0;
        while at < 12 {
            names[at] = KINDS[at].1;
            at += 1;
        }
        names
    };

    pub fn name(&self) -> &'static str {
        let same = |(kind, _): &&(Kind, &str)| *kind == self.kind;
        KINDS.iter().find(same).expect("every kind has a name").1
    }
}

/// Deposits and borrows more often than what ends them; amounts of every magnitude, some of all there is.
pub fn any_op() -> impl Strategy<Value = Op> {
    let kinds = prop::sample::select(vec![
        Kind::Deposit,
        Kind::Deposit,
        Kind::Deposit,
        Kind::Deposit,
        Kind::Withdraw,
        Kind::Withdraw,
        Kind::Borrow,
        Kind::Borrow,
        Kind::Borrow,
        Kind::Borrow,
        Kind::Repay,
        Kind::Repay,
        Kind::Net,
        Kind::Net,
        Kind::Seize,
        Kind::SeizeAsDeposit,
        Kind::Insure,
        Kind::Flash,
        Kind::WriteOff,
        Kind::Claim,
        Kind::Accrue,
        Kind::Accrue,
        Kind::Accrue,
        Kind::Accrue,
    ]);
    let who = (0..RESERVES, 0..USERS, 0..USERS);
    let atoms = (any::<u64>(), 24u32..64, any::<u8>());
    (kinds, who, atoms).prop_map(|(kind, (reserve, user, other), (atoms, shift, all))| Op {
        kind,
        reserve,
        user,
        other,
        atoms: if all < 40 { u64::MAX } else { atoms >> shift },
    })
}
