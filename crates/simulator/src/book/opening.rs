//! The market when the path begins, opened entry by entry in the program's own ledger.

use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use anyhow::{anyhow, ensure, Result};
use levee::state::{LendingMarket, Limbs, RateAnchor, Reserve};
use levee_risk::fixed::{BorrowIndex, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::policy::Moment;
use levee_risk::sheet::{MAX_BORROWS, MAX_DEPOSITS};
use levee_risk::units::Atoms;

use super::groups::{found_groups, group_of};
use super::{Book, Line};
use crate::market::{default_market, said, Asset, Stake};
use crate::prices::{DOLLAR, PRICE_EXPONENT};

/// Most assets of a market: who holds and owes what is noted in so many bits.
pub const MOST_ASSETS: usize = 32;

/// In which everybody borrows; the path begins in the next one.
const OPENING_SLOT: u64 = 1_000;
/// Lent over borrowed, for each token.
const LIQUIDITY: (u128, u128) = (27, 20);
/// Lent of each token besides.
const LEAST_LIQUIDITY_USD: u128 = 250_000;

/// Atoms of each asset that one borrower holds and owes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// (asset, atoms), no asset twice.
    pub deposits: Vec<(u8, u64)>,
    /// (asset, atoms), no asset twice.
    pub borrows: Vec<(u8, u64)>,
}

/// A market with its book, before anything happens. Obligations without debt are lenders.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Tickers of the reserves.
    pub names: Vec<String>,
    /// The rules.
    pub market: LendingMarket,
    /// Addresses and reserves.
    pub reserves: Vec<(Pubkey, Reserve)>,
    /// The feed of each reserve: the position of its base among the path's assets; the first one beyond is a dollar.
    pub sources: Vec<usize>,
    /// What each reserve's token is a claim on.
    pub stakes: Vec<Option<Stake>>,
    /// Of each feed: what is traded in a day in dollars, and the daily volatility in parts per million.
    pub depths: Vec<(u64, u64)>,
    /// The obligations.
    pub book: Arc<Book>,
    /// When.
    pub moment: Moment,
}

impl Opening {
    /// How many obligations owe something.
    pub fn borrowers(&self) -> usize {
        let owes = |who: &u32| self.book.lines(*who).iter().any(|line| line.is_debt);
        (0..self.book.len() as u32).filter(owes).count()
    }
}

/// The market of `assets` at `prices`, with the design's default rules, lenders, and a borrower for each draft. Assets that are
/// claims on others come last. Whoever borrows an asset against claims on it alone is in the elevation group of these.
///
/// # Errors
/// Where there are too many assets, or the program's ledger refuses a deposit or a borrow.
pub fn open(assets: &[Asset], prices: &[u64], drafts: &[Draft], start_ts: i64) -> Result<Opening> {
    ensure!(
        drafts.iter().any(|draft| !draft.borrows.is_empty()),
        "the book is empty: nobody owes anything"
    );
    ensure!(
        assets.len() <= MOST_ASSETS,
        "{} assets: a market has at most {MOST_ASSETS}",
        assets.len()
    );
    let moment = Moment {
        slot: OPENING_SLOT,
        now_ts: start_ts,
    };
    let mut market = default_market();
    let base = |at: usize| assets[at].stake.map_or(at, |stake| stake.base);
    let mut reserves: Vec<Reserve> = assets
        .iter()
        .enumerate()
        .map(|(at, asset)| new_reserve(asset, prices[base(at)], moment))
        .collect();
    let groups = found_groups(&mut market, &mut reserves, assets)?;
    let mut book = Book::new();
    lend(&mut reserves, &mut book, assets, prices, drafts)?;
    for (number, draft) in drafts.iter().enumerate() {
        let group = group_of(draft, assets, &groups);
        borrow(&mut reserves, &mut book, draft, group).map_err(|error| {
            anyhow!(
                "obligation number {}: the ledger refuses it: {}",
                number + 1,
                said(error)
            )
        })?;
    }
    Ok(Opening {
        names: assets.iter().map(|asset| asset.name.clone()).collect(),
        market,
        reserves: reserves
            .into_iter()
            .enumerate()
            .map(|(at, reserve)| (key(at), reserve))
            .collect(),
        sources: (0..assets.len()).map(base).collect(),
        stakes: assets.iter().map(|asset| asset.stake).collect(),
        depths: assets
            .iter()
            .filter(|asset| asset.stake.is_none())
            .map(|asset| (asset.daily_volume_usd, asset.volatility_ppm))
            .collect(),
        book: Arc::new(book),
        moment,
    })
}

