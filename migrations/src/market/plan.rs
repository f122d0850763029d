//! What has to be done for a cluster to be as a market's file says.

use anyhow::{anyhow, ensure, Context, Result};
use levee::state::{LendingMarket, MarketConfig, Reserve};
use levee_client::accounts::decode;
use levee_client::instructions as ix;
use levee_client::rpc::hex;
use levee_client::tokens::{create_mint, MINT_BYTES};
use levee_client::{pda, ReserveKeys};
use levee_test_oracle::{feed_address, push, Feed};
use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::addresses::{Addresses, ReserveAddresses};
use super::tokens::{self, said, Token};
use super::{differences, Bootstrap};

/// A price's usual exponent at Pyth.
const EXPONENT: i32 = -8;
/// From millionths of a dollar to that.
const UNITS_PER_MICRO_USD: u64 = 100;
/// In front of an account's content.
const DISCRIMINATOR_BYTES: usize = 8;
/// A vault's account, with what the second token program adds to the allowed extensions.
const VAULT_BYTES: usize = 200;

/// One transaction.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does, as `create …`.
    pub what: String,
    /// What changes.
    pub details: Vec<String>,
    /// What the accounts that it creates must hold, without fees.
    pub lamports: u64,
    /// How.
    pub instructions: Vec<Instruction>,
}

/// Everything that has to be done, in its order, and what will be there then.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Empty where all is as it should be.
    pub steps: Vec<Step>,
    /// What is noted for people besides.
    pub notes: Vec<String>,
    /// The market's addresses.
    pub addresses: Addresses,
}

