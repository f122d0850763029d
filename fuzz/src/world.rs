//! A market of three reserves with an obligation in it, as accounts.

use anchor_lang::prelude::{Clock, Pubkey};
use anchor_lang::Discriminator;
use bytemuck::{bytes_of, Zeroable};
use levee::oracle::PYTH_RECEIVERS;
use levee::state::{
    AuctionConfig, ElevationGroupConfig, LendingMarket, Limbs, MarketConfig, Obligation, RatePoint,
    Reserve, ReserveConfig, MAX_CURVE_POINTS, ORACLE_PYTH_PULL, RATE_NONE, RATE_STAKE_POOL,
};
use levee_risk::fixed::{BorrowIndex, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::rate::Rate;
use levee_risk::units::Atoms;

use crate::input::Account;
use crate::Bytes;

/// Accounts by their index in [`World::accounts`]; a reserve's are followed by those of the next two.
pub const OWNER: usize = 0;
pub const MARKET: usize = 1;
pub const OBLIGATION: usize = 2;
pub const OTHER_OBLIGATION: usize = 3;
pub const RESERVE: usize = 4;
pub const VAULT: usize = 7;
pub const TOKENS: usize = 10;
pub const MINT: usize = 13;
pub const PRICE: usize = 16;
pub const STAKE_POOL: usize = 19;
pub const TOKEN_PROGRAM: usize = 20;
pub const SYSTEM_PROGRAM: usize = 21;
pub const INSTRUCTIONS: usize = 22;
pub const PROGRAM: usize = 23;
pub const UNKNOWN: usize = 24;

/// SPL Token.
const SPL_TOKEN: Pubkey = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Offsets in a token account.
const TOKEN_OWNER: usize = 32;
const TOKEN_AMOUNT: usize = 64;
const TOKEN_STATE: usize = 108;

/// The accounts, and what the cluster says.
pub struct World {
    pub accounts: Vec<Account>,
    pub clock: Clock,
    pub restart_slot: u64,
    /// The reserves of the obligation's positions in its order.
    pub listed: Vec<usize>,
}

pub fn key(index: usize) -> Pubkey {
    match index {
        TOKEN_PROGRAM => SPL_TOKEN,
        SYSTEM_PROGRAM => solana_sdk_ids::system_program::ID,
        INSTRUCTIONS => solana_sdk_ids::sysvar::instructions::ID,
        PROGRAM => levee::ID,
        _ => Pubkey::new_from_array([index as u8 + 1; 32]),
    }
}

fn feed(reserve: usize) -> [u8; 32] {
    // The third is a share of the first.
    [100 + (reserve % 2) as u8; 32]
}

impl World {
    /// Draws one in which everything belongs together.
    pub fn draw(bytes: &mut Bytes) -> Self {
        let clock = Clock {
            slot: 1_000,
            unix_timestamp: 1_000_000,
            epoch: 7,
            ..Clock::default()
        };
        let group = bytes.u8();
        let mut reserves = [0, 1, 2].map(|index| reserve(index, bytes, &clock));
        let mut obligation = Obligation::zeroed();
        for (index, reserve) in reserves.iter_mut().enumerate() {
            let key = key(RESERVE + index);
            // Somebody else's: something to borrow, and to lose.
            let others = 1 + u64::from(bytes.u32());
            reserve
                .deposit(ScaledSupply::ZERO, Atoms(others))
                .expect("a new reserve takes it");
            let (held, owed) = (u64::from(bytes.u32()), u64::from(bytes.u32()));
            let chosen = bytes.u8();
            if chosen & 1 == 1 && held > 0 {
                let held = reserve.deposit(ScaledSupply::ZERO, Atoms(held));
                obligation
                    .set_deposit(&key, held.expect("a new reserve takes it"))
                    .expect("there is room");
            }
            if chosen & 2 == 2 && (1..=others).contains(&owed) {
                let (owed, _) = reserve
                    .borrow(ScaledDebt::ZERO, Atoms(owed), clock.slot)
                    .expect("it is there");
                obligation.set_debt(&key, owed).expect("there is room");
            }
            reserve
                .insure(Atoms(u64::from(bytes.u8())))
                .expect("it is little");
            reserve.status = bytes.u8() & 7 & bytes.u8();
            reserve.flash_loan_atoms = u64::from(bytes.u8() & 1).min(reserve.available_atoms);
            reserve.available_atoms -= reserve.flash_loan_atoms;
            reserve
                .check_backing()
                .expect("claims are backed from the beginning");
        }
        obligation.market = key(MARKET);
        obligation.owner = key(OWNER);
        obligation.last_seen_unhealthy_slot = clock.slot - u64::from(bytes.u8()).min(900);
        obligation.unhealthy_slots = u64::from(bytes.u8());
        obligation.auction_slots = u64::from(bytes.u8());
        obligation.last_seen_permitted = bytes.u8() & 1;
        obligation.last_risk_increase_slot = clock.slot - u64::from(bytes.u8() & 1);
        obligation.elevation_group = group & 1;
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        let listed = positions
            .filter_map(|p| {
                (0..3)
                    .map(|index| RESERVE + index)
                    .find(|at| key(*at) == p.reserve)
            })
            .collect();
        let mut other = Obligation::zeroed();
        other.market = key(MARKET);
        other.owner = key(OWNER);

        let mut accounts: Vec<Account> = (0..=UNKNOWN).map(blank).collect();
        accounts[MARKET] = owned(
            MARKET,
            LendingMarket::DISCRIMINATOR,
            bytes_of(&market(bytes)),
        );
        accounts[OBLIGATION] = owned(OBLIGATION, Obligation::DISCRIMINATOR, bytes_of(&obligation));
        accounts[OTHER_OBLIGATION] = owned(
            OTHER_OBLIGATION,
            Obligation::DISCRIMINATOR,
            bytes_of(&other),
        );
        for (index, reserve) in reserves.iter().enumerate() {
            let at = RESERVE + index;
            accounts[at] = owned(at, Reserve::DISCRIMINATOR, bytes_of(reserve));
            let vault = tokens(index, at, reserve.available_atoms);
            token_data(&mut accounts, VAULT + index, vault);
            token_data(
                &mut accounts,
                TOKENS + index,
                tokens(index, OWNER, u64::MAX / 2),
            );
            let mut mint = vec![0; 82];
            mint[44] = reserve.decimals;
            mint[45] = 1;
            token_data(&mut accounts, MINT + index, mint);
            accounts[PRICE + index].owner = PYTH_RECEIVERS[0];
            accounts[PRICE + index].data = price(bytes, feed(index), &clock);
        }
        accounts[STAKE_POOL].data = stake_pool(bytes, &clock);
        accounts[INSTRUCTIONS].data = vec![0; 4];
        Self {
            accounts,
            clock,
            restart_slot: if bytes.u8() == 1 { 990 } else { 0 },
            listed,
        }
    }
}

fn blank(index: usize) -> Account {
    Account {
        key: key(index),
        owner: solana_sdk_ids::system_program::ID,
        lamports: 1 << 40,
        data: Vec::new(),
        is_signer: index == OWNER,
        is_writable: true,
        is_executable: matches!(index, TOKEN_PROGRAM | SYSTEM_PROGRAM | PROGRAM),
    }
}

fn owned(index: usize, discriminator: &[u8], body: &[u8]) -> Account {
    Account {
        owner: levee::ID,
        data: [discriminator, body].concat(),
        ..blank(index)
    }
}

fn token_data(accounts: &mut [Account], index: usize, data: Vec<u8>) {
    accounts[index].owner = SPL_TOKEN;
    accounts[index].data = data;
}

fn tokens(mint: usize, owner: usize, atoms: u64) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(key(MINT + mint).as_ref());
    data[TOKEN_OWNER..TOKEN_OWNER + 32].copy_from_slice(key(owner).as_ref());
    data[TOKEN_AMOUNT..TOKEN_AMOUNT + 8].copy_from_slice(&atoms.to_le_bytes());
    data[TOKEN_STATE] = 1;
    data
}

/// A fully verified `PriceUpdateV2`.
fn price(bytes: &mut Bytes, feed: [u8; 32], clock: &Clock) -> Vec<u8> {
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

fn stake_pool(bytes: &mut Bytes, clock: &Clock) -> Vec<u8> {
    let mut data = vec![0; 611];
    data[0] = 1;
    data[162..194].copy_from_slice(key(MINT + 2).as_ref());
    data[258..266].copy_from_slice(&bytes.u64().to_le_bytes());
    data[266..274].copy_from_slice(&bytes.u64().to_le_bytes());
    data[274..282].copy_from_slice(&(clock.epoch - u64::from(bytes.u8() % 3)).to_le_bytes());
    data
}

fn market(bytes: &mut Bytes) -> LendingMarket {
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

fn reserve(index: usize, bytes: &mut Bytes, clock: &Clock) -> Reserve {
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
        liquidation_ceiling_micro_usd: u64::from(bytes.u8() & 1) * u64::from(bytes.u32()),
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
