//! A real validator, built from the registry where the machine has none.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cache::Cache;
use crate::packages;
use crate::process;
use crate::workspace::{cargo, Workspace};

/// The binary's name.
pub const PROGRAM: &str = "solana-test-validator";

const PACKAGE: &str = "agave-validator";
/// Of the same cohort as the libraries that the tests run on.
const VERSION: &str = "3.1.12";

/// The one that was built before.
pub fn built(cache: &Cache) -> Option<PathBuf> {
    let path = cache.path(&folder()).join("bin").join(PROGRAM);
    path.is_file().then_some(path)
}

/// Builds it. What an interrupted build compiled is kept for the next one, and removed at the end.
pub fn build(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    packages::install_for_validator(&workspace.machine)?;
    let target = cache.path("validator-target");
    let folder = cache.folder(&folder(), |partial| {
        eprintln!(
            "building {PROGRAM} of {PACKAGE} {VERSION}: about twenty minutes on two cores, once; what it takes part in \
             lies in {} and is removed at the end",
            target.display()
        );
        process::run(&mut install(partial, &target))?;
        crate::cache::clear(&target)
    })?;
    Ok(folder.join("bin").join(PROGRAM))
}

fn folder() -> String {
    format!("{PACKAGE}-{VERSION}")
}

/// Without link-time optimization and with little of the other kinds: that would take hours, and a chain for one is quick
/// enough.
fn install(root: &Path, target: &Path) -> Command {
    let mut command = cargo();
    command
        .args(["install", PACKAGE, "--version", VERSION, "--bin", PROGRAM])
        .args(["--locked", "--no-track", "--root"])
        .arg(root)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_binary_of_one_version_is_installed_into_the_cache() {
        let command = install(Path::new("c/v.partial"), Path::new("c/target"));
        let words: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            words.join(" "),
            "install agave-validator --version 3.1.12 --bin solana-test-validator --locked --no-track --root c/v.partial"
        );
        let variables: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)))
            .collect();
        assert_eq!(
            variables,
            [
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                ("CARGO_TARGET_DIR", "c/target"),
            ]
        );
    }
}
