//! `cargo xtask typescript`: the TypeScript client is generated from the IDL, compiled, tested, and walks through a market on
//! the embedded chain; migrations/deploy.ts makes its market there.

mod chain;
mod migrate;
mod node;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{ensure, Context, Result};

use crate::cache::key;
use crate::localnet;
use crate::process;
use crate::tasks::exit_code;
use crate::workspace::Workspace;
use chain::Chain;
use node::Node;

const FOLDER: &str = "app/typescript";
const LOCK: &str = "package-lock.json";

/// Builds the client, runs its tests, and its walkthrough on a chain of its own.
pub fn run(workspace: &Workspace) -> Result<ExitCode> {
    let node = Node::find_or_install(&workspace.machine)?;
    let folder = workspace.root.join(FOLDER);
    install(&node, &folder)?;
    process::run(&mut script(&node, &folder, &["scripts/generate.mjs"]))?;
    remove(&folder.join("dist"))?;
    let compiler = "node_modules/typescript/bin/tsc";
    process::run(&mut script(&node, &folder, &[compiler, "--project", "."]))?;
    let tests = ["--test", "--test-reporter", "spec"];
    process::run(script(&node, &folder, &tests).args(test_files(&folder)?))?;

    let chain = Chain::start(&mut localnet::embedded_with_levee(workspace)?)?;
    migrate::twice(workspace, &node, &chain, &folder)?;
    let walkthrough = ["dist/walkthrough/main.js", &chain.rpc_url, &chain.ws_url];
    let status = script(&node, &folder, &walkthrough)
        .status()
        .context("cannot start the walkthrough")?;
    Ok(exit_code(status))
}

/// By name: Node 20 knows no patterns here, and later ones no folders.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let compiled = folder.join("dist/tests");
    let listed = fs::read_dir(&compiled)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| format!("cannot read {}", compiled.display()))?;
    let mut files: Vec<_> = listed.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.js"));
    files.sort();
    ensure!(!files.is_empty(), "no tests in {}", compiled.display());
    Ok(files)
}

/// Installs what the lock file names, where that is not what is there.
fn install(node: &Node, folder: &Path) -> Result<()> {
    let lock = folder.join(LOCK);
    let locked =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let installed = folder.join("node_modules/.installed");
    let key = key(&[&locked, &node.version]);
    if fs::read_to_string(&installed).is_ok_and(|of| of == key) {
        return Ok(());
    }
    // None of them needs its scripts: what is native comes compiled.
    process::quiet(
        Command::new(&node.npm)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )
    .context("no packages from the npm registry")?;
    fs::write(&installed, key).with_context(|| format!("cannot write {}", installed.display()))
}

fn script(node: &Node, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&node.node);
    command.args(arguments).current_dir(folder);
    command
}

/// What was compiled from a file that is gone would still be tested.
fn remove(folder: &PathBuf) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
