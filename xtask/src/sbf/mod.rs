//! Programs to Solana bytecode.
//!
//! Solana's own tools are used where they are installed. Elsewhere everything comes from Debian and the Rust registry:
//!
//! 1. `debian`: a rustc whose library sources are packaged, and the tools of LLVM 23 in a root of their own;
//! 2. `library`: a copy of those sources that knows `target_os = "solana"`, and `target`, the target's description;
//! 3. `compile`: the program and all that it uses, as LLVM bitcode in one archive;
//! 4. `builtins`: what the code generator calls for 128-bit integers, floats and memory;
//! 5. `link`: archive and builtins to one optimized object, and that to the program file.
//!
//! `verify` checks the program file of either, before it gets its name.

mod builtins;
mod compile;
mod conventions;
mod debian;
mod library;
mod link;
mod llvm;
mod signed_division;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cache::Cache;
use crate::machine::PLATFORM_TOOLS;
use crate::process;
use crate::verify;
use crate::workspace::{cargo, Package, Workspace};
use compile::Compiler;

/// A package with a `cdylib` target, built with some of its features.
pub struct Build<'a> {
    pub package: &'a str,
    pub features: &'a [String],
}

impl<'a> Build<'a> {
    /// Without features beyond the default ones.
    pub fn plain(package: &'a str) -> Self {
        Self {
            package,
            features: &[],
        }
    }

    /// Without its extension. A build with features has a name of its own: it must never be taken for the one without.
    fn file_stem(&self) -> String {
        let parts: Vec<_> = [self.package]
            .into_iter()
            .chain(self.features.iter().map(String::as_str))
            .collect();
        parts.join("_").replace('-', "_")
    }

    /// Cargo's arguments for the features.
    fn feature_arguments(&self) -> Vec<String> {
        match self.features {
            [] => Vec::new(),
            features => vec!["--features".to_owned(), features.join(",")],
        }
    }
}

/// Builds a program and returns its path in the deploy folder.
pub fn build(workspace: &Workspace, build: &Build) -> Result<PathBuf> {
    let package = workspace.package(build.package)?;
    let stem = build.file_stem();
    let program = workspace.deploy().join(format!("{stem}.so"));
    if workspace.machine.has(PLATFORM_TOOLS) {
        build_with_platform_tools(workspace, package, build, &program)?;
    } else {
        let cache = Cache::open()?;
        let rust = debian::rust()?;
        let llvm = llvm::Llvm::prepare(&cache)?;
        let work = workspace.target.join("sbf");
        let compiler = Compiler::prepare(&cache, &rust, &work)?;
        let builtins = builtins::prepare(workspace, &cache, &compiler, &llvm)?;
        let archive = compiler.archive(package, &build.feature_arguments())?;
        let linker = link::Linker::prepare(workspace, &cache, &llvm, &builtins)?;
        linker.link(&archive, &work.join("link").join(&stem), &program)?;
    }
    let size = program
        .metadata()
        .map(|file| file.len())
        .unwrap_or_default();
    eprintln!("{}: {size} bytes", workspace.shown(&program));
    Ok(program)
}

/// The tools only warn of a stack frame that is too large, so what they made is checked as any other program. They give no
/// list of frame sizes: what `verify::object` adds to that check has no equal here.
fn build_with_platform_tools(
    workspace: &Workspace,
    package: &Package,
    build: &Build,
    program: &Path,
) -> Result<()> {
    let folder = workspace
        .target
        .join("sbf/platform-tools")
        .join(build.file_stem());
    process::run(
        cargo()
            .arg("build-sbf")
            .arg("--manifest-path")
            .arg(&package.manifest)
            .arg("--sbf-out-dir")
            .arg(&folder)
            .args(build.feature_arguments())
            .args(["--", "--locked"])
            .current_dir(&workspace.root),
    )?;
    let made = Build::plain(build.package).file_stem();
    // The builtins are the tools' own.
    link::forget_builtins(program)?;
    verify::install(&folder.join(format!("{made}.so")), program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_with_features_has_a_file_of_its_own() {
        let plain = Build::plain("levee");
        assert_eq!(plain.file_stem(), "levee");
        assert!(plain.feature_arguments().is_empty());
        let features = ["test-feeds".to_owned()];
        let build = Build {
            features: &features,
            ..plain
        };
        assert_eq!(build.file_stem(), "levee_test_feeds");
        assert_eq!(build.feature_arguments(), ["--features", "test-feeds"]);
    }
}
