//! Where this workspace's packages and build results are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::machine::Machine;
use crate::process;

pub struct Workspace {
    pub machine: Machine,
    pub root: PathBuf,
    /// Cargo's own answer, so that `CARGO_TARGET_DIR` and configuration files count.
    pub target: PathBuf,
    packages: Vec<Package>,
}

pub struct Package {
    pub name: String,
    pub manifest: PathBuf,
}

impl Workspace {
    pub fn locate(machine: Machine) -> Result<Self> {
        let json = process::stdout(cargo().args([
            "metadata",
            "--no-deps",
            "--locked",
            "--format-version=1",
        ]))?;
        Self::from_metadata(machine, &json).context("`cargo metadata` printed something unexpected")
    }

    fn from_metadata(machine: Machine, json: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(json)?;
        let packages = metadata["packages"].as_array().context("no packages")?;
        Ok(Self {
            machine,
            root: path(&metadata["workspace_root"])?,
            target: path(&metadata["target_directory"])?,
            packages: packages
                .iter()
                .map(|package| {
                    Ok(Package {
                        name: package["name"]
                            .as_str()
                            .context("a package without a name")?
                            .to_owned(),
                        manifest: path(&package["manifest_path"])?,
                    })
                })
                .collect::<Result<_>>()?,
        })
    }

    pub fn package(&self, name: &str) -> Result<&Package> {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .with_context(|| format!("the workspace has no package {name}"))
    }

    /// The packages below `folder`, a path from the workspace's root.
    pub fn packages_in(&self, folder: &str) -> impl Iterator<Item = &Package> {
        let folder = self.root.join(folder);
        self.packages
            .iter()
            .filter(move |package| package.manifest.starts_with(&folder))
    }

    /// Where programs are put, as Solana's own tools do.
    pub fn deploy(&self) -> PathBuf {
        self.target.join("deploy")
    }

    /// `path` as a reader in the workspace's root would type it.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The cargo that runs this task, or the one on the path.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // Cargo tells this process about its own package, and some packages compile anew whenever they are told otherwise: after
    // a plain `cargo test`, or in another checkout.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

fn path(value: &Value) -> Result<PathBuf> {
    Ok(PathBuf::from(value.as_str().context("a path is missing")?))
}
