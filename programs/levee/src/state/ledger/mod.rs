//! The reserve's ledger: every way in which atoms enter, leave or change hands, with its rounding.
//!
//! Nothing here looks at a token account. A balance moves only through these functions.

mod debts;
mod flash;
mod losses;
mod window;

use anchor_lang::prelude::*;
use levee_risk::fixed::{FractionalAtoms, ScaledDebt, ScaledSupply, SupplyDivisor};
use levee_risk::units::Atoms;

use super::limbs::Limbs;
use super::reserve::Reserve;
use crate::error::{math, LeveeError};

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
}
