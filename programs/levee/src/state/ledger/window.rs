//! The outflow window: a brake on how fast a reserve can be emptied.
//!
//! What it promises: withdrawals and borrows of one window exceed what came in within it by no more than the cap, so the vault
//! falls by no more than the cap below where the window found it, liquidations' seizures, claimed fees and an open flash loan
//! aside. What came in may leave again, whoever takes it and in whichever order: were an inflow that comes first forgotten, a
//! deposit and its withdrawal would use the window up for everybody at no cost. It follows that the cap guards what was there
//! when the window began, not what comes in within it; and two windows that touch let twice the cap out.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;

use crate::error::LeveeError;
use crate::state::{OutflowWindow, Reserve};

impl Reserve {
    /// Counts what came in by a deposit, a repayment or a liquidation, and so makes room for as much outflow in this window.
    /// Nothing of it reaches a later window.
    pub fn count_inflow(&mut self, atoms: Atoms, slot: u64) {
        let window = self.window_at(slot);
        window.net_atoms = window.net_atoms.saturating_sub_unsigned(atoms.0);
    }

    /// Counts what leaves by a withdrawal or a borrow.
    ///
    /// # Errors
    /// [`LeveeError::OutflowCapReached`].
    pub(super) fn count_outflow(&mut self, atoms: Atoms, slot: u64) -> Result<()> {
        let window = self.window_at(slot);
        let net = window.net_atoms.saturating_add_unsigned(atoms.0);
        window.net_atoms = net;
        require!(
            net.max(0).unsigned_abs() <= self.config.outflow_cap_atoms,
            LeveeError::OutflowCapReached
        );
        Ok(())
    }

    /// The window of `slot`: the current one, or a new one that begins there.
    fn window_at(&mut self, slot: u64) -> &mut OutflowWindow {
        let elapsed = slot.saturating_sub(self.outflow.start_slot);
        if elapsed >= self.config.outflow_window_slots {
            self.outflow = OutflowWindow {
                start_slot: slot,
                net_atoms: 0,
            };
        }
        &mut self.outflow
    }
}
