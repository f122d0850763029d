//! The reserve's ledger: every way in which atoms enter, leave or change hands, with its rounding.
//!
//! Nothing here looks at a token account. A balance moves only through these functions.

use anchor_lang::prelude::*;
use levee_risk::fixed::{
    BorrowDivisor, FractionalAtoms, ScaledDebt, ScaledSupply, SupplyDivisor, SupplyIndex,
};
use levee_risk::units::Atoms;
use levee_risk::wide::mul_div_up;

use super::limbs::Limbs;
use super::reserve::Reserve;
use crate::engine::Left;
use crate::error::{math, LeveeError};
use crate::gate::State;

const FULL_BPS: u64 = 10_000;

/// Asks for a whole balance where an amount is expected.
pub const ALL: u64 = u64::MAX;

/// A change of one position: what moves, and what remains of the position.
pub struct Change<Scaled> {
    /// Atoms that move between the vault and the user.
    pub atoms: Atoms,
    /// The position afterwards.
    pub remaining: Scaled,
}

/// What is taken out of a deposit, and what remains of it.
pub struct Burn {
    /// Atoms that leave.
    pub atoms: Atoms,
    /// What they cost, rounded up.
    pub burned: ScaledSupply,
    /// The deposit afterwards.
    pub remaining: ScaledSupply,
}

impl Reserve {
    /// Adds a deposit of `atoms` to `position`; the claim is rounded down.
    ///
    /// # Errors
    /// [`LeveeError::DepositCapReached`], [`LeveeError::AmountTooSmall`] where it rounds to nothing.
    pub fn deposit(&mut self, position: ScaledSupply, atoms: Atoms) -> Result<ScaledSupply> {
        let scaled = ScaledSupply::from_atoms_down(atoms, self.supply_index()).map_err(math)?;
        require!(!scaled.is_zero(), LeveeError::AmountTooSmall);
        self.add_supply(scaled)?;
        self.receive(atoms)?;
        require!(
            self.supply_down()?.0 <= self.config.deposit_cap_atoms,
            LeveeError::DepositCapReached
        );
        self.ease_outflow(atoms);
        position.checked_add(scaled).map_err(math)
    }

    /// Takes `atoms`, or [`ALL`], out of `position`; what is burned is rounded up.
    ///
    /// # Errors
    /// [`LeveeError::InsufficientDeposit`], [`LeveeError::InsufficientLiquidity`],
    /// [`LeveeError::OutflowCapReached`].
    pub fn withdraw(
        &mut self,
        position: ScaledSupply,
        atoms: u64,
        slot: u64,
    ) -> Result<Change<ScaledSupply>> {
        let change = self.seize(position, atoms)?;
        self.count_outflow(change.atoms, slot)?;
        Ok(change)
    }

    /// Takes `atoms`, or [`ALL`], out of `position`, which no outflow window counts.
    ///
    /// # Errors
    /// [`LeveeError::InsufficientDeposit`], [`LeveeError::InsufficientLiquidity`].
    pub fn seize(&mut self, position: ScaledSupply, atoms: u64) -> Result<Change<ScaledSupply>> {
        let held = position.atoms_down(self.supply_index()).map_err(math)?;
        let burn = self.burn_up(position, held, atoms, None)?;
        self.pay_out(&burn)?;
        Ok(Change {
            atoms: burn.atoms,
            remaining: burn.remaining,
        })
    }

    /// Lets what `burn` takes leave the vault.
    ///
    /// # Errors
    /// [`LeveeError::InsufficientLiquidity`].
    pub fn pay_out(&mut self, burn: &Burn) -> Result<()> {
        self.remove_supply(burn.burned)?;
        self.pay(burn.atoms)
    }

    /// What taking `atoms`, or [`ALL`], out of `position`, worth `held`, burns: rounded up, and everything where no whole
    /// atom would remain. A `divisor` that was made of the index saves a division.
    ///
    /// # Errors
    /// [`LeveeError::InsufficientDeposit`].
    pub fn burn_up(
        &self,
        position: ScaledSupply,
        held: Atoms,
        atoms: u64,
        divisor: Option<&SupplyDivisor>,
    ) -> Result<Burn> {
        let whole = |atoms| Burn {
            atoms,
            burned: position,
            remaining: ScaledSupply::ZERO,
        };
        if atoms == ALL || atoms == held.0 {
            return Ok(whole(held));
        }
        require!(atoms < held.0, LeveeError::InsufficientDeposit);
        let atoms = Atoms(atoms);
        let index = self.supply_index();
        let burned = match divisor.filter(|divisor| divisor.is_of(index)) {
            Some(divisor) => ScaledSupply::from_atoms_up_by(atoms, divisor),
            None => ScaledSupply::from_atoms_up(atoms, index),
        };
        let burned = burned.map_err(math)?;
        let remaining = position.checked_sub(burned).map_err(math)?;
        // Rounding takes at most one atom more, so only the last two can be nothing.
        let is_nearly_all = held.0.saturating_sub(atoms.0) < 2;
        if is_nearly_all && remaining.atoms_down(index).map_err(math)? == Atoms::ZERO {
            return Ok(whole(atoms));
        }
        Ok(Burn {
            atoms,
            burned,
            remaining,
        })
    }

