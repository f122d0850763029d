//! The arithmetic core's own functions, to know what they cost.

use levee_risk::fixed::{BorrowIndex, ScaledDebt, SupplyIndex};
use levee_risk::interest::{
    accrue, borrow_rate_up, compound_growth_up, utilization_down, CurvePoint, Rate, ReserveTotals,
    Utilization,
};
use levee_risk::units::{Atoms, Bps};
use levee_risk::wide::{div_128_64, mul_128_64, mul_64, mul_div_128_down, mul_div_down};

use crate::candidates::{join, Function};
use crate::Operands;

const fn point(utilization_bps: u32, rate_bps: u32) -> CurvePoint {
    CurvePoint {
        utilization_bps,
        rate_bps,
    }
}

static KINKED: [CurvePoint; 3] = [point(0, 0), point(8_000, 400), point(10_000, 6_000)];

static ELEVEN_POINTS: [CurvePoint; 11] = [
    point(0, 0),
    point(1_000, 50),
    point(2_000, 100),
    point(3_000, 150),
    point(4_000, 200),
    point(5_000, 250),
    point(6_000, 300),
    point(7_000, 350),
    point(8_000, 400),
    point(9_000, 1_000),
    point(10_000, 10_000),
];

/// Name and function. The first does nothing: its cost is subtracted from all others.
pub const FUNCTIONS: [(&str, Function); 14] = [
    ("nothing", |_| Some(0)),
    ("mul_64", |o| Some(mul_64(o[0], o[1]))),
    ("u64 as u128 * u64 as u128", |o| {
        Some((o[0] as u128).wrapping_mul(o[1] as u128))
    }),
    ("mul_128_64", |o| {
        let (high, low) = mul_128_64(join(o[1], o[0]), o[2]);
        Some(low ^ high as u128)
    }),
    ("div_128_64", |o| {
        div_128_64(join(o[1], o[0]), o[2])
            .ok()
            .map(|(quotient, _)| quotient)
    }),
    ("u128 / u64 as u128", |o| {
        join(o[1], o[0]).checked_div(o[2] as u128)
    }),
    ("mul_div_down", |o| {
        mul_div_down(o[0], o[1], o[2]).ok().map(u128::from)
    }),
    ("mul_div_128_down", |o| {
        mul_div_128_down(join(o[1], o[0]), o[2], o[3]).ok()
    }),
    ("utilization_down", |o| {
        Some(utilization_down(Atoms(o[0]), Atoms(o[1])).bits() as u128)
    }),
    ("borrow_rate_up, 3 points", |o| {
        Some(borrow_rate_up(&KINKED, Utilization::from_bits(o[0])).bits() as u128)
    }),
    ("compound_growth_up", |o| {
        Some(compound_growth_up(Rate::from_bits(o[0]), o[1]).bits())
    }),
    ("accrue, 3 points", |o| accrual(o, &KINKED)),
    ("accrue, 11 points", |o| accrual(o, &ELEVEN_POINTS)),
    ("accrue, no time elapsed", |o| {
        accrual(&[o[0], o[1], o[2], o[3], o[4], 0], &KINKED)
    }),
];

/// Operands: available atoms, debt atoms, supply index and borrow index (fractions above one), take rate, seconds.
#[inline(never)]
fn accrual(o: &Operands, curve: &[CurvePoint]) -> Option<u128> {
    let state = ReserveTotals {
        available: Atoms(o[0]),
        debt: ScaledDebt::from_limbs([o[1] << 32, o[1] >> 32]),
        supply_index: SupplyIndex::from_limbs([o[2], 1]),
        borrow_index: BorrowIndex::from_limbs([o[3], 1]),
    };
    let accrual = accrue(&state, curve, Bps(o[4] as u32), o[5]).ok()?;
    let [supply, _] = accrual.supply_index.to_limbs();
    let [borrow, _] = accrual.borrow_index.to_limbs();
    let [fees, _] = accrual.fees.to_limbs();
    Some(join(supply ^ fees, borrow))
}
