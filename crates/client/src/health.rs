//! How an obligation stands, for people: what it holds and owes, how much more it may borrow, and where it becomes liquidatable.

use anchor_lang::prelude::{Error, Pubkey, Result};
use levee::engine::{value, Purpose};
use levee::error::{math, LeveeError};
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_risk::policy::Moment;
use levee_risk::price::Doubt;
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::{Book, Health};

use crate::quote::{self, Copies};

/// A deposit or a debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The reserve.
    pub reserve: Pubkey,
    /// Deposits rounded down, debts up.
    pub atoms: Atoms,
    /// At the plain price; deposits rounded down, debts up.
    pub value: Usd,
    /// The liquidation threshold, ramps and elevation groups considered, or the borrow factor.
    pub weight: Bps,
}

/// An obligation in dollars.
#[derive(Clone, Debug)]
pub struct Statement {
    /// In the obligation's order.
    pub deposits: Vec<Holding>,
    /// In the obligation's order.
    pub borrows: Vec<Holding>,
    /// At plain prices and liquidation thresholds.
    pub book: Book,
    /// What its LTVs allow (`collateral`) against its weighted debt, at prices against it; `None` where the program would
    /// refuse any new risk now, whatever the amount.
    pub limit: Option<Health>,
}

impl Statement {
    /// The health factor in parts per million, rounded down; `None` without debt.
    pub fn health_factor_ppm_down(&self) -> Option<u64> {
        factor_ppm_down(&self.book.health)
    }

    /// Whether it is below its liquidation threshold at plain prices.
    pub fn is_unhealthy(&self) -> bool {
        !self.book.health.is_healthy()
    }
}

/// The health factor in parts per million, rounded down, however high; `None` without debt. Saturates at `u64::MAX`.
///
/// The program's own ([`Health::ppm_down`]) need not tell a high one from infinity, since it is for what can be liquidated.
///
/// ```
/// use levee_client::health::factor_ppm_down;
/// use levee_risk::units::{Bps, Usd};
/// use levee_risk::valuation::{Health, WeightedUsd};
///
/// let dollars = |dollars: u128| WeightedUsd::of(Usd::from_wad(dollars * 10u128.pow(18)), Bps(10_000));
/// let mut health = Health { collateral: dollars(2_400)?, debt: dollars(101)? };
/// assert_eq!(factor_ppm_down(&health), Some(23_762_376));
/// health.debt = WeightedUsd::ZERO;
/// assert_eq!(factor_ppm_down(&health), None);
/// # Ok::<(), levee_risk::units::MathError>(())
/// ```
pub fn factor_ppm_down(health: &Health) -> Option<u64> {
    const MILLION: u128 = 1_000_000;
    let (collateral, debt) = (health.collateral.raw(), health.debt.raw());
    let (whole, rest) = (collateral.checked_div(debt)?, collateral.checked_rem(debt)?);
    let part = match rest.checked_mul(MILLION) {
        Some(rest) => rest / debt,
        // Billions of dollars: 20 bits less of them, the debt rounded up.
        None => (rest >> 20) * MILLION / ((debt >> 20) + 1),
    };
    let ppm = whole.saturating_mul(MILLION).saturating_add(part);
    Some(u64::try_from(ppm).unwrap_or(u64::MAX))
}

/// States how `obligation` stands at what `reserves` say, whatever their age.
///
/// # Errors
/// [`LeveeError::WrongReserveList`] where a reserve is missing, [`LeveeError::MathOverflow`].
pub fn statement(
    market: &LendingMarket,
    obligation: &Obligation,
    reserves: &Copies,
    moment: Moment,
) -> Result<Statement> {
    let sheet = quote::sheet(market, obligation, |key| reserves.0.get(key), moment)?;
    let mut deposits = Vec::new();
    for (at, position) in obligation.deposits().iter().enumerate() {
        let side = sheet.seized_side(at).map_err(math)?;
        deposits.push(Holding {
            reserve: position.reserve,
            atoms: side.deposited,
            value: side.price.value_down(side.deposited).map_err(math)?,
            weight: side.threshold,
        });
    }
    let mut borrows = Vec::new();
    for (at, position) in obligation.borrows().iter().enumerate() {
        let side = sheet.repaid_side(at).map_err(math)?;
        borrows.push(Holding {
            reserve: position.reserve,
            atoms: side.owed,
            value: side.price.value_up(side.owed).map_err(math)?,
            weight: side.borrow_factor,
        });
    }
    Ok(Statement {
        deposits,
        borrows,
        book: sheet.book(View::Plain).map_err(math)?,
        limit: limit(market, obligation, reserves, moment).ok(),
    })
}

/// The borrowing limit as `borrow` and `withdraw` compute it.
fn limit(
    market: &LendingMarket,
    obligation: &Obligation,
    reserves: &Copies,
    moment: Moment,
) -> Result<Health> {
    let mut reserves = reserves.clone();
    for reserve in reserves.0.values_mut() {
        reserve.price.refreshed_slot = moment.slot;
    }
    let mut sheet = Sheet::EMPTY;
    let purpose = Purpose::NewRisk;
    value(&mut sheet, obligation, &reserves, market, moment, purpose)?
        .check_clock(market, moment.slot)?;
    match sheet.doubt() {
        Some(Doubt::WideConfidence) => Err(LeveeError::PriceConfidenceTooWide.into()),
        Some(Doubt::EmaDivergence) => Err(LeveeError::PriceDivergesFromAverage.into()),
        None => Ok(sheet.book(View::NewRisk).map_err(math)?.health),
    }
}

/// The price of the asset behind `feed`, in its oracle's units, beyond which `obligation` is liquidatable if nothing else changes:
/// the lowest healthy one of an asset that it holds, the highest healthy one of an asset that it owes. `None`
/// where no price of this asset alone decides it.
///
/// Found by bisection over the program's own valuation, so exact to the oracle's unit.
///
/// # Errors
/// As [`statement`].
pub fn liquidation_price(
    market: &LendingMarket,
    obligation: &Obligation,
    reserves: &Copies,
    moment: Moment,
    feed: &[u8; 32],
) -> Result<Option<u64>> {
    let is_priced = |reserve: &Reserve| reserve.config.oracle_feed == *feed;
    let Some(now) = reserves.0.values().find(|reserve| is_priced(reserve)) else {
        return Err(Error::from(LeveeError::WrongReserveList));
    };
    let now = now.price.price;
    let mut moved = reserves.clone();
    let mut is_healthy = |price: u64| -> Result<bool> {
        for reserve in moved.0.values_mut().filter(|reserve| is_priced(reserve)) {
            reserve.price.price = price;
        }
        let find = |key: &Pubkey| moved.0.get(key);
        Ok(quote::book(market, obligation, find, moment)?
            .health
            .is_healthy())
    };
    // A healthy obligation may fall sick towards either side, never both: `W − B` is linear in each price.
    let at_least = is_healthy(1)?;
    let highest = (1..=MOST_DOUBLINGS)
        .map_while(|doubling| {
            now.checked_shl(doubling)
                .filter(|price| price >> doubling == now)
        })
        .take_while(|price| is_healthy(*price).is_ok())
        .last()
        .unwrap_or(now);
    let at_most = is_healthy(highest)?;
    if at_least == at_most {
        return Ok(None);
    }
    let (mut low, mut high) = (1, highest);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_healthy(middle)? == at_least {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(Some(if at_least { low } else { high }))
}

/// A price a million times as high is as good as infinite.
const MOST_DOUBLINGS: u32 = 20;
