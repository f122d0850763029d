//! What a liquidation moved, and how a liquidator turns it into profit.

use anyhow::Result;
use levee::state::Obligation;

use crate::market::World;

/// A debt that was written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Which reserve.
    pub asset: usize,
    /// What was written off.
    pub atoms: u64,
    /// The part that the insurance paid.
    pub insured_atoms: u64,
}

/// One liquidation, in atoms. What the borrower gives and gets decides the penalty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deal {
    /// The reserve of the debt.
    pub repay: usize,
    /// The reserve of the collateral.
    pub seize: usize,
    /// Debt that the borrower no longer owes, or what collateral was converted into.
    pub repaid_atoms: u64,
    /// Collateral that the borrower no longer has.
    pub seized_atoms: u64,
    /// What the liquidator paid to an insurance besides, in the debt's token.
    pub insurance_atoms: u64,
    /// The part of the seized collateral that the protocol kept.
    pub protocol_atoms: u64,
    /// Debts written off.
    pub losses: Vec<Loss>,
    /// What the liquidator earned after selling, in millionths of a dollar.
    pub profit_micro_usd: i64,
}

/// The liquidators pay `paid` into the vault of `repay`, receive `received` from that of `seize`, and sell it. Returns the
/// profit in millionths of a dollar.
///
/// # Errors
/// Where amounts are out of range.
pub(super) fn trade(
    world: &mut World,
    (repay, paid): (usize, u64),
    (seize, received): (usize, u64),
) -> Result<i64> {
    let bargain = world.bargain((repay, paid), (seize, received))?;
    world.strike(&bargain)
}

/// Writes off all debts of an obligation that has no deposit left. Returns the losses.
///
/// # Errors
/// Where the ledger fails.
pub(super) fn write_off_bare(world: &mut World, obligation: &mut Obligation) -> Result<Vec<Loss>> {
    let mut losses = Vec::new();
    if !obligation.is_bare_debt() {
        return Ok(losses);
    }
    let owed: Vec<_> = obligation.borrows().iter().map(|one| one.reserve).collect();
    for key in owed {
        let Some(asset) = world.pool.index(&key) else {
            continue;
        };
        let debt = obligation.debt_in(&key);
        let reserve = &mut world.pool.reserves_mut()[asset];
        let (loss, insured) = reserve.write_off(debt).map_err(crate::market::broken)?;
        obligation
            .set_debt(&key, levee_risk::fixed::ScaledDebt::ZERO)
            .map_err(crate::market::broken)?;
        world.operations += 1;
        losses.push(Loss {
            asset,
            atoms: loss.0,
            insured_atoms: insured.0,
        });
    }
    Ok(losses)
}
