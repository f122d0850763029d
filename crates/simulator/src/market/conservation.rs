//! Value in is value out: what must hold of a market at any time, to the atom.

use anyhow::{ensure, Result};

use super::pool::broken;
use super::world::World;

/// The tokens that there are at the opening, per reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals(Vec<i128>);

impl Totals {
    /// All tokens of `world`: in vaults and wallets.
    pub fn of(world: &World) -> Self {
        let reserves = world.pool.reserves().iter().enumerate();
        Self(
            reserves
                .map(|(at, reserve)| i128::from(reserve.available_atoms) + world.wallets.total(at))
                .collect(),
        )
    }

    /// Checks a market that began with these.
    ///
    /// 1. No token came or went: vaults and wallets hold what they held, to the atom.
    /// 2. Everybody's scaled deposits, the insurance included, and everybody's scaled debts are the reserves' totals, exactly.
    /// 3. Claims (deposits, insurance, fees) never exceed what backs them (vault and debts), nor fall short of it by more than
    ///    the atoms that roundings took: two for each change of a balance, and for each accrual.
    ///
    /// # Errors
    /// The first that does not hold: a bug of this crate.
    pub fn check(&self, world: &World) -> Result<()> {
        let now = Self::of(world);
        ensure!(
            now == *self,
            "conservation: {:?} atoms of the tokens became {:?}",
            self.0,
            now.0
        );
        let count = world.pool.reserves().len();
        let mut sums = vec![(0u128, 0u128); count];
        let wide = |limbs: [u64; 2]| u128::from(limbs[1]) << 64 | u128::from(limbs[0]);
        world.for_each_position(|asset, is_debt, scaled| {
            let sum = &mut sums[asset];
            if is_debt {
                sum.1 += scaled;
            } else {
                sum.0 += scaled;
            }
        });
        for (at, (reserve, (supply, debt))) in world.pool.reserves().iter().zip(sums).enumerate() {
            let supply = supply + wide(reserve.scaled_insurance.0);
            let totals = (wide(reserve.scaled_supply.0), wide(reserve.scaled_debt.0));
            ensure!(
                (supply, debt) == totals,
                "conservation: positions of {supply} and {debt} in token {at}, whose totals are {totals:?}"
            );
            reserve.check_backing().map_err(broken)?;
            let fees = reserve.protocol_fees().atoms_down().0;
            let claims = i128::from(reserve.supply_down().map_err(broken)?.0) + i128::from(fees);
            let debts = i128::from(reserve.debt_up().map_err(broken)?.0);
            let backing = i128::from(reserve.available_atoms) + debts;
            let roundings = 2 * (world.operations + world.pool.accruals) + 2;
            ensure!(
                backing - claims <= i128::from(roundings),
                "conservation: {} atoms of token {at} belong to nobody after {roundings} roundings",
                backing - claims
            );
        }
        Ok(())
    }
}
