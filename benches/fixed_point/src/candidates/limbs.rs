//! What the risk crate does.

use levee_risk::fixed::{ScaledSupply, SupplyIndex};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::{Health, WeightedUsd};
use levee_risk::wide::{cmp_mul, mul_128_64_checked, mul_64};

use super::{join, rank};
use crate::Operands;

pub fn balance(o: &Operands) -> Option<u128> {
    let scaled = ScaledSupply::from_limbs([o[0], o[1]]);
    scaled
        .atoms_down(SupplyIndex::from_limbs([o[2], o[3]]))
        .ok()
        .map(|atoms| atoms.0 as u128)
}

pub fn scale(o: &Operands) -> Option<u128> {
    let scaled =
        ScaledSupply::from_atoms_down(Atoms(o[0]), SupplyIndex::from_limbs([o[2], o[3]])).ok()?;
    let [low, high] = scaled.to_limbs();
    Some(join(high, low))
}

pub fn value(o: &Operands) -> Option<u128> {
    // Price and power of ten make wads: 10^18 = 10^8 (price) * 10^9 (decimals) * 10^1.
    mul_128_64_checked(mul_64(o[0], o[1]), 10_000_000_000u64.checked_div(o[3])?)
}

pub fn compare(o: &Operands) -> Option<u128> {
    rank(cmp_mul(join(o[1], o[0]), o[4], join(o[3], o[2]), o[5]))
}

pub fn ratio(o: &Operands) -> Option<u128> {
    let weighted = |high, low| WeightedUsd::of(Usd::from_wad(join(high, low)), Bps(1)).ok();
    let health = Health {
        collateral: weighted(o[1], o[0])?,
        debt: weighted(o[3], o[2])?,
    };
    health.ratio_down().map(u128::from)
}
