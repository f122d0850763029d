//! A source and a sender over LiteSVM: the real program, and every way for a connection to misbehave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::{bail, Result};
use async_trait::async_trait;
use levee_liquidator::sender::{Blockhash, Landed, Sender};
use levee_liquidator::source::{AccountState, ChainSource, Event, Snapshot};
use levee_testkit::{Chain, LiteChain, World};
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::sync::mpsc;

/// Blocks that a blockhash lives, and until a block is final: as on a real cluster.
pub const BLOCKHASH_BLOCKS: u64 = 150;
pub const FINAL_BLOCKS: u64 = 32;

/// What happens to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// They land at once.
    Lands,
    /// They are taken, and wait until [`Shared::deliver`].
    Waits,
    /// They are taken, and never seen again.
    Lost,
}

pub struct State {
    pub world: World<LiteChain>,
    pub obligations: Vec<Pubkey>,
    pub is_online: bool,
    /// Whether nobody takes subscriptions, though all else answers.
    pub is_mute: bool,
    /// What others paid lately, and for which accounts that was asked.
    pub recent_fees: Vec<u64>,
    pub fees_asked: Vec<Vec<Pubkey>>,
    pub delivery: Delivery,
    /// Every transaction that was taken, each once.
    pub taken: Vec<VersionedTransaction>,
    pub waiting: Vec<VersionedTransaction>,
    pub landed: HashMap<Signature, Landed>,
    pub logs: HashMap<Signature, Vec<String>>,
    pub pushes: Option<mpsc::Sender<Event>>,
}

#[derive(Clone)]
pub struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub fn new(mut world: World<LiteChain>) -> Self {
        // Blockhashes change with every slot here, and are valid for longer than that.
        let svm = world.chain.svm();
        *svm = std::mem::take(svm).with_blockhash_check(false);
        Self(Arc::new(Mutex::new(State {
            world,
            obligations: Vec::new(),
            is_online: true,
            is_mute: false,
            recent_fees: Vec::new(),
            fees_asked: Vec::new(),
            delivery: Delivery::Lands,
            taken: Vec::new(),
            waiting: Vec::new(),
            landed: HashMap::new(),
            logs: HashMap::new(),
            pushes: None,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn online(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        if !state.is_online {
            bail!("nobody answers");
        }
        Ok(state)
    }

    /// Lets what waits land.
    pub fn deliver(&self) {
        let mut state = self.lock();
        for transaction in std::mem::take(&mut state.waiting) {
            state.land(transaction);
        }
    }

    /// Cuts the connection, and whatever was subscribed.
    pub fn cut(&self) {
        let mut state = self.lock();
        state.is_online = false;
        state.pushes = None;
    }

    pub fn restore(&self) {
        self.lock().is_online = true;
    }
}

impl State {
    fn land(&mut self, transaction: VersionedTransaction) {
        let signature = transaction.signatures[0];
        if self.landed.contains_key(&signature) {
            return;
        }
        let slot = self.world.slot();
        let (error, logs) = match self.world.chain.svm().send_transaction(transaction) {
            Ok(done) => (None, done.logs),
            Err(failed) => (Some(failed.err), failed.meta.logs),
        };
        if let Some(error) = &error {
            eprintln!("{error}: {logs:#?}");
        }
        self.logs.insert(signature, logs);
        if let Some(pushes) = &self.pushes {
            for key in &self.obligations {
                // Where nobody reads any more, nobody misses it.
                drop(pushes.try_send(Event::Account(slot, self.state_of(key))));
            }
        }
        self.landed.insert(
            signature,
            Landed {
                slot,
                error,
                is_final: false,
            },
        );
    }

    pub fn state_of(&self, key: &Pubkey) -> AccountState {
        match self.world.chain.account(key) {
            Some(account) => AccountState {
                key: *key,
                owner: account.owner,
                lamports: account.lamports,
                data: account.data,
            },
            None => AccountState::gone(*key),
        }
    }
}

#[async_trait]
impl ChainSource for Shared {
    async fn snapshot(&self, market: &Pubkey, min_slot: u64) -> Result<Snapshot> {
        let state = self.online()?;
        let slot = state.world.slot();
        if slot < min_slot {
            bail!("at slot {slot}, before {min_slot}");
        }
        let reserves = state.world.tokens.iter().map(|token| token.keys.reserve);
        let keys = reserves
            .chain(state.obligations.iter().copied())
            .chain([*market]);
        let accounts = keys.map(|key| state.state_of(&key));
        Ok(Snapshot {
            slot,
            accounts: accounts.filter(|account| account.lamports > 0).collect(),
        })
    }

    async fn obligations(&self, _: &Pubkey, _: u64) -> Result<(u64, Vec<Pubkey>)> {
        let state = self.online()?;
        let living = state.obligations.iter().copied();
        let living = living.filter(|key| state.state_of(key).lamports > 0);
        Ok((state.world.slot(), living.collect()))
    }

    async fn accounts(&self, keys: &[Pubkey], min_slot: u64) -> Result<(u64, Vec<AccountState>)> {
        let state = self.online()?;
        let slot = state.world.slot();
        if slot < min_slot {
            bail!("at slot {slot}, before {min_slot}");
        }
        Ok((slot, keys.iter().map(|key| state.state_of(key)).collect()))
    }

    async fn price_accounts(&self, feed: &[u8; 32]) -> Result<Vec<AccountState>> {
        let state = self.online()?;
        let tokens = state
            .world
            .tokens
            .iter()
            .filter(|token| token.feed == *feed);
        Ok(tokens
            .map(|token| state.state_of(&token.price_account))
            .collect())
    }

    async fn subscribe(&self, _: &Pubkey, _: &[Pubkey]) -> Result<mpsc::Receiver<Event>> {
        let mut state = self.online()?;
        if state.is_mute {
            bail!("nobody takes subscriptions");
        }
        let (sender, receiver) = mpsc::channel(1_000);
        state.pushes = Some(sender);
        Ok(receiver)
    }
}

#[async_trait]
impl Sender for Shared {
    async fn blockhash(&self) -> Result<Blockhash> {
        let mut state = self.online()?;
        let height = state.world.slot();
        Ok(Blockhash {
            hash: state.world.chain.svm().latest_blockhash(),
            last_valid_block_height: height + BLOCKHASH_BLOCKS,
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<()> {
        let mut state = self.online()?;
        if !state
            .taken
            .iter()
            .any(|t| t.signatures == transaction.signatures)
        {
            state.taken.push(transaction.clone());
        }
        match state.delivery {
            Delivery::Lands => state.land(transaction.clone()),
            Delivery::Waits => state.waiting.push(transaction.clone()),
            Delivery::Lost => {}
        }
        Ok(())
    }

    async fn landed(&self, signatures: &[Signature]) -> Result<Vec<Option<Landed>>> {
        let state = self.online()?;
        let final_slot = state.world.slot().saturating_sub(FINAL_BLOCKS);
        let landed = signatures.iter().map(|signature| {
            let landed = state.landed.get(signature)?.clone();
            Some(Landed {
                is_final: landed.slot <= final_slot,
                ..landed
            })
        });
        Ok(landed.collect())
    }

    async fn recent_fees(&self, writable: &[Pubkey]) -> Result<Vec<u64>> {
        let mut state = self.online()?;
        state.fees_asked.push(writable.to_vec());
        Ok(state.recent_fees.clone())
    }

    async fn final_block_height(&self) -> Result<u64> {
        Ok(self.online()?.world.slot().saturating_sub(FINAL_BLOCKS))
    }
}
