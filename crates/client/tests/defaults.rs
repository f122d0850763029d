//! The defaults are those of the design's table.

use anchor_lang::prelude::Pubkey;
use levee::state::AuctionConfig;
use levee_client::defaults::{
    elevation_group_config, reserve_config, stable_group_config, stable_reserve_config,
};

/// A column of the table: in millionths, and the target in basis points.
fn column(start_ppm: u32, slope: u32, max_ppm: u32, target: u32, width: u32) -> AuctionConfig {
    AuctionConfig {
        start_ppm,
        slope_ppm_per_slot: slope,
        width_ppm: width,
        max_ppm,
        insolvent_ppm: 20_000,
        margin_ppm: 500,
        min_target_bps: target,
    }
}

/// `share` percent of what a threshold in basis points leaves, in millionths.
fn part_of_rest(share: u32, threshold_bps: u32) -> u32 {
    (10_000 - threshold_bps) * share
}

#[test]
fn a_token_of_its_own_has_the_first_column() {
    for config in [reserve_config([1; 32]), stable_reserve_config([1; 32])] {
        let width = part_of_rest(75, config.threshold_bps);
        let due = column(1_000, 20, 50_000, 10_050, width);
        assert_eq!(config.auction, due);
    }
}

#[test]
fn a_staked_token_against_its_base_has_the_second_column() {
    for threshold in [9_300, 9_000] {
        let group = elevation_group_config(Pubkey::new_from_array([1; 32]), 8_900, threshold);
        let due = column(500, 5, 20_000, 10_030, part_of_rest(50, threshold));
        assert_eq!(group.auction, due);
    }
}

#[test]
fn a_stable_pair_has_the_third_column() {
    for threshold in [9_500, 9_000] {
        let group = stable_group_config(Pubkey::new_from_array([1; 32]), 8_900, threshold);
        let due = column(500, 5, 20_000, 10_100, part_of_rest(50, threshold));
        assert_eq!(group.auction, due);
        assert_eq!(group.threshold_bps, threshold);
    }
}