/// The address of the reserve at position `at`.
pub(super) fn key(at: usize) -> Pubkey {
    Pubkey::new_from_array([at as u8 + 1; 32])
}

/// A reserve whose base costs `base_price`.
fn new_reserve(asset: &Asset, base_price: u64, moment: Moment) -> Reserve {
    let mut reserve = Reserve {
        supply_index: Limbs(SupplyIndex::ONE.to_limbs()),
        borrow_index: Limbs(BorrowIndex::ONE.to_limbs()),
        last_accrual_ts: moment.now_ts,
        config: asset.config,
        decimals: asset.decimals,
        ..bytemuck::Zeroable::zeroed()
    };
    reserve.price.price = base_price;
    reserve.price.ema = base_price;
    reserve.price.exponent = PRICE_EXPONENT;
    reserve.price.publish_ts = moment.now_ts;
    reserve.price.refreshed_slot = moment.slot;
    reserve.price.refreshed_ts = moment.now_ts;
    if let Some(stake) = asset.stake {
        reserve.price.rate = stake.rate.0;
        reserve.price.capped_rate = stake.rate.0;
        reserve.price.rate_ts = moment.now_ts;
        reserve.rate_anchor = RateAnchor {
            rate: stake.rate.0,
            observed_ts: moment.now_ts,
        };
    }
    reserve
}

/// One lender for each token.
fn lend(
    reserves: &mut [Reserve],
    book: &mut Book,
    assets: &[Asset],
    prices: &[u64],
    drafts: &[Draft],
) -> Result<()> {
    let mut borrowed = vec![0u128; assets.len()];
    for (asset, atoms) in drafts.iter().flat_map(|draft| &draft.borrows) {
        borrowed[usize::from(*asset)] += u128::from(*atoms);
    }
    for (at, asset) in assets.iter().enumerate() {
        let dollar =
            10u128.pow(u32::from(asset.decimals)) * u128::from(DOLLAR) / u128::from(prices[at]);
        let atoms = borrowed[at] * LIQUIDITY.0 / LIQUIDITY.1 + LEAST_LIQUIDITY_USD * dollar;
        let atoms = u64::try_from(atoms)
            .map_err(|_| anyhow!("the book borrows more {} than there can be", asset.name))?;
        let scaled = reserves[at]
            .deposit(ScaledSupply::ZERO, Atoms(atoms))
            .map_err(|error| anyhow!("lending {}: {}", asset.name, said(error)))?;
        book.push([line(at as u8, false, scaled.to_limbs())]);
    }
    Ok(())
}

fn borrow(
    reserves: &mut [Reserve],
    book: &mut Book,
    draft: &Draft,
    group: u8,
) -> std::result::Result<(), anchor_lang::prelude::Error> {
    if draft.deposits.len() > MAX_DEPOSITS {
        return Err(levee::error::LeveeError::TooManyDeposits.into());
    }
    if draft.borrows.len() > MAX_BORROWS {
        return Err(levee::error::LeveeError::TooManyBorrows.into());
    }
    let mut lines = Vec::with_capacity(draft.deposits.len() + draft.borrows.len());
    for (asset, atoms) in &draft.deposits {
        let reserve = &mut reserves[usize::from(*asset)];
        let scaled = reserve.deposit(ScaledSupply::ZERO, Atoms(*atoms))?;
        lines.push(line(*asset, false, scaled.to_limbs()));
    }
    for (asset, atoms) in &draft.borrows {
        let reserve = &mut reserves[usize::from(*asset)];
        let (scaled, _) = reserve.borrow(ScaledDebt::ZERO, Atoms(*atoms), OPENING_SLOT)?;
        lines.push(line(*asset, true, scaled.to_limbs()));
    }
    book.push_in_group(lines, group);
    Ok(())
}

fn line(asset: u8, is_debt: bool, limbs: [u64; 2]) -> Line {
    Line {
        scaled: Limbs(limbs).get(),
        asset,
        is_debt,
    }
}
