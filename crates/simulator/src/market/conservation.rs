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
        world.for_each_position(|asset, is_debt, scaled| {
            let sum = &mut sums[asset];
            if is_debt {
                sum.1 += scaled;
            } else {
                sum.0 += scaled;
            }
        });
        for (at, (reserve, (supply, debt))) in world.pool.reserves().iter().zip(sums).enumerate() {
            let supply = supply + reserve.scaled_insurance.get();
            let totals = (reserve.scaled_supply.get(), reserve.scaled_debt.get());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{open, Draft};
    use crate::market::{Asset, Holder, USDC};
    use crate::prices::{PricePath, DOLLAR};
    use crate::run::Settings;

    fn world() -> World {
        let prices = [200 * DOLLAR, DOLLAR];
        let assets = [
            Asset::new("SOL", 0, prices[0]),
            Asset::new(USDC, 1, prices[1]),
        ];
        let draft = Draft {
            deposits: vec![(0, 10_000_000_000)],
            borrows: vec![(1, 1_000_000_000)],
        };
        let opening = open(&assets, &prices, &[draft], 0).unwrap();
        let path = PricePath {
            name: String::new(),
            start_ts: 0,
            assets: vec!["SOL".into()],
            times_ms: vec![0],
            prices: vec![prices[0]],
            ends_bar: vec![true],
            bar_seconds: 60,
            faults: Vec::new(),
        };
        World::new(&opening, &path, &Settings::default()).unwrap()
    }

    #[test]
    fn an_untouched_market_conserves_value() {
        let world = world();
        Totals::of(&world).check(&world).unwrap();
    }

    #[test]
    fn a_single_atom_that_appears_is_noticed() {
        let mut world = world();
        let totals = Totals::of(&world);
        world.wallets.pay_out(Holder::Liquidators, 0, 1);
        let error = totals.check(&world).unwrap_err().to_string();
        assert!(error.contains("atoms of the tokens became"), "{error}");
    }

    #[test]
    fn a_debt_that_shrinks_without_a_payment_is_noticed() {
        let mut world = world();
        let totals = Totals::of(&world);
        let borrower = 2;
        let mut obligation = world.obligation(borrower);
        obligation.borrows[0].scaled.0[0] -= 1;
        world.set_obligation(borrower, obligation);
        let error = totals.check(&world).unwrap_err().to_string();
        assert!(error.contains("whose totals are"), "{error}");
    }

    #[test]
    fn what_is_paid_to_nobody_is_noticed() {
        let mut world = world();
        let totals = Totals::of(&world);
        world.wallets.pay_in(Holder::Liquidators, 0, 100);
        world.pool.reserves_mut()[0].available_atoms += 100;
        let error = totals.check(&world).unwrap_err().to_string();
        assert!(error.contains("belong to nobody"), "{error}");
    }
}
