//! A connection that can be cut: between a bot and the chain.

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// What is connected stays so, and nothing passes.
    Frozen,
    /// What was connected is dropped, and everybody is refused.
    Cut,
}

/// Forwards a port to another one.
pub struct Proxy {
    pub port: u16,
    line: watch::Sender<Line>,
}

impl Proxy {
    /// To `target`, as in a URL: `127.0.0.1:8899`.
    pub async fn new(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (line, watched) = watch::channel(Line::Open);
        tokio::spawn(serve(listener, port, target, watched));
        Self { port, line }
    }

    pub fn cut(&self) {
        self.line.send_replace(Line::Cut);
    }

    pub fn freeze(&self) {
        self.line.send_replace(Line::Frozen);
    }

    pub fn restore(&self) {
        self.line.send_replace(Line::Open);
    }
}

async fn serve(listener: TcpListener, port: u16, target: String, mut line: watch::Receiver<Line>) {
    let mut listener = Some(listener);
    let of_relays = line.clone();
    loop {
        let Some(open) = &listener else {
            if line.wait_for(|line| *line != Line::Cut).await.is_err() {
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
            changed = line.wait_for(|line| *line == Line::Cut) => {
                if changed.is_err() {
                    return;
                }
                listener = None;
            }
        }
    }
}

async fn relay(mut client: TcpStream, target: String, mut line: watch::Receiver<Line>) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    loop {
        match line
            .wait_for(|line| *line != Line::Frozen)
            .await
            .map(|line| *line)
        {
            Ok(Line::Open) => {}
            _ => return,
        }
        tokio::select! {
            // Either end may close without notice, and the other is closed then.
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
            changed = line.wait_for(|line| *line != Line::Open) => if changed.is_err() { return },
        }
    }
}
