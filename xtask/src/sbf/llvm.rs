//! The tools of LLVM 23, from Debian's development release.
//!
//! The BPF backend of LLVM 22, which comes with rustc, refuses stack arguments, library calls and 128-bit results. Debian
//! has 23 for its newest libc only, so the tools live in a root of their own with all their libraries, and are started
//! through that root's loader.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{bail, Context, Result};

use super::debian;
use crate::cache::Cache;

const PACKAGES: [&str; 16] = [
    "llvm-23",
    "libllvm23",
    "libc6",
    "libedit2",
    "libffi8",
    "libgcc-s1",
    "libstdc++6",
    "libxml2-16",
    "libz3-4",
    "libzstd1",
    "zlib1g",
    "libtinfo6",
    "libbsd0",
    "libmd0",
    "liblzma5",
    "libpfm4",
];

pub struct Llvm {
    root: PathBuf,
}

impl Llvm {
    pub fn prepare(cache: &Cache) -> Result<Self> {
        if !cfg!(target_arch = "x86_64") {
            bail!("without Solana's platform-tools, programs are built on x86-64 only");
        }
        let root = cache.folder("llvm-23", |partial| {
            eprintln!("unpacking LLVM 23 from Debian sid");
            debian::unpack("sid", &PACKAGES, partial).context("no LLVM 23")?;
            // A library that moved to another package shows here, once, and not in the middle of a build.
            crate::process::quiet(
                Self {
                    root: partial.to_owned(),
                }
                .tool("llc")
                .arg("--version"),
            )
            .context("LLVM 23 does not start")?;
            Ok(())
        })?;
        Ok(Self { root })
    }

    pub fn tool(&self, name: &str) -> Command {
        let bin = self.root.join("usr/lib/llvm-23");
        let libraries = format!(
            "{}:{}",
            self.root.join("usr/lib/x86_64-linux-gnu").display(),
            bin.join("lib").display()
        );
        let mut command = Command::new(self.root.join("usr/lib64/ld-linux-x86-64.so.2"));
        // The loader's error messages and `process` name the tool, which is the first argument.
        command.arg(bin.join("bin").join(name));
        command.env("LD_LIBRARY_PATH", libraries);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_missing_is_named_in_one_line_with_its_place() {
        let llvm = Llvm {
            root: PathBuf::from("/nowhere"),
        };
        let error = crate::process::quiet(&mut llvm.tool("llc")).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with("cannot start `/nowhere/"), "{error}");
        assert!(
            error.contains("/nowhere/usr/lib/llvm-23/bin/llc`: "),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