impl Bootstrap<'_> {
    /// Compares the file with the cluster. Nothing is changed.
    ///
    /// # Errors
    /// A file that contradicts itself, the cluster or the program's rules, and a market that is not the wallet's; the
    /// cluster's.
    pub async fn plan(&self) -> Result<Plan> {
        tokens::check_names(self.file)?;
        let wallet = self.wallet.pubkey();
        let key = pda::market(&wallet, self.file.market.id);
        let tokens = tokens::all(self, &key).await?;
        let market = match self.connection.account(&key).await? {
            Some(_) => Some(self.connection.market(&key).await?),
            None => None,
        };
        let now_ts = match &market {
            Some(_) => self.connection.now().await?.clock.unix_timestamp,
            None => 0,
        };
        let mut steps = Vec::new();
        let mut notes = Vec::new();
        steps.extend(self.market_step(&key, market.as_ref()).await?);
        for token in &tokens {
            steps.extend(self.mint_step(token).await?);
        }
        for token in &tokens {
            steps.extend(self.price_steps(token).await?);
        }
        for token in &tokens {
            let step = self
                .reserve_step(token, market.as_ref(), now_ts, &mut notes)
                .await;
            steps.extend(step.with_context(|| format!("reserve {}", token.entry.name))?);
        }
        for group in &self.file.groups {
            let step = self.group_step(group, (&key, market.as_ref()), &tokens, now_ts, &mut notes);
            steps.extend(step.with_context(|| format!("elevation group {}", group.number))?);
        }
        let addresses = self.addresses(&key, &tokens).await?;
        Ok(Plan {
            steps,
            notes,
            addresses,
        })
    }

    async fn market_step(
        &self,
        key: &Pubkey,
        market: Option<&LendingMarket>,
    ) -> Result<Option<Step>> {
        let (entry, wallet) = (&self.file.market, self.wallet.pubkey());
        let mut config = MarketConfig::DEFAULT;
        let applied = entry.terms.apply(&mut config);
        applied.map_err(|error| anyhow!("market: {error}"))?;
        config
            .validate()
            .map_err(|error| anyhow!("market: {}", said(&error)))?;
        let role = |said: Option<crate::file::Address>| said.map_or(wallet, |address| address.0);
        let (risk_admin, guardian) = (role(entry.risk_admin), role(entry.guardian));
        let Some(market) = market else {
            return Ok(Some(Step {
                what: format!("create market {key}"),
                details: Vec::new(),
                lamports: self.rent(size::<LendingMarket>()).await?,
                instructions: vec![ix::init_lending_market(
                    wallet, entry.id, risk_admin, guardian, config,
                )],
            }));
        };
        let helpers = [risk_admin, guardian];
        let old = (&market.config, [market.risk_admin, market.guardian]);
        let details = differences::market(old, (&config, helpers));
        if details.is_empty() {
            return Ok(None);
        }
        ensure!(
            market.owner == wallet,
            "market {key} belongs to {}, and the wallet is {wallet}: only the owner changes it",
            market.owner
        );
        let update = ix::update_lending_market(wallet, *key, risk_admin, guardian, config);
        Ok(Some(Step {
            what: format!("update market {key}"),
            details,
            lamports: 0,
            instructions: vec![update],
        }))
    }

    async fn mint_step(&self, token: &Token<'_>) -> Result<Option<Step>> {
        if !token.must_be_made {
            return Ok(None);
        }
        let name = &token.entry.name;
        let rent = self.rent(MINT_BYTES).await?;
        let made = create_mint(&self.wallet.pubkey(), name, token.decimals, rent);
        let (instructions, mint) = made.map_err(|error| anyhow!("token {name}: {error}"))?;
        Ok(Some(Step {
            what: format!("make test token {name} {mint}"),
            details: Vec::new(),
            lamports: rent,
            instructions,
        }))
    }

    /// Opens the test feeds of a token: of its price, and of its redemption rate.
    async fn price_steps(&self, token: &Token<'_>) -> Result<Vec<Step>> {
        let (entry, name) = (&token.entry, &token.entry.name);
        let mut steps = Vec::new();
        if let (Some(price), Some(feed)) = (entry.test_price, token.feed) {
            let units = price.micro_usd.checked_mul(UNITS_PER_MICRO_USD);
            let units =
                units.with_context(|| format!("reserve {name}: test_price is out of range"))?;
            let what = format!("test feed of {name}");
            steps.extend(self.feed_step(&what, (feed, units)).await?);
        }
        if let (Some(rate), Some((feed, _))) = (entry.test_rate, token.redemption) {
            let what = format!("test feed of {name}'s redemption rate");
            steps.extend(self.feed_step(&what, (feed, rate.e8)).await?);
        }
        Ok(steps)
    }

    /// Opens a test feed that says `units` of `10^EXPONENT`; one that is open is not touched, whatever it says.
    async fn feed_step(&self, what: &str, (feed, units): ([u8; 32], u64)) -> Result<Option<Step>> {
        let Some(oracle) = self.oracle else {
            return Ok(None);
        };
        let wallet = self.wallet.pubkey();
        let account = feed_address(&oracle, &wallet, &feed);
        if self.connection.account(&account).await?.is_some() {
            return Ok(None);
        }
        let units = i64::try_from(units).ok().filter(|units| *units > 0);
        let units = units.with_context(|| format!("{what}: its first value is out of range"))?;
        let feed = Feed::steady(feed, units, EXPONENT);
        Ok(Some(Step {
            what: format!("open {what} {account}"),
            details: Vec::new(),
            lamports: self.rent(PriceUpdateV2::LEN).await?,
            instructions: vec![push(&oracle, &wallet, &feed)],
        }))
    }

    async fn reserve_step(
        &self,
        token: &Token<'_>,
        market: Option<&LendingMarket>,
        now_ts: i64,
        notes: &mut Vec<String>,
    ) -> Result<Option<Step>> {
        let (keys, config) = (&token.keys, token.config);
        let (name, wallet) = (&token.entry.name, self.wallet.pubkey());
        let Some(account) = self.connection.account(&keys.reserve).await? else {
            let owner = market.map_or(wallet, |market| market.owner);
            ensure!(owner == wallet, "only the market's owner {owner} adds it");
            return Ok(Some(Step {
                what: format!("create reserve {name} {}", keys.reserve),
                details: Vec::new(),
                lamports: self.rent(size::<Reserve>()).await? + self.rent(VAULT_BYTES).await?,
                instructions: vec![ix::init_reserve(wallet, keys, config)],
            }));
        };
        let reserve: Reserve = decode(&account.data).context("it cannot be read")?;
        let details = differences::reserve(&reserve.config, &config);
        if details.is_empty() {
            return Ok(None);
        }
        if reserve.pending_config == config && now_ts < reserve.pending_config_ts {
            notes.push(waiting(
                &format!("reserve {name}"),
                reserve.pending_config_ts,
            ));
            return Ok(None);
        }
        check_risk_admin(market, &wallet)?;
        Ok(Some(Step {
            what: format!("update reserve {name} {}", keys.reserve),
            details,
            lamports: 0,
            instructions: vec![ix::update_reserve(wallet, keys, config)],
        }))
    }

    async fn addresses(&self, market: &Pubkey, tokens: &[Token<'_>]) -> Result<Addresses> {
        let genesis = self.connection.genesis().await?;
        let reserves = tokens.iter().map(|token| {
            let ReserveKeys {
                mint,
                token_program,
                reserve,
                vault,
                ..
            } = token.keys;
            let redemption = token.redemption;
            let addresses = ReserveAddresses {
                reserve: reserve.to_string(),
                mint: mint.to_string(),
                decimals: token.decimals,
                token_program: token_program.to_string(),
                vault: vault.to_string(),
                feed: token.feed.as_ref().map(hex),
                price_account: token.price_account.to_string(),
                redemption_feed: redemption.map(|(feed, _)| hex(&feed)),
                redemption_account: redemption.map(|(_, account)| account.to_string()),
            };
            (token.entry.name.clone(), addresses)
        });
        Ok(Addresses {
            cluster: self.connection.cluster.name(),
            genesis_hash: genesis.to_string(),
            program: levee::ID.to_string(),
            market: market.to_string(),
            owner: self.wallet.pubkey().to_string(),
            oracle: self.oracle.map(|oracle| oracle.to_string()),
            reserves: reserves.collect(),
        })
    }
}

/// Of an account of the program.
fn size<T>() -> usize {
    DISCRIMINATOR_BYTES + std::mem::size_of::<T>()
}

pub(super) fn check_risk_admin(market: Option<&LendingMarket>, wallet: &Pubkey) -> Result<()> {
    match market.map(|market| market.check_risk_admin(wallet)) {
        Some(Err(error)) => Err(anyhow!(said(&error))),
        _ => Ok(()),
    }
}

pub(super) fn waiting(what: &str, from_ts: i64) -> String {
    format!("{what}: the change is announced and may be applied from Unix time {from_ts} on")
}
