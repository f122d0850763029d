//! An obligation's sheet: what it holds and owes, with the weights and prices that a purpose asks for.

use anchor_lang::prelude::*;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::liquidation::AuctionParams;
use levee_risk::policy::Moment;
use levee_risk::price::{Doubt, Price, Scale};
use levee_risk::sheet::{Holding, Sheet, Source, View};
use levee_risk::units::{Atoms, Bps, Usd};

use super::reserves::{Listed, Reserves};
use crate::error::{math, LeveeError};
use crate::gate::State;
use crate::state::{ElevationGroup, LendingMarket, Obligation, Position, Reserve};

/// What an obligation is valued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Borrowing and withdrawing: LTVs, capped rates.
    NewRisk,
    /// Liquidation thresholds, rates as observed; of deposits other than that in the reserve that would be seized, dust is
    /// passed over where its price is too old.
    Liquidation(Option<&'a Pubkey>),
    /// The same at cached prices of any age: what bots and displays look at, never the program.
    Watch,
}

impl Purpose<'_> {
    #[inline(always)]
    fn source(self, reserve: &Reserve, moment: Moment) -> Result<Source> {
        match self {
            Self::NewRisk | Self::Liquidation(_) => reserve.source(moment),
            Self::Watch => Ok(reserve.cached_source()),
        }
    }

    /// Whether a deposit in `key` may be passed over.
    fn spares(self, key: &Pubkey) -> bool {
        matches!(self, Self::Liquidation(seized) if seized != Some(key))
    }
}

/// What a liquidation passes over: deposits whose price nobody posts any more, as long as they are dust together.
///
/// A deposit asks for no price, so that anybody may hold an atom of anything, and a silent oracle behind it would protect the
/// whole obligation. Such a deposit counts at its last price, neither more nor less: a liquidator gains nothing by leaving
/// out a refresh, and the owner, who may refresh too, no more than the dust value. One that was never priced is asked.
struct Spared(Usd);

impl Spared {
    /// The last price behind a deposit of `atoms`; nothing where it is no dust beside what was passed over before.
    #[cold]
    #[inline(never)]
    fn source(
        &mut self,
        reserve: &Reserve,
        atoms: Atoms,
        market: &LendingMarket,
    ) -> Option<Source> {
        let source = reserve.cached_source();
        if source.quote.price == 0 {
            return None;
        }
        let scale = Scale::new(reserve.decimals, source.quote.exponent)?;
        let price = reserve.rate().apply_up(source.quote.price).ok()?;
        let value = Price::new(price, scale).value_up(atoms).ok()?;
        self.0 = self.0.checked_add(value).ok()?;
        (self.0 < market.dust()).then_some(source)
    }
}

/// What a valuation finds besides the sheet.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    /// How many accounts of the list were used.
    pub used: usize,
    /// The latest clock jump that any of its reserves saw.
    pub clock_jump_slot: u64,
}

impl Valued {
    /// Refuses new risk where any of the reserves saw the clock jump lately; the gate knows but the one that is touched.
    ///
    /// # Errors
    /// [`LeveeError::InRestartGrace`].
    pub fn check_clock(&self, market: &LendingMarket, slot: u64) -> Result<()> {
        require!(
            !market.is_in_grace(slot, 0, self.clock_jump_slot),
            LeveeError::InRestartGrace
        );
        Ok(())
    }
}

/// The time that `clock` shows.
pub fn moment(clock: &Clock) -> Moment {
    Moment {
        slot: clock.slot,
        now_ts: clock.unix_timestamp,
    }
}

/// Values an obligation through its reserves, each refreshed in this slot, into `sheet`: the caller's, because it is half as
/// large as a stack frame may be.
///
/// # Errors
/// [`LeveeError::WrongReserveList`], [`LeveeError::RateTooOld`] for new risk, [`LeveeError::UnknownElevationGroup`],
/// and those of [`Reserve::source`], of dust only where [`Purpose`] says so.
pub fn value(
    sheet: &mut Sheet,
    obligation: &Obligation,
    reserves: &impl Reserves,
    market: &LendingMarket,
    moment: Moment,
    purpose: Purpose,
) -> Result<Valued> {
    let group = market.group(obligation.elevation_group)?;
    sheet.clear();
    let mut valued = Valued {
        used: 0,
        clock_jump_slot: 0,
    };
    let Valued {
        used,
        clock_jump_slot,
    } = &mut valued;
    let mut spared = Spared(Usd::ZERO);
    for position in obligation.deposits() {
        reserves.read(used, &position.reserve, |reserve| {
            *clock_jump_slot = reserve.clock_jump_slot.max(*clock_jump_slot);
            let weight = deposit_weight(reserve, obligation, group, moment.now_ts, purpose);
            let rate = match purpose {
                Purpose::NewRisk => {
                    require!(reserve.price.rate_is_stale == 0, LeveeError::RateTooOld);
                    reserve.capped_rate()
                }
                Purpose::Liquidation(_) | Purpose::Watch => reserve.rate(),
            };
            let holding = Holding {
                atoms: deposited(position, reserve)?,
                rate,
                weight,
                decimals: reserve.decimals,
            };
            let source = match purpose.source(reserve, moment) {
                Err(error) if purpose.spares(&position.reserve) => {
                    spared.source(reserve, holding.atoms, market).ok_or(error)?
                }
                source => source?,
            };
            sheet.add_deposit(holding, &source).map_err(math)
        })?;
    }
    for position in obligation.borrows() {
        reserves.read(used, &position.reserve, |reserve| {
            *clock_jump_slot = reserve.clock_jump_slot.max(*clock_jump_slot);
            require!(
                purpose != Purpose::NewRisk || reserve.price.rate_is_stale == 0,
                LeveeError::RateTooOld
            );
            let holding = Holding {
                atoms: owed(position, reserve)?,
                rate: reserve.rate(),
                weight: Bps(reserve.config.borrow_factor_bps),
                decimals: reserve.decimals,
            };
            sheet
                .add_borrow(holding, &purpose.source(reserve, moment)?)
                .map_err(math)
        })?;
    }
    Ok(valued)
}

