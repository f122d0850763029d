//! Price accounts as Pyth's programs write them.

use anchor_lang::{AnchorSerialize, Discriminator};
use levee::oracle::{PYTH_LEGACY_PROGRAMS, PYTH_RECEIVERS};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_pubkey::Pubkey;

const LAMPORTS: u64 = 10_000_000;

/// What a price account says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceSpec {
    /// In units of `10^exponent` dollars.
    pub price: i64,
    /// In the same units.
    pub confidence: u64,
    /// In the same units.
    pub ema: i64,
    /// Of ten.
    pub exponent: i32,
    /// Unix time.
    pub publish_ts: i64,
}

impl PriceSpec {
    /// A calm price in dollars: its average is the same, its confidence a tenth of a percent.
    pub fn usd(dollars: f64, publish_ts: i64) -> Self {
        let price = (dollars * 1e8).round() as i64;
        Self {
            price,
            confidence: price.unsigned_abs() / 1_000,
            ema: price,
            exponent: -8,
            publish_ts,
        }
    }
}

/// A fully verified `PriceUpdateV2` of `feed`.
pub fn price_account(feed: [u8; 32], spec: &PriceSpec) -> Account {
    let update = PriceUpdateV2 {
        write_authority: Pubkey::default(),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id: feed,
            price: spec.price,
            conf: spec.confidence,
            exponent: spec.exponent,
            publish_time: spec.publish_ts,
            prev_publish_time: spec.publish_ts - 1,
            ema_price: spec.ema,
            ema_conf: spec.confidence,
        },
        posted_slot: 1,
    };
    let mut data = PriceUpdateV2::DISCRIMINATOR.to_vec();
    update
        .serialize(&mut data)
        .expect("writing to memory cannot fail");
    data.resize(PriceUpdateV2::LEN, 0);
    Account {
        lamports: LAMPORTS,
        data,
        owner: PYTH_RECEIVERS[0],
        ..Account::default()
    }
}

/// A trading price account of Pyth's legacy program.
pub fn legacy_price_account(spec: &PriceSpec) -> Account {
    // Offsets of the legacy layout, version 2.
    let mut data = vec![0; 3_312];
    let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &0xa1b2_c3d4_u32.to_le_bytes());
    put(4, &2_u32.to_le_bytes());
    put(8, &3_u32.to_le_bytes());
    put(12, &3_312_u32.to_le_bytes());
    put(16, &1_u32.to_le_bytes());
    put(20, &spec.exponent.to_le_bytes());
    put(48, &spec.ema.to_le_bytes());
    put(96, &spec.publish_ts.to_le_bytes());
    put(208, &spec.price.to_le_bytes());
    put(216, &spec.confidence.to_le_bytes());
    put(224, &1_u32.to_le_bytes());
    Account {
        lamports: LAMPORTS,
        data,
        owner: PYTH_LEGACY_PROGRAMS[0],
        ..Account::default()
    }
}

/// The program that owns SPL stake pools.
const STAKE_POOL_PROGRAM: Pubkey =
    Pubkey::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");

/// A stake pool of `mint` as the SPL program writes it.
pub fn stake_pool_account(mint: Pubkey, lamports: u64, supply: u64, epoch: u64) -> Account {
    let mut data = vec![0; 611];
    let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[1]);
    put(162, mint.as_ref());
    put(258, &lamports.to_le_bytes());
    put(266, &supply.to_le_bytes());
    put(274, &epoch.to_le_bytes());
    Account {
        lamports: LAMPORTS,
        data,
        owner: STAKE_POOL_PROGRAM,
        ..Account::default()
    }
}
