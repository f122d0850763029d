//! migrations/deploy.ts as `anchor migrate` runs it: by ts-node, from a script in `.anchor` that hands it a provider.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use super::chain::Chain;
use super::node::Node;
use super::{install, script};
use crate::process;
use crate::workspace::Workspace;

/// Makes the market, and again, which must change nothing.
pub fn twice(workspace: &Workspace, node: &Node, chain: &Chain, client: &Path) -> Result<()> {
    let root = &workspace.root;
    install(node, root)?;
    let compiler = "node_modules/typescript/bin/tsc";
    process::run(&mut script(node, root, &[compiler, "--project", "."]))?;

    let folder = workspace.target.join("migrate");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let wallet = folder.join("wallet.json");
    process::run(
        script(node, client, &["dist/walkthrough/wallet.js"])
            .arg(&wallet)
            .args([&chain.rpc_url, &chain.ws_url]),
    )?;
    let host = root.join(".anchor/deploy.ts");
    write_host(&host, &root.join("migrations/deploy.ts"), &chain.rpc_url)?;
    let migrate = || {
        let mut command = Command::new(&node.node);
        command
            .arg("node_modules/ts-node/dist/bin.js")
            .arg(&host)
            .current_dir(root)
            .env("ANCHOR_WALLET", &wallet)
            .env("CARGO_TARGET_DIR", &workspace.target)
            .env("LEVEE_STATE", folder.join("state"))
            .env("LEVEE_CONFIG", folder.join("config"));
        process::stdout(&mut command).context("migrations/deploy.ts")
    };
    let first = migrate()?;
    ensure!(
        first.contains("  done: "),
        "migrations/deploy.ts made no market: {first}"
    );
    let second = migrate()?;
    ensure!(
        second.contains("  nothing to do") && !second.contains("  done: "),
        "migrations/deploy.ts changed something when it ran again: {second}"
    );
    println!("migrations/deploy.ts made the market, and changed nothing when it ran again");
    Ok(())
}

/// What Anchor writes there too.
fn write_host(host: &Path, deploy: &Path, rpc_url: &str) -> Result<()> {
    let (deploy, rpc_url) = (format!("{:?}", deploy.display().to_string()), rpc_url);
    let text = format!(
        "import {{ AnchorProvider, Wallet, web3 }} from \"@anchor-lang/core\";\n\
         const {{ commitment }} = AnchorProvider.defaultOptions();\n\
         const connection = new web3.Connection(\"{rpc_url}\", commitment);\n\
         require({deploy})(new AnchorProvider(connection, Wallet.local()));\n"
    );
    let folder = host.parent().context("the script has no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(host, text))
        .with_context(|| format!("cannot write {}", host.display()))
}
