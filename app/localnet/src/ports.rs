//! The ports: two that are seen, and one between the two WebSocket servers.

use std::net::Ipv4Addr;

use anyhow::{anyhow, Context, Result};
use tokio::net::TcpListener;

pub struct Ports {
    pub rpc: u16,
    pub ws: u16,
    /// Holds `ws` from now on.
    pub ws_listener: TcpListener,
    /// Where the chain's own WebSocket server listens.
    pub inner_ws: u16,
}

impl Ports {
    /// Finds out at once which ports are taken: the chain would say so late and at length.
    pub async fn choose(rpc: u16, ws: Option<u16>) -> Result<Self> {
        let ws = match ws {
            Some(port) => port,
            None if rpc == 0 => 0,
            None => rpc
                .checked_add(1)
                .context("there is no port after 65535: name one with --ws-port")?,
        };
        let rpc_listener = listen(rpc, "--rpc-port").await?;
        let ws_listener = listen(ws, "--ws-port").await?;
        let inner_listener = listen(0, "").await?;
        // The chain listens there itself, so two of them are given back.
        Ok(Self {
            rpc: rpc_listener.local_addr()?.port(),
            ws: ws_listener.local_addr()?.port(),
            inner_ws: inner_listener.local_addr()?.port(),
            ws_listener,
        })
    }
}

async fn listen(port: u16, option: &str) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                anyhow!("port {port} is taken: name another with {option}")
            }
            _ => anyhow!("cannot listen on port {port}: {error}"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_option_that_names_another() {
        let taken = listen(0, "").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Ports::choose(port, Some(0)).await.err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("port {port} is taken: name another with --rpc-port")
        );
        let error = Ports::choose(0, Some(port)).await.err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("port {port} is taken: name another with --ws-port")
        );
    }

    #[tokio::test]
    async fn the_last_port_has_no_next_one() {
        assert!(Ports::choose(u16::MAX, None).await.is_err());
    }
}
