//! What an obligation is worth, and what liquidating it would do, by the program's own code on decoded accounts.

use std::collections::HashMap;

use anchor_lang::prelude::{Error, Pubkey, Result};
use levee::engine::{value, Done, Fact, Held, Parties, Purpose, Reserves, Rules};
use levee::error::{math, LeveeError};
use levee::state::{LendingMarket, Obligation, Reserve, Restart};
use levee_risk::policy::Moment;
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;

/// Decoded reserves by their addresses: what a quote changes instead of accounts.
#[derive(Clone, Default)]
pub struct Copies(pub HashMap<Pubkey, Reserve>);

impl Reserves for Copies {
    fn read<T>(
        &self,
        _: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T>,
    ) -> Result<T> {
        look(self.0.get(key).ok_or(LeveeError::WrongReserveList)?)
    }

    fn write<T>(
        &mut self,
        key: &Pubkey,
        change: impl FnOnce(&mut Reserve) -> Result<T>,
    ) -> Result<Option<T>> {
        self.0.get_mut(key).map(change).transpose()
    }

    fn is_writable(&self, key: &Pubkey) -> bool {
        self.0.contains_key(key)
    }
}

/// Decoded reserves that a closure finds, only to be looked at.
struct Found<F>(F);

impl<'a, F: Fn(&Pubkey) -> Option<&'a Reserve>> Reserves for Found<F> {
    fn read<T>(
        &self,
        _: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T>,
    ) -> Result<T> {
        look((self.0)(key).ok_or(LeveeError::WrongReserveList)?)
    }

    fn write<T>(
        &mut self,
        _: &Pubkey,
        _: impl FnOnce(&mut Reserve) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(None)
    }

    fn is_writable(&self, _: &Pubkey) -> bool {
        false
    }
}

/// The sheet of `obligation` for liquidation at the cached prices, whatever their age. `find` returns decoded reserves.
///
/// # Errors
/// [`LeveeError::WrongReserveList`] where a reserve is missing, [`LeveeError::MathOverflow`].
pub fn sheet<'a>(
    market: &LendingMarket,
    obligation: &Obligation,
    find: impl Fn(&Pubkey) -> Option<&'a Reserve>,
    moment: Moment,
) -> Result<Sheet> {
    let mut sheet = Sheet::default();
    let purpose = Purpose::Watch;
    value(
        &mut sheet,
        obligation,
        &Found(find),
        market,
        moment,
        purpose,
    )?;
    Ok(sheet)
}

/// The books of the same at plain prices.
///
/// # Errors
/// As [`sheet`].
pub fn book<'a>(
    market: &LendingMarket,
    obligation: &Obligation,
    find: impl Fn(&Pubkey) -> Option<&'a Reserve>,
    moment: Moment,
) -> Result<Book> {
    let sheet = sheet(market, obligation, find, moment)?;
    sheet.book(View::Plain).map_err(math)
}

/// What a liquidation would do.
pub struct Quote {
    /// As the program's own.
    pub done: Done,
    /// Netting and other debts that are written off.
    pub facts: Vec<Fact>,
    /// The obligation afterwards.
    pub obligation: Obligation,
    /// The reserves afterwards.
    pub reserves: Copies,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The reserve of the debt that is repaid.
    pub repay: Pubkey,
    /// The reserve of the collateral that is seized.
    pub seize: Pubkey,
    /// Most that the liquidator pays.
    pub limit: Atoms,
    /// Whether the liquidator brings an obligation for collateral that the vault cannot pay.
    pub has_receiver: bool,
}

/// Liquidates copies as the program would the accounts, were all reserves refreshed to what `reserves` say in the slot of
/// `moment`. `restart_slot` is that of the cluster's latest restart, zero for never.
///
/// # Errors
/// Inside, the program's refusal; outside, what makes no sense.
pub fn liquidation(
    market: &LendingMarket,
    key: &Pubkey,
    obligation: &Obligation,
    reserves: &Copies,
    moment: Moment,
    restart_slot: u64,
    request: &Request,
) -> Result<std::result::Result<Quote, LeveeError>> {
    let mut obligation = *obligation;
    let mut reserves = reserves.clone();
    for reserve in reserves.0.values_mut() {
        reserve.price.refreshed_slot = moment.slot;
    }
    let take = |reserves: &mut Copies, key: &Pubkey| -> Result<Reserve> {
        let reserve = reserves.0.remove(key);
        reserve.ok_or(Error::from(LeveeError::WrongReserveList))
    };
    let mut repay = take(&mut reserves, &request.repay)?;
    let mut seize = match request.seize == request.repay {
        true => None,
        false => Some(take(&mut reserves, &request.seize)?),
    };
    let mut facts = Vec::new();
    let mut receiver = request.has_receiver.then(bytemuck::Zeroable::zeroed);
    let mut held = Held {
        repay_key: &request.repay,
        seize_key: &request.seize,
        repay: &mut repay,
        seize: seize.as_mut(),
        others: reserves,
    };
    let mut parties = Parties {
        key,
        obligation: &mut obligation,
        reserves: &mut held,
        receiver: receiver.as_mut(),
        is_vault_frozen: false,
        insurance: None,
    };
    let mut done = Done::NOTHING;
    let outcome = parties.liquidate(
        &mut Sheet::default(),
        &Rules::new(market, moment, Restart::At(restart_slot)),
        request.limit,
        &mut done,
        &mut |fact| facts.push(fact),
    )?;
    let mut reserves = held.others;
    reserves.0.insert(request.repay, repay);
    if let Some(seize) = seize {
        reserves.0.insert(request.seize, seize);
    }
    Ok(outcome.map(|()| Quote {
        done,
        facts,
        obligation,
        reserves,
    }))
}
