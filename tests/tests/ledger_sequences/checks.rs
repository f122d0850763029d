//! What must hold after every operation.

use levee::state::Limbs;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::books::{key, Books};
use crate::ops::{Kind, Op, USERS};

/// What a reserve's parties have, to the atom and exactly.
struct Wealth {
    /// Wallet and deposit less debt of each user, as the program counts them.
    users: [i128; USERS],
    /// What backs claims less the claims, in units of 2^-96 atoms.
    slack: BigInt,
    /// All supply claims, in the same.
    supply: BigInt,
}

impl Books {
    fn held(&self, user: usize, at: usize) -> i128 {
        let index = self.reserves[at].supply_index();
        let held = self.obligations[user].deposit_in(&key(at));
        held.atoms_down(index).expect("it was counted").0.into()
    }

    fn owed(&self, user: usize, at: usize) -> i128 {
        let index = self.reserves[at].borrow_index();
        let owed = self.obligations[user].debt_in(&key(at));
        owed.atoms_up(index).expect("it was counted").0.into()
    }

    /// Every scaled atom belongs to somebody, and every token came from somebody.
    pub fn check_sums(&self, at: usize) -> Result<(), TestCaseError> {
        let (reserve, key) = (&self.reserves[at], key(at));
        let number = |limbs| Limbs(limbs).get();
        let supply = self
            .obligations
            .iter()
            .map(|o| number(o.deposit_in(&key).to_limbs()));
        let insurance = number(reserve.scaled_insurance().to_limbs());
        prop_assert_eq!(
            supply.sum::<u128>() + insurance,
            reserve.scaled_supply.get()
        );
        let debt = self
            .obligations
            .iter()
            .map(|o| number(o.debt_in(&key).to_limbs()));
        prop_assert_eq!(debt.sum::<u128>(), reserve.scaled_debt.get());
        let wallets: i128 = self.wallets.iter().map(|wallet| wallet[at]).sum();
        prop_assert_eq!(
            wallets + self.claimed[at] + i128::from(reserve.available_atoms),
            0
        );
        Ok(())
    }

    fn wealth(&self, at: usize) -> Wealth {
        let reserve = &self.reserves[at];
        let exact = |scaled: Limbs, index: Limbs| BigInt::from(scaled.get()) * index.get();
        let supply = exact(reserve.scaled_supply, reserve.supply_index);
        let fees = BigInt::from(reserve.protocol_fees.get()) << 32;
        let backing = exact(reserve.scaled_debt, reserve.borrow_index)
            + (BigInt::from(reserve.available_atoms) << 96);
        let of_user =
            |user: usize| self.wallets[user][at] + self.held(user, at) - self.owed(user, at);
        Wealth {
            users: std::array::from_fn(of_user),
            slack: backing - &supply - fees,
            supply,
        }
    }

    pub fn check_change(&self, before: &Self, op: &Op, at: usize) -> Result<(), TestCaseError> {
        let (old, new) = (before.wealth(at), self.wealth(at));
        // Exactly, without the rounding that each claim is paid with.
        prop_assert!(
            new.slack >= BigInt::ZERO,
            "{:?} leaves claims without backing",
            op
        );
        // A loss that wipes out all claims takes what rounding had left besides.
        let is_wiped_out = new.supply == BigInt::ZERO && op.kind == Kind::WriteOff;
        prop_assert!(
            is_wiped_out || new.slack >= old.slack,
            "{:?} creates claims",
            op
        );
        if op.kind == Kind::Accrue {
            let index = |books: &Self| {
                (
                    books.reserves[at].supply_index.get(),
                    books.reserves[at].borrow_index.get(),
                )
            };
            prop_assert!(index(self).0 >= index(before).0 && index(self).1 >= index(before).1);
            return Ok(());
        }
        if op.kind == Kind::WriteOff && op.reserve == at {
            return self.check_loss(before, op, (&old, &new));
        }
        prop_assert_eq!(
            self.reserves[at].supply_index,
            before.reserves[at].supply_index
        );
        let is_seizure = matches!(op.kind, Kind::Seize | Kind::SeizeAsDeposit);
        for user in 0..USERS {
            let gain = new.users[user] - old.users[user];
            if op.reserve != at || (user != op.user && !(is_seizure && user == op.other)) {
                prop_assert_eq!(gain, 0, "{:?} moves the value of a bystander", op);
            } else if !(is_seizure && user == op.other) {
                prop_assert!(gain <= 0, "{:?} gains {}", op, gain);
            }
        }
        // Whoever seizes gains what the other loses, and a rounding at most of the two deposits that change hands.
        if is_seizure && op.reserve == at {
            let sum: i128 = new.users.iter().sum::<i128>() - old.users.iter().sum::<i128>();
            prop_assert!(
                sum <= i128::from(op.kind == Kind::SeizeAsDeposit),
                "{:?} creates {}",
                op,
                sum
            );
        }
        Ok(())
    }

    /// The debtor is forgiven what it owed; suppliers lose no more than that, and nobody gains.
    fn check_loss(
        &self,
        before: &Self,
        op: &Op,
        (old, new): (&Wealth, &Wealth),
    ) -> Result<(), TestCaseError> {
        let at = op.reserve;
        let loss = before.owed(op.user, at);
        for user in 0..USERS {
            let forgiven = if user == op.user { loss } else { 0 };
            let gain = new.users[user] - old.users[user];
            prop_assert!(gain <= forgiven, "{:?} gains {}", op, gain);
        }
        // The index is rounded down by less than a 2^-64th of every scaled atom; claims and insurance are counted in whole atoms.
        let rounding =
            BigInt::from(before.reserves[at].scaled_supply.get()) + (BigInt::from(2) << 96);
        let lost = &old.supply - &new.supply;
        prop_assert!(
            lost <= (BigInt::from(loss) << 96) + rounding,
            "suppliers lose more than the debt"
        );
        Ok(())
    }
}
