//! The embedded chain's binary, built once for its sources.
//!
//! It is a workspace of a thousand packages that nothing else here uses, so its target folder lies in the cache, where the
//! packages survive. Cargo takes the same package of two checkouts for one: the one package that is this project's is
//! therefore always compiled anew, and the binary is kept under a name that says of which sources it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache::{key, key_of_sources, Cache};
use crate::process;
use crate::workspace::{cargo, Workspace};

const FOLDER: &str = "app/localnet";
const PACKAGE: &str = "levee-localnet";
const TARGET: &str = "localnet-target";

/// The path of the binary, which is built where it does not exist yet.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let sources = workspace.root.join(FOLDER);
    let compiler = process::quiet(Command::new("rustc").arg("-vV"))?;
    let key = key(&[&key_of_sources(&sources)?, &compiler]);
    let cache = Cache::open()?;
    let target = cache.path(TARGET);
    let folder = cache.folder(&format!("localnet-{key}"), |partial| {
        eprintln!(
            "building the local chain: some ten minutes, once; {} keeps its packages, so that later builds are quick",
            target.display()
        );
        forget(workspace, &target)?;
        process::run(&mut on_chain(workspace, "build", &target))?;
        let binary = target.join("debug").join(PACKAGE);
        fs::copy(&binary, partial.join(PACKAGE))
            .with_context(|| format!("cannot copy {}", binary.display()))?;
        Ok(())
    })?;
    Ok(folder.join(PACKAGE))
}

/// Its own tests.
pub fn tests(workspace: &Workspace) -> Result<Command> {
    let cache = Cache::open()?;
    let target = cache.path(TARGET);
    forget(workspace, &target)?;
    Ok(on_chain(workspace, "test", &target))
}

/// What its tests are built by, without running them.
pub fn build_tests(workspace: &Workspace) -> Result<Command> {
    let mut command = tests(workspace)?;
    command.arg("--no-run");
    Ok(command)
}

/// Removes what was made of the one package, by whichever checkout.
fn forget(workspace: &Workspace, target: &Path) -> Result<()> {
    process::quiet(&mut on_chain(workspace, "clean", target)).map(drop)
}

fn on_chain(workspace: &Workspace, subcommand: &str, target: &Path) -> Command {
    let mut command = cargo();
    command
        .arg(subcommand)
        .args(["--locked", "--package", PACKAGE, "--manifest-path"])
        .arg(workspace.root.join(FOLDER).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    command
}
