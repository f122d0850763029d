//! What differs between two configurations, field by field, for people.

use levee::state::{AuctionConfig, ElevationGroupConfig, MarketConfig, ReserveConfig};
use solana_pubkey::Pubkey;

/// Lines like `ltv_bps: 7500 → 7000`.
pub type Lines = Vec<String>;

macro_rules! compare {
    ($lines:ident, $old:expr, $new:expr, $prefix:literal; $($field:ident)*) => {
        $(
            if $old.$field != $new.$field {
                $lines.push(format!(
                    concat!($prefix, stringify!($field), ": {} → {}"),
                    $old.$field,
                    $new.$field
                ));
            }
        )*
    };
}

/// Of a market's rules and helpers.
pub fn market(old: (&MarketConfig, [Pubkey; 2]), new: (&MarketConfig, [Pubkey; 2])) -> Lines {
    let mut lines = Vec::new();
    let ((old, old_helpers), (new, new_helpers)) = (old, new);
    compare!(lines, old, new, "";
        dust_micro_usd max_proof_gap_slots mild_wait_slots restart_grace_slots risk_delay_seconds kappa_bps
        insurance_share_bps mild_lift_bps threshold_ramp_seconds);
    for (name, (old, new)) in ["risk_admin", "guardian"]
        .iter()
        .zip(old_helpers.iter().zip(new_helpers))
    {
        if *old != new {
            lines.push(format!("{name}: {old} → {new}"));
        }
    }
    lines
}

/// Of a reserve.
pub fn reserve(old: &ReserveConfig, new: &ReserveConfig) -> Lines {
    let mut lines = Vec::new();
    for (name, old, new) in [
        ("oracle_feed", old.oracle_feed, new.oracle_feed),
        ("rate_source", old.rate_source, new.rate_source),
    ] {
        if old != new {
            let hex = levee_client::rpc::hex;
            lines.push(format!("{name}: {} → {}", hex(&old), hex(&new)));
        }
    }
    compare!(lines, old, new, "";
        deposit_cap_atoms borrow_cap_atoms outflow_cap_atoms outflow_window_slots liquidation_ceiling_micro_usd
        oracle_kind ltv_bps threshold_bps borrow_factor_bps take_rate_bps origination_fee_bps flash_fee_bps
        max_price_age_seconds max_mild_price_age_seconds max_confidence_bps confidence_multiple_bps
        max_ema_divergence_bps rate_kind max_rate_growth_bps elevation_groups);
    auction(&mut lines, &old.auction, &new.auction);
    let (old, new) = (points(old), points(new));
    if old != new {
        lines.push(format!("curve: {old} → {new}"));
    }
    lines
}

/// Of an elevation group.
pub fn group(old: &ElevationGroupConfig, new: &ElevationGroupConfig) -> Lines {
    let mut lines = Vec::new();
    compare!(lines, old, new, ""; debt_reserve ltv_bps threshold_bps);
    auction(&mut lines, &old.auction, &new.auction);
    lines
}

fn auction(lines: &mut Lines, old: &AuctionConfig, new: &AuctionConfig) {
    compare!(lines, old, new, "auction.";
        start_ppm slope_ppm_per_slot width_ppm max_ppm insolvent_ppm margin_ppm min_target_bps);
}

/// A curve as `0:0,8000:600`, in basis points.
fn points(config: &ReserveConfig) -> String {
    let used = config.curve.iter().take(config.curve_len as usize);
    let points = used.map(|point| format!("{}:{}", point.utilization_bps, point.rate_bps));
    points.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use levee_client::defaults::reserve_config;

    use super::*;

    /// Changes one byte after the other; whichever it is, somebody must be told.
    fn every_byte<T: bytemuck::Pod>(
        value: T,
        unused: std::ops::Range<usize>,
        told: impl Fn(&T) -> bool,
    ) {
        for at in (0..std::mem::size_of::<T>()).filter(|at| !unused.contains(at)) {
            let mut changed = value;
            bytemuck::bytes_of_mut(&mut changed)[at] ^= 1;
            assert!(told(&changed), "byte {at}");
        }
    }

    #[test]
    fn no_difference_of_a_reserve_goes_untold_and_none_is_invented() {
        let config = reserve_config([1; 32]);
        assert!(reserve(&config, &config).is_empty());
        let size = std::mem::size_of::<ReserveConfig>();
        // Points of the curve that are not used say nothing, and the program has them zero.
        let unused = size - 4 - 8 * 8..size;
        every_byte(config, unused, |changed| {
            !reserve(&config, changed).is_empty()
        });
    }

    #[test]
    fn no_difference_of_a_market_or_a_group_goes_untold() {
        let (config, helpers) = (MarketConfig::DEFAULT, [Pubkey::default(); 2]);
        assert!(market((&config, helpers), (&config, helpers)).is_empty());
        every_byte(config, 0..0, |changed| {
            !market((&config, helpers), (changed, helpers)).is_empty()
        });
        let other = [Pubkey::default(), Pubkey::new_from_array([1; 32])];
        let lines = market((&config, helpers), (&config, other));
        assert!(
            lines.len() == 1 && lines[0].starts_with("guardian: 1111"),
            "{lines:?}"
        );
        let size = std::mem::size_of::<ElevationGroupConfig>();
        let config = ElevationGroupConfig {
            debt_reserve: Pubkey::new_from_array([2; 32]),
            auction: reserve_config([1; 32]).auction,
            ltv_bps: 9_000,
            threshold_bps: 9_300,
            unused: 0,
        };
        every_byte(config, size - 4..size, |changed| {
            !group(&config, changed).is_empty()
        });
    }
}
