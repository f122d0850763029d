//! A market as a command sees it: its reserves, where their prices are, and what people call them.

use std::collections::HashMap;

use anyhow::{anyhow, bail, Context as _, Result};
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_client::instructions::{reserve_list, PriceKeys};
use levee_client::offer::Situation;
use levee_client::output::say;
use levee_client::quote::Copies;
use levee_client::rpc::{told, Now};
use levee_client::ReserveKeys;
use levee_migrations::names::Names;
use levee_risk::policy::Moment;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::context::Context;

/// A market.
pub struct MarketView {
    /// Its address.
    pub key: Pubkey,
    /// Itself.
    pub market: LendingMarket,
    /// In the order of their addresses.
    pub reserves: Vec<(Pubkey, Reserve)>,
    names: Names,
}

impl MarketView {
    /// Reads the market that is meant.
    ///
    /// # Errors
    /// Where the program or the market is not on this cluster.
    pub async fn load(context: &Context) -> Result<Self> {
        context.connection.check_program().await?;
        let key = context.market_key()?;
        let market = context.connection.market(&key).await?;
        Ok(Self {
            key,
            market,
            reserves: context.connection.reserves(&key).await?,
            names: context.names()?,
        })
    }

    /// What people call a reserve: its token's name, or its mint.
    pub fn name(&self, reserve: &Pubkey) -> String {
        match self.reserves.iter().find(|(key, _)| key == reserve) {
            Some((_, reserve)) => name_of(&self.names, &reserve.mint),
            None => reserve.to_string(),
        }
    }

    /// The reserve of a token that is given by name, mint or the reserve's own address.
    ///
    /// # Errors
    /// Where the market has no such reserve, with a list of those that it has.
    pub fn reserve(&self, text: &str) -> Result<(ReserveKeys, &Reserve)> {
        let named = self.names.tokens.get(text).map(|token| token.mint.as_str());
        let wanted = named.unwrap_or(text);
        let is_wanted = |(key, reserve): &&(Pubkey, Reserve)| {
            reserve.mint.to_string() == wanted || key.to_string() == wanted
        };
        let Some((_, reserve)) = self.reserves.iter().find(is_wanted) else {
            let known: Vec<_> = self
                .reserves
                .iter()
                .map(|(key, _)| self.name(key))
                .collect();
            bail!(
                "the market has no reserve of `{text}`: it has {}",
                if known.is_empty() {
                    "none".into()
                } else {
                    known.join(", ")
                }
            );
        };
        Ok((keys_of(self.key, reserve), reserve))
    }

    /// The reserve at `key`.
    ///
    /// # Errors
    /// Where the market has no such reserve.
    pub fn at(&self, key: &Pubkey) -> Result<&Reserve> {
        let found = self.reserves.iter().find(|(reserve, _)| reserve == key);
        let (_, reserve) = found.with_context(|| format!("the market has no reserve {key}"))?;
        Ok(reserve)
    }

    /// The obligation at the address that `text` is.
    ///
    /// # Errors
    /// What is no address, no obligation, or one of another market.
    pub async fn obligation(&self, context: &Context, text: &str) -> Result<(Pubkey, Obligation)> {
        let key = crate::commands::address(text)?;
        let obligation = context.connection.obligation(&key).await?;
        if obligation.market != self.key {
            bail!(
                "{key} belongs to market {}: pass it with --market",
                obligation.market
            );
        }
        Ok((key, obligation))
    }

    /// Where the prices of `reserves` are, each once.
    ///
    /// # Errors
    /// Where one has none.
    pub async fn prices(&self, context: &Context, reserves: &[Pubkey]) -> Result<Vec<PriceKeys>> {
        let mut wanted: Vec<(Pubkey, Reserve)> = Vec::new();
        for key in reserves {
            if wanted.iter().all(|(known, _)| known != key) {
                wanted.push((*key, *self.at(key)?));
            }
        }
        let found = context.connection.price_keys_of(&wanted).await?;
        found.into_iter().collect()
    }

    /// The instruction that refreshes `reserves`; none where there are none.
    ///
    /// # Errors
    /// As [`Self::prices`].
    pub async fn refresh(
        &self,
        context: &Context,
        reserves: &[Pubkey],
    ) -> Result<Option<Instruction>> {
        let prices = self.prices(context, reserves).await?;
        let refresh = levee_client::instructions::refresh_reserves(&prices);
        Ok((!prices.is_empty()).then_some(refresh))
    }

    /// All reserves as a refresh now would leave them. One whose price cannot be had stays as it is on the chain.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn live(&self, context: &Context) -> Result<Live<'_>> {
        let connection = &context.connection;
        let now = connection.now().await?;
        let found = connection.price_keys_of(&self.reserves).await?;
        let known: Vec<PriceKeys> = found.iter().flatten().copied().collect();
        let fresh = connection.refreshed_each(&self.reserves, &known, &now);
        let mut fresh: HashMap<Pubkey, Result<Reserve>> = fresh.await?.into_iter().collect();
        let mut copies = Copies(self.reserves.iter().copied().collect());
        for ((key, _), found) in self.reserves.iter().zip(found) {
            let nothing = || Err(anyhow!("there is none"));
            let refreshed = found.and_then(|_| fresh.remove(key).unwrap_or_else(nothing));
            match refreshed {
                Ok(reserve) => {
                    copies.0.insert(*key, reserve);
                }
                Err(error) => say(format_args!(
                    "note: the last known price of {} is used: {}",
                    self.name(key),
                    told(&error)
                )),
            }
        }
        Ok(Live {
            view: self,
            copies,
            now,
        })
    }
}

/// A market at the newest prices.
pub struct Live<'a> {
    /// The market.
    pub view: &'a MarketView,
    /// Its reserves, refreshed.
    pub copies: Copies,
    /// The cluster's time.
    pub now: Now,
}

impl Live<'_> {
    /// Now.
    pub fn moment(&self) -> Moment {
        levee::engine::moment(&self.now.clock)
    }

    /// What quotes depend on.
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            market: &self.view.market,
            reserves: &self.copies,
            moment: self.moment(),
            restart_slot: self.now.restart_slot,
        }
    }
}

/// The reserves of `obligation`, and `reserve` at the end of its kind if it is not among them.
pub fn reserves_with(obligation: &Obligation, reserve: &Pubkey, owes: bool) -> Vec<Pubkey> {
    let mut list = reserve_list(obligation);
    let positions = match owes {
        true => obligation.borrows(),
        false => obligation.deposits(),
    };
    if positions
        .iter()
        .all(|position| position.reserve != *reserve)
    {
        let at = if owes {
            list.len()
        } else {
            obligation.deposits().len()
        };
        list.insert(at, *reserve);
    }
    list
}

/// The addresses around `reserve` of `market`.
pub fn keys_of(market: Pubkey, reserve: &Reserve) -> ReserveKeys {
    ReserveKeys::new(market, reserve.mint, reserve.token_program)
}

/// What people call the token `mint`: its address if it has no name.
pub fn name_of(names: &Names, mint: &Pubkey) -> String {
    let text = mint.to_string();
    let named = names.tokens.iter().find(|(_, token)| token.mint == text);
    named.map_or(text, |(name, _)| name.clone())
}
