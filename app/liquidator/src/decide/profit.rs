//! What a liquidation brings, in exact integers.

use levee_client::transaction::Budget;
use levee_risk::price::Price;
use levee_risk::units::Atoms;

use crate::config::Profit;

const FULL_BPS: u128 = 10_000;
/// Lamports of a signature.
const SIGNATURE_LAMPORTS: u64 = 5_000;
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;
/// Wad dollars of a millionth of a dollar.
const WAD_PER_MICRO_USD: u128 = 1_000_000_000_000;

/// Dollars that may be negative, counted in 1e-18 dollars.
pub type SignedWad = i128;

/// A number of dollars that does not fit is as large as can be.
fn signed(wad: u128) -> SignedWad {
    SignedWad::try_from(wad).unwrap_or(SignedWad::MAX)
}

/// What is gained where `out` atoms come back for `spent`, at `price`: a gain rounded down, a loss up.
pub fn gain(out: Atoms, spent: Atoms, price: Price) -> SignedWad {
    if out >= spent {
        let more = Atoms(out.0 - spent.0);
        price.value_down(more).map_or(0, |usd| signed(usd.wad()))
    } else {
        let less = Atoms(spent.0 - out.0);
        let loss = price.value_up(less);
        loss.map_or(SignedWad::MIN, |usd| -signed(usd.wad()))
    }
}

/// What prices may move against `out` atoms until they are sold, rounded up.
pub fn latency_margin(out: Atoms, price: Price, margin_bps: u32) -> SignedWad {
    price.value_up(out).map_or(SignedWad::MAX, |usd| {
        signed((usd.wad() / FULL_BPS + 1).saturating_mul(u128::from(margin_bps)))
    })
}

/// What a transaction with one signature costs that may use `budget`, rounded up.
pub fn fee(config: &Profit, budget: Budget) -> SignedWad {
    let lamports = fee_lamports(budget);
    signed(cost_of(config, u128::from(lamports)))
}

/// The same in lamports; saturating.
pub fn fee_lamports(budget: Budget) -> u64 {
    SIGNATURE_LAMPORTS.saturating_add(budget.priority_fee_lamports_up())
}

/// What a priority fee costs alone, rounded up.
pub fn priority_fee(config: &Profit, budget: Budget) -> SignedWad {
    let lamports = u128::from(budget.priority_fee_lamports_up());
    signed(cost_of(config, lamports))
}

/// How many lamports cost no more than this; none for a loss, rounded down.
pub fn lamports_down(config: &Profit, wad: SignedWad) -> u64 {
    let micro_usd = wad.max(0).unsigned_abs() / WAD_PER_MICRO_USD;
    let lamports = micro_usd
        .saturating_mul(LAMPORTS_PER_SOL)
        .checked_div(u128::from(config.sol_micro_usd));
    lamports.map_or(u64::MAX, |lamports| {
        u64::try_from(lamports).unwrap_or(u64::MAX)
    })
}

fn cost_of(config: &Profit, lamports: u128) -> u128 {
    let wad = lamports
        .saturating_mul(u128::from(config.sol_micro_usd))
        .saturating_mul(WAD_PER_MICRO_USD);
    wad.div_ceil(LAMPORTS_PER_SOL)
}

/// The least profit of a transaction.
pub fn least(config: &Profit) -> SignedWad {
    SignedWad::from(config.min_profit_micro_usd).saturating_mul(WAD_PER_MICRO_USD as SignedWad)
}

/// `atoms` and the tolerated part more, rounded up; at least one.
pub fn at_most(atoms: u64, tolerance_bps: u32) -> u64 {
    let more = (u128::from(atoms) * u128::from(tolerance_bps)).div_ceil(FULL_BPS);
    let most = u128::from(atoms) + more;
    u64::try_from(most).unwrap_or(u64::MAX).max(1)
}

/// `atoms` less the tolerated part, rounded down.
pub fn at_least(atoms: u64, tolerance_bps: u32) -> u64 {
    let kept = FULL_BPS.saturating_sub(u128::from(tolerance_bps));
    // At most as much as before.
    (u128::from(atoms) * kept / FULL_BPS) as u64
}

#[cfg(test)]
mod tests {
    use levee_risk::price::Scale;

    use super::*;

    fn usdc() -> Price {
        Price::new(100_000_000, Scale::new(6, -8).unwrap())
    }

    #[test]
    fn a_gain_and_a_loss_are_what_the_difference_is_worth() {
        assert_eq!(
            gain(Atoms(1_500_000), Atoms(500_000), usdc()),
            10i128.pow(18)
        );
        assert_eq!(
            gain(Atoms(500_000), Atoms(1_500_000), usdc()),
            -(10i128.pow(18))
        );
    }

    #[test]
    fn fees_are_a_signature_and_compute_units_at_the_price_of_a_sol() {
        let config = Profit {
            sol_micro_usd: 200_000_000,
            ..Profit::default()
        };
        let budget = Budget {
            compute_units: 20_000,
            micro_lamports_per_unit: 1_000_000,
        };
        // 5,000 and 20,000 lamports at 200 dollars.
        assert_eq!(fee_lamports(budget), 25_000);
        assert_eq!(fee(&config, budget), 5_000_000_000_000_000);
        assert_eq!(priority_fee(&config, budget), 4_000_000_000_000_000);
        assert_eq!(lamports_down(&config, 5_000_000_000_000_000), 25_000);
        assert_eq!(lamports_down(&config, 5_000_000_000_000_000 - 1), 24_995);
        assert_eq!(lamports_down(&config, -1), 0);
    }

    #[test]
    fn limits_are_rounded_away_from_what_is_expected() {
        assert_eq!((at_most(999, 1), at_least(999, 1)), (1_000, 998));
        assert_eq!((at_most(0, 50), at_least(0, 50)), (1, 0));
        assert_eq!(at_most(u64::MAX, 50), u64::MAX);
    }

    #[test]
    fn a_basis_point_of_a_hundred_dollars_is_a_cent_and_no_less() {
        let margin = latency_margin(Atoms(100_000_000), usdc(), 1);
        assert!((10i128.pow(16)..10i128.pow(16) + 10).contains(&margin));
    }
}
