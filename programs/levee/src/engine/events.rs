//! What a liquidation did, as events.

use anchor_lang::prelude::*;
use levee_risk::liquidation::Plan;
use levee_risk::policy::Tier;
use levee_risk::valuation::ratio_ppm_down;

use super::parties::{Done, Fact};
use crate::events::{BatchEntry, Liquidated, Netted};

/// The event of an executed plan; the reserves are (repaid, seized).
pub fn liquidated(
    obligation: &Pubkey,
    (repay_key, seize_key): (&Pubkey, &Pubkey),
    plan: &Plan,
    done: &Done,
) -> Liquidated {
    Liquidated {
        obligation: *obligation,
        repay_reserve: *repay_key,
        seize_reserve: *seize_key,
        repaid_atoms: plan.repay.0,
        seized_atoms: plan.seize.0,
        insurance_atoms: plan.insurance.0,
        repay_price: done.repay_price,
        seize_price: done.seize_price,
        health_before_ppm: ratio_ppm_down(plan.health),
        health_after_ppm: done.health_after.ppm_down(),
        bonus_ppm: plan.bonus.0,
        unhealthy_slots: done.clocks.unhealthy_slots,
        bad_debt_atoms: done.bad_debt.0,
        insured_atoms: done.insured.0,
        tier: number_of(done.tier),
        as_deposit: done.as_deposit,
    }
}

/// The same as a part of a batch's event.
#[inline(always)]
pub fn batch_entry(obligation: &Pubkey, plan: &Plan, done: &Done) -> BatchEntry {
    BatchEntry {
        obligation: *obligation,
        repaid_atoms: plan.repay.0,
        seized_atoms: plan.seize.0,
        insurance_atoms: plan.insurance.0,
        health_before_ppm: ratio_ppm_down(plan.health),
        health_after_ppm: done.health_after.ppm_down(),
        bonus_ppm: plan.bonus.0,
        unhealthy_slots: done.clocks.unhealthy_slots,
        bad_debt_atoms: done.bad_debt.0,
        insured_atoms: done.insured.0,
        tier: number_of(done.tier),
    }
}

/// A tier as events count it.
const fn number_of(tier: Tier) -> u8 {
    match tier {
        Tier::Mild => 0,
        Tier::Aged => 1,
        Tier::Severe => 2,
    }
}

/// Emits what happened besides.
pub fn emit_fact(obligation: &Pubkey, fact: Fact) {
    match fact {
        Fact::Netted(net) => emit!(Netted {
            obligation: *obligation,
            reserve: net.reserve,
            atoms: net.atoms.0,
        }),
        Fact::Settled(settled) => emit!(settled),
    }
}
