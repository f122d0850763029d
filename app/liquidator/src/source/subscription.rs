//! What a cluster pushes over WebSocket.

use std::time::Duration;

use anyhow::{anyhow, bail, Result};
use futures_util::stream::{select_all, BoxStream, StreamExt};
use levee_client::rpc::Receivers;
use solana_pubkey::Pubkey;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::rpc::state;
use super::Event;

/// Longest wait for a connection, and for anything at all to be pushed: every slot is.
pub const PUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// What is subscribed to, besides slots.
pub struct Subscription {
    /// The program's accounts that are meant.
    pub program: RpcProgramAccountsConfig,
    /// How single accounts are pushed.
    pub account: RpcAccountInfoConfig,
    /// Which those are.
    pub keys: Vec<Pubkey>,
    /// Whose prices the deployed program believes.
    pub receivers: Receivers,
}

impl Subscription {
    /// Says when everything is subscribed; then pushes until nobody reads, or the connection breaks.
    pub async fn push(
        &self,
        client: &PubsubClient,
        sender: &mpsc::Sender<Event>,
        ready: oneshot::Sender<()>,
    ) -> Result<()> {
        let mut streams: Vec<BoxStream<'_, Result<Event>>> = Vec::new();
        let (slots, _) = client.slot_subscribe().await?;
        streams.push(slots.map(|slot| Ok(Event::Slot(slot.slot))).boxed());
        let (own, _) = client
            .program_subscribe(&levee::ID, Some(self.program.clone()))
            .await?;
        streams.push(
            own.map(|pushed| {
                let key = pushed.value.pubkey.parse()?;
                let state = state(key, &pushed.value.account, &self.receivers)?;
                Ok(Event::Account(pushed.context.slot, state))
            })
            .boxed(),
        );
        for key in self.keys.iter().copied() {
            let (stream, _) = client
                .account_subscribe(&key, Some(self.account.clone()))
                .await?;
            streams.push(
                stream
                    .map(move |pushed| {
                        let state = state(key, &pushed.value, &self.receivers)?;
                        Ok(Event::Account(pushed.context.slot, state))
                    })
                    .boxed(),
            );
        }
        let expected = streams.len();
        // A stream that ends is a broken connection, also while others go on.
        let ended = || futures_util::stream::once(async { Err(anyhow!("the connection ended")) });
        let mut all = select_all(
            streams
                .into_iter()
                .map(|stream| stream.chain(ended()).boxed()),
        );
        tracing::debug!(subscriptions = expected, "subscribed");
        if ready.send(()).is_err() {
            return Ok(());
        }
        loop {
            let event = match timeout(PUSH_TIMEOUT, all.next()).await {
                Ok(Some(event)) => event?,
                Ok(None) => bail!("the connection ended"),
                Err(_) => bail!("nothing was pushed for {} s", PUSH_TIMEOUT.as_secs()),
            };
            if sender.send(event).await.is_err() {
                return Ok(());
            }
        }
    }
}
