//! The machine that the tasks run on: which programs it has, and whether this user may install more.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

/// Solana's own compiler driver.
pub const PLATFORM_TOOLS: &str = "cargo-build-sbf";

pub struct Machine {
    /// As the variable `PATH`.
    pub path: OsString,
    pub is_root: bool,
}

impl Machine {
    pub fn this() -> Result<Self> {
        let user = fs::metadata("/proc/self")
            .context("cannot tell which user this is")?
            .uid();
        Ok(Self {
            path: env::var_os("PATH").unwrap_or_default(),
            is_root: user == 0,
        })
    }

    pub fn has(&self, program: &str) -> bool {
        self.find(program).is_some()
    }

    /// A command that starts the `program` of this machine's path.
    pub fn command(&self, program: &str) -> Result<Command> {
        let found = self
            .find(program)
            .with_context(|| format!("there is no {program} on the PATH"))?;
        Ok(Command::new(found))
    }

    /// Where the `program` of this machine's path is.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path)
            .map(|folder| folder.join(program))
            .find(|file| file.is_file())
    }
}

#[cfg(test)]
pub mod fake {
    use std::path::Path;
    use std::process::Command;

    /// Writes a shell script that passes for a program.
    ///
    /// Another process writes it: a child that a thread starts while this process has the file open keeps it open, and a
    /// file that somebody may write to cannot be run.
    pub fn program(file: &Path, script: &str) {
        let written = Command::new("/bin/sh")
            .arg("-c")
            .arg(r#"mkdir -p "${0%/*}" && printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#)
            .arg(file)
            .arg(script)
            .status()
            .unwrap();
        assert!(written.success());
    }
}
