//! Two reserves, their users, and what must hold after every operation.

use bytemuck::Zeroable;
use levee::error::LeveeError;
use levee::state::{Limbs, Obligation, Reserve, ALL};
use levee_risk::units::Atoms;
use levee_tests::sol_config;
use num_bigint::BigInt;
use proptest::prelude::*;
use solana_pubkey::Pubkey;

use crate::ops::{Kind, Op, RESERVES, USERS};

/// What a user gained in tokens, apart from deposits and debts.
type Wallets = [[i128; RESERVES]; USERS];

#[derive(Clone)]
pub struct Books {
    reserves: [Reserve; RESERVES],
    obligations: [Obligation; USERS],
    wallets: Wallets,
    /// What the protocol was paid.
    claimed: [i128; RESERVES],
    now_ts: i64,
}

fn key(reserve: usize) -> Pubkey {
    Pubkey::new_from_array([reserve as u8 + 1; 32])
}

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
    pub fn new([take_rate, fee, flash_fee, index]: [u32; 4]) -> Self {
        let reserve = |at: usize| {
            let mut reserve = Reserve::zeroed();
            reserve.config = sol_config([at as u8 + 1; 32]);
            reserve.config.take_rate_bps = take_rate % 5_001;
            reserve.config.origination_fee_bps = fee % 501;
            reserve.config.flash_fee_bps = flash_fee % 501;
            reserve.config.validate().expect("a valid configuration");
            // Indexes as after some years of interest.
            let grown = |bits: u32| (1 << 64) + (u128::from(bits) << 30);
            reserve.supply_index = Limbs::new(grown(index >> 16));
            reserve.borrow_index = Limbs::new(grown(index));
            reserve
        };
        Self {
            reserves: [reserve(0), reserve(1)],
            obligations: [Obligation::zeroed(); USERS],
            wallets: Wallets::default(),
            claimed: [0; RESERVES],
            now_ts: 0,
        }
    }

    /// Runs `op` as an instruction would: all of it or, where it is refused, nothing. Returns whether it was accepted.
    pub fn run(&mut self, op: &Op) -> Result<bool, TestCaseError> {
        let mut after = self.clone();
        match after.apply(op) {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(error) => {
                // Claims that are not backed are a defect, not a refusal.
                let broken = anchor_lang::error::Error::from(LeveeError::InvariantBroken);
                prop_assert!(error != broken, "{:?} leaves claims without backing", op);
                return Ok(false);
            }
        }
        for at in 0..RESERVES {
            after.check_sums(at)?;
            after.check_change(self, op, at)?;
        }
        *self = after;
        Ok(true)
    }

    fn apply(&mut self, op: &Op) -> anchor_lang::Result<bool> {
        let Op {
            kind,
            reserve: at,
            user,
            other,
            atoms,
        } = *op;
        let key = key(at);
        let reserve = &mut self.reserves[at];
        let wallet = &mut self.wallets[user][at];
        let held = self.obligations[user].deposit_in(&key);
        let owed = self.obligations[user].debt_in(&key);
        let some = atoms.min(1 << 40).max(1);
        match kind {
            Kind::Deposit => {
                let held = reserve.deposit(held, Atoms(some))?;
                *wallet -= i128::from(some);
                self.obligations[user].set_deposit(&key, held)?;
            }
            Kind::Withdraw => {
                if held.is_zero() {
                    return Ok(false);
                }
                let change = reserve.withdraw(held, atoms.max(1), 1)?;
                *wallet += i128::from(change.atoms.0);
                self.obligations[user].set_deposit(&key, change.remaining)?;
            }
            Kind::Borrow => {
                let some = if atoms == ALL {
                    reserve.available_atoms.max(1)
                } else {
                    some
                };
                let (owed, _) = reserve.borrow(owed, Atoms(some), 1)?;
                *wallet += i128::from(some);
                self.obligations[user].set_debt(&key, owed)?;
            }
            Kind::Repay => {
                if owed.is_zero() {
                    return Ok(false);
                }
                let change = reserve.repay(owed, atoms.max(1))?;
                *wallet -= i128::from(change.atoms.0);
                self.obligations[user].set_debt(&key, change.remaining)?;
            }
            Kind::Net => {
                let held_atoms = held
                    .atoms_down(reserve.supply_index())
                    .expect("it was counted");
                let owed_atoms = owed
                    .atoms_up(reserve.borrow_index())
                    .expect("it was counted");
                let most = held_atoms.min(owed_atoms);
                if most.0 == 0 {
                    return Ok(false);
                }
                let left = reserve.net(held, owed, most.min(Atoms(atoms.max(1))))?;
                self.obligations[user].set_deposit(&key, left.held)?;
                self.obligations[user].set_debt(&key, left.owing)?;
            }
            Kind::Seize => {
                if held.is_zero() {
                    return Ok(false);
                }
                let change = reserve.seize(held, atoms.max(1))?;
                self.wallets[other][at] += i128::from(change.atoms.0);
                self.obligations[user].set_deposit(&key, change.remaining)?;
            }
            Kind::SeizeAsDeposit => {
                if held.is_zero() || user == other {
                    return Ok(false);
                }
                let worth = held.atoms_down(reserve.supply_index());
                let worth = worth.expect("a deposit has a number");
                let burned = reserve.burn_up(held, worth, atoms.max(1), None)?.burned;
                let others = self.obligations[other].deposit_in(&key);
                let sum = others.checked_add(burned).expect("no more than there is");
                let left = held.checked_sub(burned).expect("no more than there is");
                self.obligations[other].set_deposit(&key, sum)?;
                self.obligations[user].set_deposit(&key, left)?;
            }
            Kind::Insure => {
                reserve.insure(Atoms(some))?;
                *wallet -= i128::from(some);
            }
            Kind::Flash => {
                let available = reserve.available_atoms;
                reserve.flash_borrow(Atoms(some.min(available)))?;
                reserve.check_backing()?;
                let (loan, fee) = reserve.flash_repay()?;
                assert_eq!(loan.0, some.min(available));
                *wallet -= i128::from(fee.0);
            }
            Kind::WriteOff => {
                if owed.is_zero() {
                    return Ok(false);
                }
                reserve.write_off(owed)?;
                self.obligations[user].set_debt(&key, levee_risk::fixed::ScaledDebt::ZERO)?;
            }
            Kind::Claim => {
                let atoms = reserve.claim_fees()?;
                self.claimed[at] += i128::from(atoms.0);
                return reserve.check_backing().map(|()| atoms.0 > 0);
            }
            Kind::Accrue => {
                // From a second to some months.
                self.now_ts += (atoms % (1 << 24)) as i64 >> (atoms % 20);
                let now_ts = self.now_ts;
                for reserve in &mut self.reserves {
                    reserve.accrue(now_ts)?;
                    reserve.check_backing()?;
                }
            }
        }
        self.reserves[at].check_backing()?;
        Ok(true)
    }

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
    fn check_sums(&self, at: usize) -> Result<(), TestCaseError> {
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

    fn check_change(&self, before: &Self, op: &Op, at: usize) -> Result<(), TestCaseError> {
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
