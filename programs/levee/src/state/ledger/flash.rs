//! Flash loans.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;
use levee_risk::wide::mul_div_up;

use super::FULL_BPS;
use crate::error::{math, LeveeError};
use crate::state::Reserve;

impl Reserve {
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
}
