//! The embedded chain as a child: it ends with this process at the latest.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

pub struct Chain {
    child: Child,
    pub rpc_url: String,
    pub ws_url: String,
}

impl Chain {
    /// Starts it on ports of its own, with slots of 200 ms, and returns when it answers.
    pub fn start(command: &mut Command) -> Result<Self> {
        let options = ["--json", "--until-stdin-closes", "--rpc-port", "0"];
        let mut child = command
            .args(options)
            .args(["--slot-ms", "200"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the local chain")?;
        let stdout = child.stdout.take().context("the local chain is silent")?;
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .context("the local chain cannot be read")?;
        let url = |name: &str| {
            let ready: Option<Value> = serde_json::from_str(&line).ok();
            Some(ready?[name].as_str()?.to_owned())
        };
        let urls = url("rpc_url").zip(url("ws_url"));
        let (rpc_url, ws_url) = urls.context("the local chain did not start: see above")?;
        Ok(Self {
            child,
            rpc_url,
            ws_url,
        })
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // It keeps nothing, so that there is nothing to end in order.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(script: &str) -> Result<Chain> {
        Chain::start(Command::new("/bin/sh").args(["-c", script]))
    }

    #[test]
    fn the_chain_says_where_it_is() {
        let chain = started(r#"echo '{"rpc_url":"http://a","ws_url":"ws://b"}'; cat"#).unwrap();
        assert_eq!((&*chain.rpc_url, &*chain.ws_url), ("http://a", "ws://b"));
    }

    #[test]
    fn a_chain_that_does_not_start_is_an_error_of_one_line() {
        for script in [
            "exit 1",
            "echo nonsense",
            r#"echo '{"rpc_url":"http://a"}'"#,
        ] {
            let Err(error) = started(script) else {
                panic!("{script} is no chain");
            };
            assert_eq!(
                format!("{error:#}"),
                "the local chain did not start: see above"
            );
        }
    }
}