    /// Adds a debt of `atoms` and the origination fee to `position`; the debt is rounded up. Returns the
    /// position and the fee.
    ///
    /// # Errors
    /// [`LeveeError::BorrowCapReached`], [`LeveeError::InsufficientLiquidity`],
    /// [`LeveeError::OutflowCapReached`].
    pub fn borrow(
        &mut self,
        position: ScaledDebt,
        atoms: Atoms,
        slot: u64,
    ) -> Result<(ScaledDebt, Atoms)> {
        let fee = mul_div_up(
            atoms.0,
            u64::from(self.config.origination_fee_bps),
            FULL_BPS,
        )
        .map_err(math)?;
        let owed = atoms.checked_add(Atoms(fee)).map_err(math)?;
        let scaled = ScaledDebt::from_atoms_up(owed, self.borrow_index()).map_err(math)?;
        let total = self.scaled_debt().checked_add(scaled).map_err(math)?;
        self.scaled_debt = Limbs(total.to_limbs());
        self.add_protocol_fee(Atoms(fee))?;
        self.pay(atoms)?;
        require!(
            self.debt_up()?.0 <= self.config.borrow_cap_atoms,
            LeveeError::BorrowCapReached
        );
        self.count_outflow(atoms, slot)?;
        let position = position.checked_add(scaled).map_err(math)?;
        Ok((position, Atoms(fee)))
    }

