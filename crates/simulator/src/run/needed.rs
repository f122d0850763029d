//! How much of a liquidation was needed.

use anyhow::Result;
use levee_risk::liquidation::{plan_liquidation, AuctionParams, EngineParams};
use levee_risk::units::{Atoms, Bps, Ppm, Usd};

use crate::engines::Seen;
use crate::market::micro_usd;

const NO_BONUS: AuctionParams = AuctionParams {
    start: Ppm(0),
    slope_per_slot: Ppm(0),
    width: Ppm(1_000_000),
    max: Ppm(0),
    insolvent: Ppm(0),
    margin: Ppm(1),
    min_target: Bps(10_000),
};

const NO_RULES: EngineParams = EngineParams {
    kappa: Bps(0),
    dust: Usd::ZERO,
    insurance_share: Bps(0),
};

/// The least debt, in millionths of a dollar, whose repayment at no bonus would make the obligation healthy; by the risk
/// library's closed form on the pair that heals most.
pub fn needed_micro_usd(seen: &Seen) -> Result<i64> {
    let Seen {
        obligation,
        sheet,
        book,
        ..
    } = seen;
    let mut best: Option<Usd> = None;
    for deposit in 0..obligation.deposits().len() {
        for debt in 0..obligation.borrows().len() {
            let (held, owed) = (sheet.seized_side(deposit)?, sheet.repaid_side(debt)?);
            let plan =
                plan_liquidation(book, &held, &owed, &NO_BONUS, &NO_RULES, 0, Atoms(u64::MAX));
            if let Ok(plan) = plan {
                best = Some(best.map_or(plan.close_value, |known| known.min(plan.close_value)));
            }
        }
    }
    Ok(best.map_or(0, micro_usd))
}
