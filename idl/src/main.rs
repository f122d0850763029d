//! Writes `idl/levee.json`, from which clients in other languages are generated.
//!
//! Anchor's macros describe the program themselves where it is compiled with the feature `idl-build`; Anchor's builder does
//! that and puts the parts together. What is written is what `anchor build` would write.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anchor_lang_idl::build::IdlBuilder;
use anchor_lang_idl::types::{Idl, IdlInstructionAccountItem};
use anyhow::{bail, ensure, Context, Result};
use clap::Parser;

/// From the workspace's root.
const FILE: &str = "idl/levee.json";

#[derive(Parser)]
#[command(about = "Writes idl/levee.json from the program's source")]
struct Arguments {
    /// Write nothing, and fail where the file is stale
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    // Of this run: checkouts that share a target folder share what was compiled.
    let folder = env::var_os("CARGO_MANIFEST_DIR");
    let folder = folder.context("run it by `cargo xtask idl`")?;
    let root = Path::new(&folder)
        .parent()
        .context("the package has no workspace")?;
    let file = root.join(FILE);

    let idl = build(&root.join("programs/levee"))?;
    let text = serde_json::to_string_pretty(&idl).context("the IDL is no JSON")? + "\n";
    if arguments.check {
        let current = fs::read_to_string(&file)
            .with_context(|| format!("cannot read {FILE}: write it with `cargo xtask idl`"))?;
        check(&current, &text)?;
        println!("{FILE} is fresh: {}", summary(&idl));
    } else {
        fs::write(&file, text).with_context(|| format!("cannot write {FILE}"))?;
        println!("{FILE}: {}", summary(&idl));
    }
    Ok(())
}

/// Refuses a file that says something else than the program.
fn check(current: &str, text: &str) -> Result<()> {
    if current == text {
        return Ok(());
    }
    let same = current
        .lines()
        .zip(text.lines())
        .take_while(|(current, new)| current == new);
    bail!(
        "{FILE} is stale from line {}: run `cargo xtask idl` and commit what it changes",
        same.count() + 1
    );
}

fn build(program: &Path) -> Result<Idl> {
    name_the_toolchain()?;
    keep_the_flags();
    let arguments = ["--locked", "--lib"].map(String::from).to_vec();
    let idl = IdlBuilder::new()
        .program_path(program.to_owned())
        .cargo_args(arguments)
        .build()
        .context("Anchor cannot describe the program")?;
    // Anchor asks for the seeds by a variable that its macro crate reads when it is compiled itself, and cargo does not
    // know of: what somebody compiled without it stays.
    ensure!(
        has_seeds(&idl),
        "Anchor's macros were compiled without account resolution: \
         run `cargo clean --package anchor-syn` and try again"
    );
    Ok(idl)
}

/// Anchor's builder starts `cargo` with a malformed toolchain argument where the variable of rustup is set. That cargo must
/// be the one that runs this program, so it is put first on the path instead.
fn name_the_toolchain() -> Result<()> {
    env::remove_var("RUSTUP_TOOLCHAIN");
    let Some(cargo) = env::var_os("CARGO") else {
        return Ok(());
    };
    let folder = Path::new(&cargo).parent().map(Path::to_owned);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = folder.into_iter().chain(env::split_paths(&path));
    let path = env::join_paths(folders).context("the PATH cannot be extended")?;
    env::set_var("PATH", path);
    Ok(())
}

/// Anchor's builder replaces the compiler's flags, after which every dependency would be compiled again. The encoded flags
/// take precedence over those.
fn keep_the_flags() {
    const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";
    if env::var_os(ENCODED).is_none() {
        let flags = env::var("RUSTFLAGS").unwrap_or_default();
        let flags: Vec<_> = flags.split_whitespace().collect();
        env::set_var(ENCODED, OsString::from(flags.join("\u{1f}")));
    }
}

fn has_seeds(idl: &Idl) -> bool {
    let accounts = idl.instructions.iter().flat_map(|ix| &ix.accounts);
    accounts.into_iter().any(|item| match item {
        IdlInstructionAccountItem::Single(account) => account.pda.is_some(),
        IdlInstructionAccountItem::Composite(_) => false,
    })
}

fn summary(idl: &Idl) -> String {
    let types: BTreeSet<_> = idl.types.iter().map(|ty| &ty.name).collect();
    format!(
        "{} instructions, {} accounts, {} events, {} errors, {} types, {} constants",
        idl.instructions.len(),
        idl.accounts.len(),
        idl.events.len(),
        idl.errors.len(),
        types.len(),
        idl.constants.len()
    )
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_stale_file_is_refused_with_one_line_that_names_the_first_difference() {
        check("a\nb\n", "a\nb\n").unwrap();
        for (current, line) in [("a\nc\n", 2), ("", 1), ("a\n", 2), ("a\nb", 3)] {
            let error = format!("{:#}", check(current, "a\nb\n").unwrap_err());
            assert_eq!(
                error,
                format!(
                    "idl/levee.json is stale from line {line}: run `cargo xtask idl` and commit what it changes"
                )
            );
        }
    }
}
