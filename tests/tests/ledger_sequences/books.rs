//! Two reserves and their users.

use bytemuck::Zeroable;
use levee::error::LeveeError;
use levee::state::{Limbs, Obligation, Reserve, ALL};
use levee_risk::units::Atoms;
use levee_tests::sol_config;
use proptest::prelude::*;
use solana_pubkey::Pubkey;

use crate::ops::{Kind, Op, RESERVES, USERS};

/// What a user gained in tokens, apart from deposits and debts.
pub type Wallets = [[i128; RESERVES]; USERS];

#[derive(Clone)]
pub struct Books {
    pub reserves: [Reserve; RESERVES],
    pub obligations: [Obligation; USERS],
    pub wallets: Wallets,
    /// What the protocol was paid.
    pub claimed: [i128; RESERVES],
    now_ts: i64,
}

/// A reserve's address.
pub fn key(reserve: usize) -> Pubkey {
    Pubkey::new_from_array([reserve as u8 + 1; 32])
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
        let some = atoms.clamp(1, 1 << 40);
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
}
