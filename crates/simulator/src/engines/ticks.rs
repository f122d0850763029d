//! Ticks: the powers of 1.0015 among the ratios of debt to collateral, in atoms, by which Fluid and f(x) group positions.
//!
//! Both protocols count atoms without interest; here they are counted with it, so that positions drift from tick to tick by the
//! interest that they owe beyond what they earn (about one a week at 10 % a year).

use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::wide::mul_div_128_up;

use super::case::Case;

/// From one tick to the next.
const STEP: f64 = 1.0015;
/// Atoms by which prices per atom are measured.
const MEASURE: Atoms = Atoms(1_000_000_000);
const PPM: u64 = 1_000_000;
const PPB: u64 = 1_000_000_000;

/// The tick at or below `ratio`.
fn at_or_below(ratio: f64) -> i32 {
    (ratio.ln() / STEP.ln()).floor() as i32
}

/// Debt atoms for a collateral atom of the same value; zero where prices are out of range.
fn parity(case: &Case, (deposit, debt): (usize, usize)) -> f64 {
    let held = case.deposits[deposit].price.value_down(MEASURE);
    let owed = case.debts[debt].price.value_down(MEASURE);
    match (held, owed) {
        (Ok(held), Ok(owed)) if owed.wad() > 0 => held.wad() as f64 / owed.wad() as f64,
        _ => 0.0,
    }
}

/// The tick of a position, were all of it in this pair.
pub fn of_position(case: &Case, pair: (usize, usize)) -> i32 {
    let ltv = case.book.debt.wad() as f64 / case.book.collateral.wad() as f64;
    at_or_below(ltv * parity(case, pair))
}

/// How far below the threshold the next tick lies: the health of a position on it, from one to 1.0015, in parts per billion,
/// rounded up.
pub fn health_below_threshold_ppb(case: &Case, pair: (usize, usize)) -> u64 {
    let health = case.book.health;
    let weighted = health.collateral.raw() as f64 / case.book.collateral.wad() as f64;
    let factor = health.debt.raw() as f64 / case.book.debt.wad() as f64;
    let threshold = weighted / factor * parity(case, pair);
    if !threshold.is_normal() {
        return PPB;
    }
    let tick = STEP.powi(at_or_below(threshold));
    ((threshold / tick * PPB as f64).ceil() as u64).max(PPB)
}

/// What must be repaid at `bonus` to bring the health to `target_ppb`, rounded up; all that is owed where no amount does:
/// `x = (τ·B − W) / (τ·f − l·(1 + b))`.
pub fn close_to_ppb(
    case: &Case,
    (deposit, debt): (usize, usize),
    target_ppb: u64,
    bonus: Ppm,
) -> Atoms {
    let (held, owed) = (&case.deposits[deposit], &case.debts[debt]);
    closes(case, held.threshold, owed.borrow_factor, target_ppb, bonus)
        .and_then(|wad| owed.price.atoms_up(Usd::from_wad(wad)).ok())
        .map_or(owed.owed, |atoms| atoms.min(owed.owed))
}

/// The value to repay in wads, rounded up.
fn closes(case: &Case, threshold: Bps, factor: Bps, target_ppb: u64, bonus: Ppm) -> Option<u128> {
    const UNIT: u64 = 1_000_000_000_000;
    let health = case.book.health;
    let wanted = mul_div_128_up(health.debt.raw(), target_ppb, PPB).ok()?;
    let missing = wanted.checked_sub(health.collateral.raw())?;
    // Basis points, in units of a trillionth.
    let gained = target_ppb
        .checked_mul(u64::from(factor.0))?
        .checked_mul(UNIT / PPB)?;
    let lost = u64::from(threshold.0)
        .checked_mul(PPM + u64::from(bonus.0))?
        .checked_mul(UNIT / PPM)?;
    let per_dollar = gained.checked_sub(lost).filter(|rest| *rest > 0)?;
    mul_div_128_up(missing, UNIT, per_dollar).ok()
}
