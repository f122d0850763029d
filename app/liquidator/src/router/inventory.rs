//! No swap at all: what was seized stays in the wallet, and selling it elsewhere has a configured cost.

use std::collections::HashMap;

use async_trait::async_trait;
use levee_risk::units::Usd;
use solana_pubkey::Pubkey;

use super::{Route, Swap, SwapRouter};
use crate::source::AccountState;

const FULL_BPS: u128 = 10_000;

/// Costs in basis points.
pub struct Inventory {
    /// Where no pair says otherwise.
    pub cost_bps: u32,
    /// By (sold, bought).
    pub pairs: HashMap<(Pubkey, Pubkey), u32>,
}

#[async_trait]
impl SwapRouter for Inventory {
    async fn quote(&self, swap: &Swap) -> Option<Route> {
        let pair = (swap.from.mint, swap.to.mint);
        let cost = if pair.0 == pair.1 {
            0
        } else {
            self.pairs.get(&pair).copied().unwrap_or(self.cost_bps)
        };
        let kept = FULL_BPS.checked_sub(u128::from(cost))?;
        let value = swap.from.price.value_down(swap.amount).ok()?.wad();
        // Divided first: a value of any size times ten thousand may not fit.
        let value = (value / FULL_BPS).checked_mul(kept)?;
        let out = swap.to.price.atoms_down(Usd::from_wad(value)).ok()?;
        Some(Route {
            out,
            instructions: Vec::new(),
            compute_units: 0,
        })
    }

    fn watched(&self) -> Vec<Pubkey> {
        Vec::new()
    }

    fn update(&self, _: &AccountState) {}
}

#[cfg(test)]
mod tests {
    use levee_risk::price::{Price, Scale};
    use levee_risk::units::Atoms;

    use super::super::Leg;
    use super::*;

    fn leg(number: u8, decimals: u8, price: u64) -> Leg {
        Leg {
            mint: Pubkey::new_from_array([number; 32]),
            token_program: Pubkey::default(),
            wallet: Pubkey::default(),
            price: Price::new(price, Scale::new(decimals, -8).unwrap()),
        }
    }

    #[tokio::test]
    async fn selling_costs_what_the_pair_says_and_rounds_down() {
        let (sol, usdc) = (leg(1, 9, 20_000_000_000), leg(2, 6, 100_000_000));
        let inventory = Inventory {
            cost_bps: 100,
            pairs: HashMap::from([((sol.mint, usdc.mint), 10)]),
        };
        let swap = |from, to, amount| Swap {
            user: Pubkey::default(),
            from,
            to,
            amount: Atoms(amount),
        };
        let out = async |swap| inventory.quote(&swap).await.unwrap().out;
        // A SOL at 200 dollars, less 10 bps.
        assert_eq!(
            out(swap(sol, usdc, 1_000_000_000)).await,
            Atoms(199_800_000)
        );
        // A dollar less 1 % is 0.00495 SOL.
        assert_eq!(out(swap(usdc, sol, 1_000_000)).await, Atoms(4_950_000));
        assert_eq!(out(swap(usdc, usdc, 7)).await, Atoms(7));
        assert_eq!(out(swap(sol, usdc, 5)).await, Atoms(0));
    }
}
