//! The contents of the accounts of a [`World`](crate::world::World), drawn from a fuzzer's bytes.

use anchor_lang::prelude::Clock;
use bytemuck::Zeroable;
use levee::state::{
    AuctionConfig, ElevationGroupConfig, LendingMarket, Limbs, MarketConfig, RatePoint, Reserve,
    ReserveConfig, MAX_CURVE_POINTS, MIN_LIQUIDATION_CEILING_MICRO_USD, ORACLE_PYTH_PULL,
    RATE_NONE, RATE_STAKE_POOL,
};
use levee_risk::fixed::{BorrowIndex, SupplyIndex};
use levee_risk::rate::Rate;

use crate::world::{key, MARKET, MINT, OWNER, RESERVE, SPL_TOKEN, STAKE_POOL, VAULT};
use crate::Bytes;

/// The oracle's feed of a reserve.
pub fn feed(reserve: usize) -> [u8; 32] {
    // The third is a share of the first.
    [100 + (reserve % 2) as u8; 32]
}

/// A fully verified `PriceUpdateV2`.
pub fn price(bytes: &mut Bytes, feed: [u8; 32], clock: &Clock) -> Vec<u8> {
    let mut data = pyth_discriminator().to_vec();
    data.extend([0; 32]);
    data.push(1);
    data.extend(feed);
    data.extend(bytes.array::<4>());
    data.extend([0; 4]);
    data.extend(bytes.array::<4>());
    data.extend([0; 4]);
    data.extend((-(i32::from(bytes.u8() % 16))).to_le_bytes());
    data.extend((clock.unix_timestamp - i64::from(bytes.u8() % 90)).to_le_bytes());
    data.extend([0; 8]);
    data.extend(bytes.array::<4>());
    data.extend([0; 20]);
    data.resize(134, 0);
    data
}

fn pyth_discriminator() -> [u8; 8] {
    // sha256("account:PriceUpdateV2"), its first eight bytes.
    [34, 241, 35, 99, 157, 126, 244, 205]
}

/// An SPL stake pool of the third reserve's token.
pub fn stake_pool(bytes: &mut Bytes, clock: &Clock) -> Vec<u8> {
    let mut data = vec![0; 611];
    data[0] = 1;
    data[162..194].copy_from_slice(key(MINT + 2).as_ref());
    data[258..266].copy_from_slice(&bytes.u64().to_le_bytes());
    data[266..274].copy_from_slice(&bytes.u64().to_le_bytes());
    data[274..282].copy_from_slice(&(clock.epoch - u64::from(bytes.u8() % 3)).to_le_bytes());
    data
}

/// A market that the owner may do everything in, with one elevation group.
pub fn market(bytes: &mut Bytes) -> LendingMarket {
    let mut market = LendingMarket::zeroed();
    market.owner = key(OWNER);
    market.pending_owner = key(OWNER);
    market.risk_admin = key(OWNER);
    market.guardian = key(OWNER);
    market.config = MarketConfig::DEFAULT;
    market.groups[0].config = ElevationGroupConfig {
        debt_reserve: key(RESERVE + 1),
        auction: auction(bytes.u8()),
        ltv_bps: 8_500,
        threshold_bps: 9_000,
        unused: 0,
    };
    market.status = bytes.u8() & 7 & bytes.u8();
    market
}

fn auction(start: u8) -> AuctionConfig {
    AuctionConfig {
        start_ppm: 10 * u32::from(start),
        slope_ppm_per_slot: 20,
        width_ppm: 150_000,
        max_ppm: 50_000,
        insolvent_ppm: 20_000,
        margin_ppm: 500,
        min_target_bps: 10_050,
    }
}

/// A reserve with a price, and the third with a rate; nothing in it yet.
pub fn reserve(index: usize, bytes: &mut Bytes, clock: &Clock) -> Reserve {
    let mut reserve = Reserve::zeroed();
    let is_staked = index == 2;
    reserve.market = key(MARKET);
    reserve.mint = key(MINT + index);
    reserve.token_program = SPL_TOKEN;
    reserve.vault = key(VAULT + index);
    reserve.supply_index = Limbs(SupplyIndex::ONE.to_limbs());
    reserve.borrow_index = Limbs(BorrowIndex::ONE.to_limbs());
    reserve.last_accrual_ts = clock.unix_timestamp - i64::from(bytes.u8() % 4) * 1_000;
    reserve.decimals = if is_staked { 9 } else { 6 + bytes.u8() % 4 };
    let mut curve = [RatePoint::default(); MAX_CURVE_POINTS];
    for (point, (utilization_bps, rate_bps)) in
        curve
            .iter_mut()
            .zip([(0, 0), (8_000, 600), (10_000, 10_000)])
    {
        *point = RatePoint {
            utilization_bps,
            rate_bps,
        };
    }
    reserve.config = ReserveConfig {
        oracle_feed: feed(index),
        rate_source: if is_staked {
            key(STAKE_POOL).to_bytes()
        } else {
            [0; 32]
        },
        deposit_cap_atoms: u64::MAX,
        borrow_cap_atoms: u64::MAX,
        outflow_cap_atoms: u64::MAX,
        outflow_window_slots: 216_000,
        liquidation_ceiling_micro_usd: match bytes.u8() & 1 {
            0 => 0,
            _ => MIN_LIQUIDATION_CEILING_MICRO_USD + u64::from(bytes.u32()),
        },
        oracle_kind: ORACLE_PYTH_PULL,
        ltv_bps: 7_500,
        threshold_bps: 8_000 + u32::from(bytes.u8()),
        borrow_factor_bps: 10_000 + 20 * u32::from(bytes.u8()),
        auction: auction(bytes.u8()),
        take_rate_bps: 1_000,
        origination_fee_bps: 1,
        flash_fee_bps: 1,
        max_price_age_seconds: 60,
        max_mild_price_age_seconds: 10,
        max_confidence_bps: 200,
        confidence_multiple_bps: 21_200,
        max_ema_divergence_bps: 2_500,
        rate_kind: if is_staked {
            RATE_STAKE_POOL
        } else {
            RATE_NONE
        },
        max_rate_growth_bps: if is_staked { 1_000 } else { 0 },
        elevation_groups: u32::from(bytes.u8() & 1),
        curve_len: 3,
        curve,
        unused: 0,
    };
    reserve.config.validate().expect("a valid configuration");
    let price = 1 + u64::from(bytes.u32());
    let cache = &mut reserve.price;
    cache.price = price;
    cache.confidence = price / (1 + u64::from(bytes.u8()) * 4);
    cache.ema = price * u64::from(128 + u32::from(bytes.u8())) / 256 + 1;
    cache.exponent = -8 + i32::from(bytes.u8() % 4);
    cache.publish_ts = clock.unix_timestamp - i64::from(bytes.u8() % 70);
    cache.refreshed_slot = clock.slot - u64::from(bytes.u8() == 1);
    cache.refreshed_ts = clock.unix_timestamp;
    if is_staked {
        cache.rate = Rate::ONE.0 + u64::from(bytes.u32()) * 64;
        cache.capped_rate = cache.rate - cache.rate / (4 + u64::from(bytes.u8()));
    }
    reserve
}
