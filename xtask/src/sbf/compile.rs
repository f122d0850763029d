//! Debian's rustc on the patched library: from a package to LLVM bitcode.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::debian::Rust;
use super::library;
use crate::cache::{clear, key, Cache};
use crate::process;
use crate::workspace::Package;

/// The target as rustc sees it: BPF of LLVM with the type layout of the host, no threads, and bitcode instead of objects,
/// because rustc's own LLVM cannot generate the code. There is no linker: nothing but archives is ever asked for.
const TARGET: &str = include_str!("../../sbf/sbf-solana.json");
const TARGET_NAME: &str = "sbf-solana.json";

pub struct Compiler<'a> {
    rust: &'a Rust,
    library: PathBuf,
    target: PathBuf,
    /// Cargo's target folder. It is the workspace's own: cargo takes the same file of two checkouts for one, and would
    /// not compile the second.
    folder: PathBuf,
    key: String,
}

impl<'a> Compiler<'a> {
    /// `work` is a folder of this workspace's; what another compiler left there is removed.
    pub fn prepare(cache: &Cache, rust: &'a Rust, work: &Path) -> Result<Self> {
        let library_key = library::key(rust);
        let library = cache
            .folder(&format!("library-{library_key}"), |partial| {
                library::write(rust, partial)
            })?
            .join(library::FOLDER);
        let key = key(&[&library_key, TARGET]);
        let target = cache
            .folder(&format!("target-{key}"), |partial| {
                fs::write(partial.join(TARGET_NAME), TARGET)
                    .context("cannot write the target's description")
            })?
            .join(TARGET_NAME);
        // Cargo does not notice changes of the library.
        let made_by = work.join("compiler");
        if !fs::read_to_string(&made_by).is_ok_and(|found| found == key) {
            clear(work)?;
            fs::write(&made_by, &key)
                .with_context(|| format!("cannot write {}", made_by.display()))?;
        }
        Ok(Self {
            rust,
            library,
            target,
            folder: work.join("build"),
            key,
        })
    }

    /// Stands for everything that determines what this compiler makes of given sources.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A static library of the package and everything it uses, the standard library included.
    /// `options` are further arguments for cargo.
    pub fn archive(&self, package: &Package, options: &[String]) -> Result<PathBuf> {
        // `rustc --crate-type` replaces the package's own `cdylib`, which would need a linker.
        let files = self.cargo(
            "rustc",
            &package.manifest,
            &[&["--lib".into(), "--crate-type=staticlib".into()], options].concat(),
        )?;
        let name = format!("lib{}.a", package.name.replace('-', "_"));
        files
            .into_iter()
            .find(|file| file.file_name().is_some_and(|found| found == name.as_str()))
            .with_context(|| format!("cargo built no {name}"))
    }

    /// Builds a library and returns the files of all crates, dependencies first.
    pub fn libraries(&self, manifest: &Path) -> Result<Vec<PathBuf>> {
        self.cargo("build", manifest, &[])
    }

    fn cargo(
        &self,
        subcommand: &str,
        manifest: &Path,
        arguments: &[String],
    ) -> Result<Vec<PathBuf>> {
        let mut command = Command::new(&self.rust.cargo);
        // What rustup and the calling cargo set is meant for another compiler.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            let foreign = name.starts_with("CARGO") || name.starts_with("RUST");
            if foreign && !["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_TERM_COLOR"].contains(&&*name)
            {
                command.env_remove(&*name);
            }
        }
        command
            .arg(subcommand)
            .arg("--manifest-path")
            .arg(manifest)
            .args(arguments)
            .args([
                "--release",
                "--locked",
                "--message-format=json-render-diagnostics",
            ])
            .arg("--target")
            .arg(&self.target)
            // std's own features, unwinding and backtraces among them, are left out.
            .args([
                "-Zjson-target-spec",
                "-Zbuild-std=std,panic_abort",
                "-Zbuild-std-features=optimize_for_size",
            ])
            .arg("--target-dir")
            .arg(&self.folder)
            .env("RUSTC", &self.rust.rustc)
            // A released compiler accepts -Z options only so.
            .env("RUSTC_BOOTSTRAP", "1")
            // The one way to give build-std another library than the compiler's.
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &self.library);
        let messages = process::stdout(&mut command)?;
        let mut files = Vec::new();
        for line in messages.lines() {
            let message: Value =
                serde_json::from_str(line).context("cargo printed something unexpected")?;
            if message["reason"] == "compiler-artifact" {
                let names = message["filenames"].as_array().into_iter().flatten();
                files.extend(names.filter_map(Value::as_str).map(PathBuf::from));
            }
        }
        Ok(files)
    }
}
