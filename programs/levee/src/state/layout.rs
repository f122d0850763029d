//! Where every field of every account lies. Clients read accounts by these numbers: what moves one of them does not compile.
//!
//! An offset counts from the end of the account's discriminator of eight bytes.

use core::mem::{offset_of, size_of};

use super::*;

/// A struct's size, and the offset of each of its fields; a field that is not named does not compile.
macro_rules! laid_out {
    ($type:ident, $size:literal, $($field:ident: $at:literal),* $(,)?) => {
        const _: () = {
            assert!(size_of::<$type>() == $size);
            $(assert!(offset_of!($type, $field) == $at);)*
            // Never called.
            #[allow(dead_code)]
            fn is_complete(value: &$type) {
                let $type { $($field: _),* } = value;
            }
        };
    };
}

laid_out!(LendingMarket, 1_080, owner: 0, pending_owner: 32, risk_admin: 64, guardian: 96, creator: 128, id: 160, config: 168, groups: 224, pending_group: 992, pending_group_ts: 1064, pending_group_number: 1072, status: 1073, bump: 1074, unused: 1075);
laid_out!(MarketConfig, 56, dust_micro_usd: 0, max_proof_gap_slots: 8, mild_wait_slots: 16, restart_grace_slots: 24, risk_delay_seconds: 32, kappa_bps: 40, insurance_share_bps: 44, mild_lift_bps: 48, threshold_ramp_seconds: 52);
laid_out!(ElevationGroup, 96, config: 0, ramp: 72);
laid_out!(ElevationGroupConfig, 72, debt_reserve: 0, auction: 32, ltv_bps: 60, threshold_bps: 64, unused: 68);
laid_out!(ThresholdRamp, 24, start_ts: 0, end_ts: 8, from_bps: 16, unused: 20);
laid_out!(AuctionConfig, 28, start_ppm: 0, slope_ppm_per_slot: 4, width_ppm: 8, max_ppm: 12, insolvent_ppm: 16, margin_ppm: 20, min_target_bps: 24);
laid_out!(Reserve, 1_000, market: 0, mint: 32, token_program: 64, vault: 96, available_atoms: 128, scaled_supply: 136, scaled_debt: 152, supply_index: 168, borrow_index: 184, scaled_insurance: 200, protocol_fees: 216, last_accrual_ts: 232, flash_loan_atoms: 240, price: 248, rate_anchor: 328, clock_jump_slot: 344, outflow: 352, liquidated: 368, threshold_ramp: 384, config: 408, pending_config: 696, pending_config_ts: 984, decimals: 992, status: 993, bump: 994, unused: 995);
laid_out!(PriceCache, 80, price: 0, confidence: 8, ema: 16, publish_ts: 24, refreshed_slot: 32, refreshed_ts: 40, rate: 48, capped_rate: 56, rate_ts: 64, exponent: 72, rate_is_stale: 76);
laid_out!(RateAnchor, 16, rate: 0, observed_ts: 8);
laid_out!(SlotUsage, 16, slot: 0, micro_usd: 8);
laid_out!(OutflowWindow, 16, start_slot: 0, net_atoms: 8);
laid_out!(ReserveConfig, 288, oracle_feed: 0, rate_source: 32, deposit_cap_atoms: 64, borrow_cap_atoms: 72, outflow_cap_atoms: 80, outflow_window_slots: 88, liquidation_ceiling_micro_usd: 96, oracle_kind: 104, ltv_bps: 108, threshold_bps: 112, borrow_factor_bps: 116, auction: 120, take_rate_bps: 148, origination_fee_bps: 152, flash_fee_bps: 156, max_price_age_seconds: 160, max_mild_price_age_seconds: 164, max_confidence_bps: 168, confidence_multiple_bps: 172, max_ema_divergence_bps: 176, rate_kind: 180, max_rate_growth_bps: 184, elevation_groups: 188, curve_len: 192, curve: 196, unused: 284);
laid_out!(RatePoint, 8, utilization_bps: 0, rate_bps: 4);
laid_out!(Obligation, 736, market: 0, owner: 32, id: 64, unhealthy_slots: 72, auction_slots: 80, last_seen_unhealthy_slot: 88, last_risk_increase_slot: 96, deposit_count: 104, borrow_count: 105, elevation_group: 106, bump: 107, last_seen_permitted: 108, unused: 109, deposits: 112, borrows: 496);
laid_out!(Position, 48, reserve: 0, scaled: 32);
