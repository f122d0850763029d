//! Discriminators, sizes and field offsets of the accounts and of the structs inside them.

use std::mem::{align_of, offset_of, size_of, size_of_val};

use anchor_lang::Discriminator;
use anchor_lang_idl::types::IdlSerialization;
use bytemuck::Zeroable;
use levee::state::*;

use crate::idl;
use crate::layout::{described, Fields, Layout};

/// A struct as the compiler lays it out; one with a field that is not named does not compile.
macro_rules! compiled {
    ($type:ident { $($field:ident),* $(,)? }) => {{
        let value: $type = Zeroable::zeroed();
        let $type { $($field: _),* } = value;
        let layout = Layout {
            size: size_of::<$type>(),
            align: align_of::<$type>(),
            fields: vec![$((
                stringify!($field).to_owned(),
                offset_of!($type, $field),
                size_of_val(&value.$field),
            )),*],
        };
        (stringify!($type), layout)
    }};
}

#[test]
fn every_account_has_its_discriminator() {
    let described: Vec<_> = idl()
        .accounts
        .into_iter()
        .map(|account| (account.name, account.discriminator))
        .collect();
    let expected = [
        ("LendingMarket", LendingMarket::DISCRIMINATOR),
        ("Obligation", Obligation::DISCRIMINATOR),
        ("Reserve", Reserve::DISCRIMINATOR),
    ];
    let expected = expected.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    assert_eq!(described, expected);
}

#[test]
fn every_field_of_every_account_lies_where_the_idl_says() {
    let idl = idl();
    let mut compiled = vec![
        compiled!(LendingMarket {
            owner,
            pending_owner,
            risk_admin,
            guardian,
            creator,
            id,
            config,
            groups,
            pending_group,
            pending_group_ts,
            pending_group_number,
            status,
            bump,
            unused,
        }),
        compiled!(MarketConfig {
            dust_micro_usd,
            max_proof_gap_slots,
            mild_wait_slots,
            restart_grace_slots,
            risk_delay_seconds,
            kappa_bps,
            insurance_share_bps,
            mild_lift_bps,
            threshold_ramp_seconds,
        }),
        compiled!(ElevationGroup { config, ramp }),
        compiled!(ElevationGroupConfig {
            debt_reserve,
            auction,
            ltv_bps,
            threshold_bps,
            unused
        }),
        compiled!(ThresholdRamp {
            start_ts,
            end_ts,
            from_bps,
            unused
        }),
        compiled!(AuctionConfig {
            start_ppm,
            slope_ppm_per_slot,
            width_ppm,
            max_ppm,
            insolvent_ppm,
            margin_ppm,
            min_target_bps,
        }),
        compiled!(Reserve {
            market,
            mint,
            token_program,
            vault,
            available_atoms,
            scaled_supply,
            scaled_debt,
            supply_index,
            borrow_index,
            scaled_insurance,
            protocol_fees,
            last_accrual_ts,
            flash_loan_atoms,
            price,
            rate_anchor,
            clock_jump_slot,
            outflow,
            liquidated,
            threshold_ramp,
            config,
            pending_config,
            pending_config_ts,
            decimals,
            status,
            bump,
            unused,
        }),
        compiled!(PriceCache {
            price,
            confidence,
            ema,
            publish_ts,
            refreshed_slot,
            refreshed_ts,
            rate,
            capped_rate,
            rate_ts,
            exponent,
            rate_is_stale,
        }),
        compiled!(RateAnchor { rate, observed_ts }),
        compiled!(SlotUsage { slot, micro_usd }),
        compiled!(OutflowWindow {
            start_slot,
            net_atoms
        }),
        compiled!(ReserveConfig {
            oracle_feed,
            rate_source,
            deposit_cap_atoms,
            borrow_cap_atoms,
            outflow_cap_atoms,
            outflow_window_slots,
            liquidation_ceiling_micro_usd,
            oracle_kind,
            ltv_bps,
            threshold_bps,
            borrow_factor_bps,
            auction,
            take_rate_bps,
            origination_fee_bps,
            flash_fee_bps,
            max_price_age_seconds,
            max_mild_price_age_seconds,
            max_confidence_bps,
            confidence_multiple_bps,
            max_ema_divergence_bps,
            rate_kind,
            max_rate_growth_bps,
            elevation_groups,
            curve_len,
            curve,
            unused,
        }),
        compiled!(RatePoint {
            utilization_bps,
            rate_bps
        }),
        compiled!(Obligation {
            market,
            owner,
            id,
            unhealthy_slots,
            auction_slots,
            last_seen_unhealthy_slot,
            last_risk_increase_slot,
            deposit_count,
            borrow_count,
            elevation_group,
            bump,
            last_seen_permitted,
            unused,
            deposits,
            borrows,
        }),
        compiled!(Position { reserve, scaled }),
    ];
    let limbs = Layout {
        size: size_of::<Limbs>(),
        align: align_of::<Limbs>(),
        fields: Fields::new(),
    };
    compiled.push(("Limbs", limbs));
    for (name, layout) in &compiled {
        assert_eq!(&described(&idl, name), layout, "{name}");
    }
    let laid_out = idl
        .types
        .iter()
        .filter(|ty| ty.serialization == IdlSerialization::Bytemuck);
    let mut names: Vec<_> = laid_out.map(|ty| ty.name.as_str()).collect();
    let mut expected: Vec<_> = compiled.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn structs_have_no_padding_so_that_borsh_and_memory_agree() {
    let idl = idl();
    for ty in &idl.types {
        if ty.serialization == IdlSerialization::Bytemuck && ty.name != "Limbs" {
            let layout = described(&idl, &ty.name);
            let fields: usize = layout.fields.iter().map(|(_, _, size)| size).sum();
            assert_eq!(fields, layout.size, "{}", ty.name);
        }
    }
}
