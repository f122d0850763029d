//! A connection that can be cut: between a bot and the chain.

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards a port to another one until it is cut; then it drops what is connected and refuses everybody.
pub struct Proxy {
    pub port: u16,
    cut: watch::Sender<bool>,
}

impl Proxy {
    /// To `target`, as in a URL: `127.0.0.1:8899`.
    pub async fn new(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, watched) = watch::channel(false);
        tokio::spawn(serve(listener, port, target, watched));
        Self { port, cut }
    }

    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub fn restore(&self) {
        self.cut.send_replace(false);
    }
}

async fn serve(listener: TcpListener, port: u16, target: String, mut cut: watch::Receiver<bool>) {
    let mut listener = Some(listener);
    let of_relays = cut.clone();
    loop {
        let Some(open) = &listener else {
            if cut.wait_for(|cut| !cut).await.is_err() {
                return;
            }
            listener = TcpListener::bind(("127.0.0.1", port)).await.ok();
            continue;
        };
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(relay(client, target.clone(), of_relays.clone()));
                }
            }
            changed = cut.wait_for(|cut| *cut) => {
                if changed.is_err() {
                    return;
                }
                listener = None;
            }
        }
    }
}

async fn relay(mut client: TcpStream, target: String, mut cut: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        // Either end may close without notice, and the other is closed then.
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = cut.wait_for(|cut| *cut) => {}
    }
}
