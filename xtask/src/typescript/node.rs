//! Node.js: the one on the path where it is young enough, else one of the npm registry, which has Node's own builds.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{bail, Context, Result};

use crate::cache::Cache;
use crate::machine::Machine;
use crate::packages;
use crate::process;

/// What the packages ask for: major and minor version.
const LEAST: (u32, u32) = (20, 18);
/// What is installed where there is none so young; Debian 12 has 18.
const BUILD: &str = "22.23.3";

pub struct Node {
    pub node: PathBuf,
    pub npm: PathBuf,
    pub version: String,
}

impl Node {
    /// Installs Debian's packages where there is no node or no npm, and a younger node where that is too old.
    pub fn find_or_install(machine: &Machine) -> Result<Self> {
        if !machine.has("node") || !machine.has("npm") {
            packages::install_for_typescript(machine)?;
        }
        let npm = machine.find("npm").context("there is no npm on the PATH")?;
        let mut node = machine
            .find("node")
            .context("there is no node on the PATH")?;
        let mut version = version_of(&node)?;
        if !is_young_enough(&version) {
            node = from_registry(&npm)?;
            version = version_of(&node)?;
        }
        Ok(Self { node, npm, version })
    }
}

fn version_of(node: &PathBuf) -> Result<String> {
    let printed = process::quiet(Command::new(node).arg("--version"))?;
    Ok(printed.trim().to_owned())
}

/// Of `v20.18.1`, say.
fn is_young_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut next = || numbers.next()?.parse::<u32>().ok();
    matches!((next(), next()), (Some(major), Some(minor)) if (major, minor) >= LEAST)
}

fn from_registry(npm: &PathBuf) -> Result<PathBuf> {
    let architecture = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!(
            "node {}.{} or younger is needed, and there is no build for {other}: install one by hand",
            LEAST.0,
            LEAST.1
        ),
    };
    let package = format!("node-linux-{architecture}");
    let folder = Cache::open()?.folder(&format!("node-{BUILD}"), |partial| {
        eprintln!("installing node {BUILD}");
        process::quiet(
            Command::new(npm)
                .arg("install")
                .arg("--prefix")
                .arg(partial)
                .args(["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"])
                .arg(format!("{package}@{BUILD}")),
        )
        .map(drop)
        .context("no node from the npm registry")
    })?;
    Ok(folder.join("node_modules").join(package).join("bin/node"))
}

#[cfg(test)]
mod tests {
    use super::is_young_enough;

    #[test]
    fn only_a_node_that_the_packages_accept_is_young_enough() {
        for version in ["v20.18.0", "v20.20.2", "v22.0.0", "v26.10.0"] {
            assert!(is_young_enough(version), "{version}");
        }
        for version in ["v18.20.4", "v20.17.9", "v8.99.0", "", "nonsense"] {
            assert!(!is_young_enough(version), "{version}");
        }
    }
}
