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

/// Builds a package with a `cdylib` target and returns the program's path in the deploy folder.
pub fn build(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    let package = workspace.package(package)?;
    let program = workspace
        .deploy()
        .join(format!("{}.so", package.name.replace('-', "_")));
    if workspace.machine.has(PLATFORM_TOOLS) {
        build_with_platform_tools(workspace, package, &program)?;
    } else {
        let cache = Cache::open()?;
        let rust = debian::rust()?;
        let llvm = llvm::Llvm::prepare(&cache)?;
        let work = workspace.target.join("sbf");
        let compiler = Compiler::prepare(&cache, &rust, &work)?;
        let builtins = builtins::prepare(workspace, &cache, &compiler, &llvm)?;
        let archive = compiler.archive(package)?;
        let linker = link::Linker::prepare(workspace, &cache, &llvm, &builtins)?;
        linker.link(&archive, &work.join("link").join(&package.name), &program)?;
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
    program: &Path,
) -> Result<()> {
    let folder = workspace
        .target
        .join("sbf/platform-tools")
        .join(&package.name);
    process::run(
        cargo()
            .arg("build-sbf")
            .arg("--manifest-path")
            .arg(&package.manifest)
            .arg("--sbf-out-dir")
            .arg(&folder)
            .args(["--", "--locked"])
            .current_dir(&workspace.root),
    )?;
    let name = program.file_name().unwrap_or_default();
    // The builtins are the tools' own.
    link::forget_builtins(program)?;
    verify::install(&folder.join(name), program)
}