    /// Repays `atoms` of `position`, or all of it where that is less; what is forgiven is rounded down, a
    /// whole debt is rounded up.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn repay(&mut self, position: ScaledDebt, atoms: u64) -> Result<Change<ScaledDebt>> {
        let owed = position.atoms_up(self.borrow_index()).map_err(math)?;
        self.repay_owed(position, owed, atoms, None)
    }

    /// The same where `position` is known to be worth `owed`. A `divisor` that was made of the index saves a division.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn repay_owed(
        &mut self,
        position: ScaledDebt,
        owed: Atoms,
        atoms: u64,
        divisor: Option<&BorrowDivisor>,
    ) -> Result<Change<ScaledDebt>> {
        let index = self.borrow_index();
        let (atoms, burned) = if atoms >= owed.0 {
            (owed, position)
        } else {
            let atoms = Atoms(atoms);
            let burned = match divisor.filter(|divisor| divisor.is_of(index)) {
                Some(divisor) => ScaledDebt::from_atoms_down_by(atoms, divisor),
                None => ScaledDebt::from_atoms_down(atoms, index).map_err(math)?,
            };
            (atoms, burned)
        };
        let remaining = position.checked_sub(burned).map_err(math)?;
        self.forgive(burned)?;
        self.receive(atoms)?;
        self.ease_outflow(atoms);
        Ok(Change { atoms, remaining })
    }

    /// Cancels `atoms` of a deposit against as much of a debt. Neither the vault nor what backs the other claims changes by
    /// more than the rounding: what is burned of the deposit is rounded up, what is forgiven of the debt down.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn net(&mut self, held: ScaledSupply, owing: ScaledDebt, atoms: Atoms) -> Result<Left> {
        let borrow_index = self.borrow_index();
        let worth = held.atoms_down(self.supply_index()).map_err(math)?;
        let burn = self.burn_up(held, worth, atoms.0, None)?;
        let forgiven = if atoms == owing.atoms_up(borrow_index).map_err(math)? {
            owing
        } else {
            ScaledDebt::from_atoms_down(atoms, borrow_index).map_err(math)?
        };
        self.remove_supply(burn.burned)?;
        self.forgive(forgiven)?;
        let owing = owing.checked_sub(forgiven).map_err(math)?;
        Ok(Left {
            held: burn.remaining,
            held_atoms: burn
                .remaining
                .atoms_down(self.supply_index())
                .map_err(math)?,
            owing,
            owing_atoms: owing.atoms_up(borrow_index).map_err(math)?,
        })
    }

    /// Lends `atoms` until the end of the transaction.
    ///
    /// # Errors
    /// [`LeveeError::InsufficientLiquidity`].
    pub fn flash_borrow(&mut self, atoms: Atoms) -> Result<()> {
        self.pay(atoms)?;
        self.flash_loan_atoms = atoms.0;
        Ok(())
    }

    /// Ends the flash loan. Returns the loan and its fee, rounded up, which is the protocol's.
    ///
    /// # Errors
    /// [`LeveeError::NoFlashLoan`], [`LeveeError::MathOverflow`].
    pub fn flash_repay(&mut self) -> Result<(Atoms, Atoms)> {
        let loan = Atoms(self.flash_loan_atoms);
        require!(loan.0 > 0, LeveeError::NoFlashLoan);
        let fee = mul_div_up(loan.0, u64::from(self.config.flash_fee_bps), FULL_BPS);
        let fee = Atoms(fee.map_err(math)?);
        self.flash_loan_atoms = 0;
        self.add_protocol_fee(fee)?;
        self.receive(loan.checked_add(fee).map_err(math)?)?;
        Ok((loan, fee))
    }

    /// Adds `atoms` to the insurance; the claim is rounded down.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn insure(&mut self, atoms: Atoms) -> Result<()> {
        if atoms.0 == 0 {
            return Ok(());
        }
        // With no supply index there is nobody to insure: the atoms stay as backing.
        if self.supply_index.get() > 0 {
            let scaled = ScaledSupply::from_atoms_down(atoms, self.supply_index()).map_err(math)?;
            self.add_supply(scaled)?;
            let insurance = self.scaled_insurance().checked_add(scaled).map_err(math)?;
            self.scaled_insurance = Limbs(insurance.to_limbs());
        }
        self.receive(atoms)
    }

    /// Writes off a whole debt: the insurance pays first, the rest lowers every supply claim alike; a reserve
    /// whose claims are wiped out freezes, and what they could not bear lowers the protocol's fees. Returns (the loss, the
    /// insurance's part).
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn write_off(&mut self, position: ScaledDebt) -> Result<(Atoms, Atoms)> {
        let loss = position.atoms_up(self.borrow_index()).map_err(math)?;
        self.forgive(position)?;
        let insurance = self.scaled_insurance();
        let insured = insurance.atoms_down(self.supply_index()).map_err(math)?;
        let paid = insured.min(loss);
        let burned = if paid == insured {
            insurance
        } else {
            ScaledSupply::from_atoms_up(paid, self.supply_index()).map_err(math)?
        };
        self.scaled_insurance = Limbs(insurance.checked_sub(burned).map_err(math)?.to_limbs());
        self.remove_supply(burned)?;
        let rest = loss.checked_sub(paid).map_err(math)?;
        if rest.0 > 0 {
            let claims = self.supply_down()?;
            let index = self.supply_index().socialize_down(rest, claims);
            self.supply_index = Limbs(index.to_limbs());
            if index == SupplyIndex::default() {
                self.status |= State::FROZEN.bits();
            }
            // What all claims together could not bear is the protocol's: its fee on the debt was backed by nothing else.
            let beyond = Atoms(rest.0.saturating_sub(claims.0));
            let fees = self.protocol_fees();
            let fees = fees.checked_sub(FractionalAtoms::from_atoms(beyond));
            self.protocol_fees = Limbs(fees.unwrap_or_default().to_limbs());
        }
        Ok((loss, paid))
    }

    /// Pays the protocol's claim as far as the vault reaches; returns the atoms to transfer.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn claim_fees(&mut self) -> Result<Atoms> {
        let claim = self.protocol_fees();
        let atoms = claim.atoms_down().min(Atoms(self.available_atoms));
        let left = claim
            .checked_sub(FractionalAtoms::from_atoms(atoms))
            .map_err(math)?;
        self.protocol_fees = Limbs(left.to_limbs());
        self.pay(atoms)?;
        Ok(atoms)
    }

    fn add_supply(&mut self, scaled: ScaledSupply) -> Result<()> {
        let total = self.scaled_supply().checked_add(scaled).map_err(math)?;
        self.scaled_supply = Limbs(total.to_limbs());
        Ok(())
    }

    fn remove_supply(&mut self, scaled: ScaledSupply) -> Result<()> {
        let total = self.scaled_supply().checked_sub(scaled).map_err(math)?;
        self.scaled_supply = Limbs(total.to_limbs());
        Ok(())
    }

    fn forgive(&mut self, burned: ScaledDebt) -> Result<()> {
        let total = self.scaled_debt().checked_sub(burned).map_err(math)?;
        self.scaled_debt = Limbs(total.to_limbs());
        Ok(())
    }

    fn add_protocol_fee(&mut self, fee: Atoms) -> Result<()> {
        let fee = FractionalAtoms::from_atoms(fee);
        let fees = self.protocol_fees().checked_add(fee).map_err(math)?;
        self.protocol_fees = Limbs(fees.to_limbs());
        Ok(())
    }

    fn receive(&mut self, atoms: Atoms) -> Result<()> {
        let available = self.available_atoms.checked_add(atoms.0);
        self.available_atoms = available.ok_or(LeveeError::MathOverflow)?;
        Ok(())
    }

    fn pay(&mut self, atoms: Atoms) -> Result<()> {
        let available = self.available_atoms.checked_sub(atoms.0);
        self.available_atoms = available.ok_or(LeveeError::InsufficientLiquidity)?;
        Ok(())
    }

    fn count_outflow(&mut self, atoms: Atoms, slot: u64) -> Result<()> {
        let elapsed = slot.saturating_sub(self.outflow.start_slot);
        if elapsed >= self.config.outflow_window_slots {
            self.outflow.start_slot = slot;
            self.outflow.used_atoms = 0;
        }
        let used = self.outflow.used_atoms.saturating_add(atoms.0);
        require!(
            used <= self.config.outflow_cap_atoms,
            LeveeError::OutflowCapReached
        );
        self.outflow.used_atoms = used;
        Ok(())
    }

    fn ease_outflow(&mut self, atoms: Atoms) {
        self.outflow.used_atoms = self.outflow.used_atoms.saturating_sub(atoms.0);
    }
}
