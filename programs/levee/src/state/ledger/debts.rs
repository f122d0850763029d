//! Debts: new, repaid, and netted against deposits.

use anchor_lang::prelude::*;
use levee_risk::fixed::{BorrowDivisor, ScaledDebt, ScaledSupply};
use levee_risk::units::Atoms;
use levee_risk::wide::mul_div_up;

use super::{Change, FULL_BPS};
use crate::engine::Left;
use crate::error::{math, LeveeError};
use crate::state::{Limbs, Reserve};

impl Reserve {
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
}
