//! The WebSocket that is seen: everything passes through to the chain's own, and one thing is corrected on the way back.
//!
//! The chain says with every notification of an account the slot in which the *subscription* was made. Clients order what
//! they learn by that slot, so that all notifications would look older than any snapshot.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::SurfnetSvm;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

/// Serves until it is aborted.
pub async fn serve(listener: TcpListener, inner_port: u16, locker: SurfnetSvmLocker) {
    loop {
        // A connection that cannot be accepted is its client's trouble.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let locker = locker.clone();
        tokio::spawn(async move {
            // Either end may close without notice, and the other is closed then.
            drop(relay(stream, inner_port, &locker).await);
        });
    }
}

async fn relay(stream: TcpStream, inner_port: u16, locker: &SurfnetSvmLocker) -> Result<()> {
    // Notifications are small, and wait for nothing.
    stream.set_nodelay(true)?;
    let (mut to_client, mut from_client) = accept_async(stream).await?.split();
    let (inner, _) = connect_async(format!("ws://127.0.0.1:{inner_port}"))
        .await
        .context("the chain's own WebSocket does not answer")?;
    let (mut to_chain, mut from_chain) = inner.split();
    loop {
        tokio::select! {
            message = from_client.next() => match message {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    to_chain.send(message).await?;
                }
                // Each end is asked for signs of life by its own peer.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => break,
            },
            message = from_chain.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let slot = || locker.with_svm_reader(SurfnetSvm::get_latest_absolute_slot);
                    let text = corrected(text.as_str(), slot);
                    to_client.send(Message::text(text)).await?;
                }
                Some(Ok(message @ Message::Binary(_))) => to_client.send(message).await?,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => break,
            },
        }
    }
    to_chain.close().await?;
    to_client.close().await?;
    Ok(())
}

/// A message of the chain with the right slot: `slot`, which is the notified change's or, rarely, the one after it.
fn corrected(text: &str, slot: impl FnOnce() -> u64) -> String {
    // The method stands in front of the account's data.
    let concerned = ["accountNotification", "programNotification"]
        .iter()
        .any(|method| text.get(..100).unwrap_or(text).contains(method));
    let parsed = concerned.then(|| serde_json::from_str::<Value>(text).ok());
    if let Some(mut message) = parsed.flatten() {
        if let Some(said) = message.pointer_mut("/params/result/context/slot") {
            *said = slot().into();
            return message.to_string();
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_of_accounts_get_the_slot_and_keep_all_else() {
        let text = r#"{"jsonrpc":"2.0","method":"programNotification","params":{"result":{"context":{"apiVersion":"3.1.6","slot":7},"value":{"pubkey":"a","account":{"data":["","base64"],"rentEpoch":18446744073709551615}}},"subscription":3}}"#;
        let corrected: Value = serde_json::from_str(&corrected(text, || 42)).unwrap();
        let mut expected: Value = serde_json::from_str(text).unwrap();
        expected["params"]["result"]["context"]["slot"] = 42.into();
        assert_eq!(corrected, expected);
    }

    #[test]
    fn everything_else_passes_to_the_letter() {
        for text in [
            r#"{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"parent":1,"root":0,"slot":2},"subscription":0}}"#,
            r#"{"jsonrpc":"2.0","result":5,"id":1}"#,
            "programNotification, but no JSON",
        ] {
            assert_eq!(corrected(text, || 42), text);
        }
    }
}
