//! `cargo xtask lint`: clippy on all code, whose warnings are errors.
//!
//! `cargo clippy` checks dependencies anew, apart from what is built for tests. For the two workspaces of their own that would
//! be minutes each, so clippy's driver stands in for the compiler there, on top of what is built anyway.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::process;
use crate::workspace::{cargo, Workspace};
use crate::{fuzz, localnet};

/// Lints the workspace and those that are excluded from it.
pub fn run(workspace: &Workspace) -> Result<ExitCode> {
    process::run(
        cargo()
            .current_dir(&workspace.root)
            .args(["clippy", "--locked", "--workspace", "--all-targets"])
            .args(["--", "-D", "warnings"]),
    )?;
    let sysroot = process::quiet(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Path::new(sysroot.trim());
    process::run(lints(&mut localnet::build_tests(workspace)?, sysroot))?;
    process::run(lints(&mut fuzz::build(workspace, &["--bins"])?, sysroot))?;
    Ok(ExitCode::SUCCESS)
}

/// Lets a build of cargo lint the packages of its workspace.
fn lints<'a>(build: &'a mut Command, sysroot: &Path) -> &'a mut Command {
    build
        .env("RUSTC_WORKSPACE_WRAPPER", sysroot.join("bin/clippy-driver"))
        // How `cargo clippy` hands its driver what stands behind `--`.
        .env(
            "CLIPPY_ARGS",
            "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
        )
}