/// Refuses an obligation whose debt exceeds what its LTVs allow at prices against it, and returns what the valuation found.
/// `reserves` are those of all its positions, in its own order.
///
/// # Errors
/// [`LeveeError::LtvExceeded`], [`LeveeError::PriceConfidenceTooWide`], [`LeveeError::PriceDivergesFromAverage`], and those of
/// [`value`].
pub fn check_new_risk(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    market: &LendingMarket,
    moment: Moment,
) -> Result<Valued> {
    let mut room = Sheet::EMPTY;
    let sheet = &mut room;
    let valued = value(
        sheet,
        obligation,
        &Listed(reserves),
        market,
        moment,
        Purpose::NewRisk,
    )?;
    require!(valued.used == reserves.len(), LeveeError::WrongReserveList);
    match sheet.doubt() {
        None => {}
        Some(Doubt::WideConfidence) => return err!(LeveeError::PriceConfidenceTooWide),
        Some(Doubt::EmaDivergence) => return err!(LeveeError::PriceDivergesFromAverage),
    }
    let book = sheet.book(View::NewRisk).map_err(math)?;
    require!(book.health.is_healthy(), LeveeError::LtvExceeded);
    Ok(valued)
}

/// The auction when `reserve` is seized from an obligation in `group`.
pub fn auction(
    reserve: &Reserve,
    obligation: &Obligation,
    market: &LendingMarket,
) -> Result<AuctionParams> {
    let group = market.group(obligation.elevation_group)?;
    Ok(match group {
        Some(group) if reserve.is_in_group(obligation.elevation_group) => {
            group.config.auction.params()
        }
        _ => reserve.config.auction(),
    })
}

/// What a deposit is worth in atoms, rounded down.
#[inline(always)]
pub fn deposited(position: &Position, reserve: &Reserve) -> Result<Atoms> {
    ScaledSupply::from_limbs(position.scaled.0)
        .atoms_down(reserve.supply_index())
        .map_err(math)
}

/// What is owed in atoms, rounded up.
#[inline(always)]
pub fn owed(position: &Position, reserve: &Reserve) -> Result<Atoms> {
    ScaledDebt::from_limbs(position.scaled.0)
        .atoms_up(reserve.borrow_index())
        .map_err(math)
}

#[inline(always)]
fn deposit_weight(
    reserve: &Reserve,
    obligation: &Obligation,
    group: Option<&ElevationGroup>,
    now_ts: i64,
    purpose: Purpose,
) -> Bps {
    let group = group.filter(|_| reserve.is_in_group(obligation.elevation_group));
    match (purpose, group) {
        // Freezing a suspect collateral stops borrowing against it.
        (Purpose::NewRisk, _) if reserve.status & State::FROZEN.bits() != 0 => Bps(0),
        (Purpose::NewRisk, Some(group)) => Bps(group.config.ltv_bps),
        (Purpose::NewRisk, None) => Bps(reserve.config.ltv_bps),
        (_, Some(group)) => group.threshold(now_ts),
        (_, None) => reserve
            .threshold_ramp
            .at(reserve.config.threshold_bps, now_ts),
    }
}

/// What a debt of `scaled` in `reserve` is worth at its plain price, rounded up.
///
/// # Errors
/// Those of [`Reserve::source`], [`LeveeError::MathOverflow`].
pub fn debt_value(reserve: &Reserve, scaled: ScaledDebt, moment: Moment) -> Result<Usd> {
    let quote = reserve.source(moment)?.quote;
    let scale = Scale::new(reserve.decimals, quote.exponent);
    let price = Price::new(
        reserve.rate().apply_up(quote.price).map_err(math)?,
        scale.ok_or(LeveeError::PriceExponentOutOfRange)?,
    );
    let atoms = scaled.atoms_up(reserve.borrow_index()).map_err(math)?;
    price.value_up(atoms).map_err(math)
}
