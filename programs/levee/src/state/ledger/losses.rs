//! Insurance, losses, and the protocol's fees.

use anchor_lang::prelude::*;
use levee_risk::fixed::{FractionalAtoms, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::units::Atoms;

use crate::error::math;
use crate::gate::State;
use crate::state::{Limbs, Reserve};

impl Reserve {
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
}
