//! A lending market's own obligations.

use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use anyhow::{bail, ensure, Context, Result};
use levee::engine::auction;
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_client::quote;
use levee_risk::policy::Moment;
use rayon::prelude::*;

use super::book::{Asset, Line, Obligations, Rule, Token};
use crate::names;

/// A decoded market.
pub struct MarketAccounts {
    /// The market.
    pub market: LendingMarket,
    /// Its reserves by their addresses.
    pub reserves: Vec<(Pubkey, Reserve)>,
    /// Its obligations by their addresses.
    pub obligations: Vec<(Pubkey, Obligation)>,
}

#[cfg(feature = "rpc")]
impl MarketAccounts {
    /// A market on `connection`'s cluster, and the cluster's time.
    ///
    /// # Errors
    /// The cluster's, and where there is no such market.
    pub async fn fetch(
        connection: &levee_client::rpc::Connection,
        market: &Pubkey,
    ) -> Result<(Self, Moment)> {
        let accounts = Self {
            market: connection.market(market).await?,
            reserves: connection.reserves(market).await?,
            obligations: connection.obligations(market).await?,
        };
        let clock = connection.now().await?.clock;
        Ok((accounts, levee::engine::moment(&clock)))
    }
}

impl Obligations {
    /// The obligations of a market at `moment`: interest is accrued to it, thresholds are those of it, prices are the cached
    /// ones. All by the program's own code. Obligations without debt are left out.
    ///
    /// # Errors
    /// Where a reserve has no price yet, or the accounts do not fit each other.
    pub fn of_market(source: &str, accounts: &MarketAccounts, moment: Moment) -> Result<Self> {
        let market = &accounts.market;
        let mut book = Self::new(source, Rule::Levee(market.engine()));
        let mut reserves = accounts.reserves.clone();
        // The same order whatever the order of the answer.
        reserves.sort_by_key(|(key, _)| *key);
        let mut bases = HashMap::new();
        for (key, reserve) in &mut reserves {
            reserve
                .accrue(moment.now_ts)
                .with_context(|| format!("reserve {key}: interest"))?;
            book.list(&mut bases, key, reserve)?;
        }
        book.name_assets();
        let places: HashMap<Pubkey, usize> = reserves
            .iter()
            .enumerate()
            .map(|(at, (key, _))| (*key, at))
            .collect();
        let mut obligations: Vec<_> = accounts.obligations.iter().collect();
        obligations.sort_by_key(|(key, _)| *key);
        let owing = obligations
            .par_iter()
            .filter(|(_, one)| one.borrow_count > 0);
        let taken = owing.map(|(key, obligation)| {
            take(market, obligation, &reserves, &places, moment)
                .with_context(|| format!("obligation {key}"))
        });
        let taken: Vec<Taken> = taken.collect::<Result<_>>()?;
        let mut auctions = HashMap::new();
        for one in taken {
            let mut deposits = one.deposits;
            for (line, (reserve, group)) in deposits.iter_mut().zip(one.auctions) {
                let next = auctions.len() as u32;
                line.auction = *auctions.entry((reserve, group)).or_insert(next);
                if line.auction == next {
                    let params = auction(&reserves[reserve].1, &group_of(group), market)?;
                    book.auctions.push(params);
                }
            }
            book.push(&deposits, &one.borrows);
        }
        Ok(book)
    }

    /// Adds the token of a reserve, and what it follows.
    fn list(
        &mut self,
        bases: &mut HashMap<[u8; 32], (usize, i64)>,
        key: &Pubkey,
        reserve: &Reserve,
    ) -> Result<()> {
        let cache = &reserve.price;
        ensure!(
            cache.price > 0,
            "reserve {key} has no price yet: send a refresh_reserves for it first"
        );
        let feed = reserve.config.oracle_feed;
        let newest = bases.entry(feed).or_insert((self.assets.len(), i64::MIN));
        if newest.1 == i64::MIN {
            self.assets.push(Asset {
                name: String::new(),
                price: cache.price,
                exponent: cache.exponent,
            });
        }
        let asset = &mut self.assets[newest.0];
        if cache.publish_ts > newest.1 {
            newest.1 = cache.publish_ts;
            asset.price = cache.price;
            asset.exponent = cache.exponent;
        }
        let mint = reserve.mint.to_string();
        self.tokens.push(Token {
            name: names::of_mint(&mint),
            mint: Some(mint),
            asset: newest.0,
            rate: reserve.rate(),
            decimals: reserve.decimals,
        });
        Ok(())
    }

    /// An asset is called after the token that is it, or the first that follows it.
    fn name_assets(&mut self) {
        for at in 0..self.assets.len() {
            let mut followers = self.tokens.iter().filter(|token| token.asset == at);
            let itself = followers
                .clone()
                .find(|token| token.rate == levee_risk::rate::Rate::ONE);
            if let Some(token) = itself.or_else(|| followers.next()) {
                self.assets[at].name.clone_from(&token.name);
            }
        }
    }
}

/// One obligation, taken apart.
struct Taken {
    deposits: Vec<Line>,
    borrows: Vec<Line>,
    /// Reserve and group of each deposit's auction.
    auctions: Vec<(usize, u8)>,
}

fn take(
    market: &LendingMarket,
    obligation: &Obligation,
    reserves: &[(Pubkey, Reserve)],
    places: &HashMap<Pubkey, usize>,
    moment: Moment,
) -> Result<Taken> {
    let find = |key: &Pubkey| places.get(key).map(|at| &reserves[*at].1);
    let sheet = quote::sheet(market, obligation, find, moment)?;
    let place = |key: &Pubkey| match places.get(key) {
        Some(at) => Ok(*at),
        None => bail!("reserve {key} is missing"),
    };
    let mut taken = Taken {
        deposits: Vec::new(),
        borrows: Vec::new(),
        auctions: Vec::new(),
    };
    let group = obligation.elevation_group;
    for (at, position) in obligation.deposits().iter().enumerate() {
        let reserve = place(&position.reserve)?;
        let side = sheet.seized_side(at)?;
        taken.auctions.push((reserve, group));
        taken.deposits.push(Line {
            token: reserve as u32,
            auction: 0,
            weight: side.threshold,
            atoms: side.deposited,
        });
    }
    for (at, position) in obligation.borrows().iter().enumerate() {
        let side = sheet.repaid_side(at)?;
        taken.borrows.push(Line {
            token: place(&position.reserve)? as u32,
            auction: 0,
            weight: side.borrow_factor,
            atoms: side.owed,
        });
    }
    Ok(taken)
}

/// An obligation of which only the elevation group matters.
fn group_of(group: u8) -> Obligation {
    let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
    obligation.elevation_group = group;
    obligation
}
