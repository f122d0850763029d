//! The functions that LLVM's code generator calls, as one file of bitcode.
//!
//! They come from three libraries: `xtask/sbf/builtins`, `solana-compiler-builtins`, and for the rest (mostly floats)
//! Rust's own compiler_builtins. Of the last nothing that takes or returns 128-bit numbers may be used, because its
//! functions do not have the convention that LLVM calls.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};

use super::compile::Compiler;
use super::conventions;
use super::llvm::Llvm;
use crate::cache::{clear, key, key_of_sources, Cache};
use crate::process;
use crate::workspace::Workspace;

/// First come, first served: a function is taken from the first library that has it.
const LIBRARIES: [&str; 3] = [
    "libsbf_builtins-",
    "libsolana_compiler_builtins-",
    "libcompiler_builtins-",
];

pub struct Builtins {
    pub bitcode: PathBuf,
    /// The functions that may be called.
    pub names: BTreeSet<String>,
    pub key: String,
}

pub fn prepare(
    workspace: &Workspace,
    cache: &Cache,
    compiler: &Compiler,
    llvm: &Llvm,
) -> Result<Builtins> {
    let sources = workspace.root.join("xtask/sbf/builtins");
    let key = key(&[
        compiler.key(),
        &key_of_sources(&sources)?,
        include_str!("builtins.rs"),
        include_str!("conventions.rs"),
    ]);
    let folder = cache.folder(&format!("builtins-{key}"), |partial| {
        eprintln!("building the compiler's builtins");
        let built = compiler.libraries(&sources.join("Cargo.toml"))?;
        let mut modules = Vec::new();
        let mut names = BTreeSet::new();
        for prefix in LIBRARIES {
            let library = find(&built, prefix)?;
            let mut module = partial.join(format!("{prefix}.bc"));
            link(
                llvm,
                &unpack(llvm, library, &partial.join(prefix))?,
                &module,
            )?;
            let foreign = prefix == LIBRARIES[2];
            names.extend(
                defined(llvm, &module)?
                    .into_iter()
                    .filter(|name| !(foreign && has_wide_numbers(name))),
            );
            module = in_llvm_conventions(llvm, &module)?;
            modules.push(module);
        }
        let incomplete = partial.join("incomplete.bc");
        link(llvm, &modules, &incomplete)?;
        let traps = traps(llvm, &incomplete, partial)?;
        link(llvm, &[incomplete, traps], &partial.join("builtins.bc"))?;
        let names: Vec<_> = names.into_iter().collect();
        fs::write(partial.join("names"), names.join("\n"))
            .context("cannot write the builtins' names")
    })?;
    let names =
        fs::read_to_string(folder.join("names")).context("cannot read the builtins' names")?;
    Ok(Builtins {
        bitcode: folder.join("builtins.bc"),
        names: names.lines().map(str::to_owned).collect(),
        key,
    })
}

fn find<'a>(built: &'a [PathBuf], prefix: &str) -> Result<&'a Path> {
    built
        .iter()
        .find(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".rlib")
                && (name.starts_with(prefix) || format!("{prefix}.rlib").replace("-.", ".") == name)
        })
        .map(PathBuf::as_path)
        .with_context(|| format!("cargo built no {prefix}*.rlib"))
}

fn in_llvm_conventions(llvm: &Llvm, module: &Path) -> Result<PathBuf> {
    let text = process::quiet(llvm.tool("llvm-dis").arg(module).args(["-o", "-"]))?;
    let text = conventions::adapt(&text)?;
    let rewritten = module.with_extension("ll");
    fs::write(&rewritten, text).with_context(|| format!("cannot write {}", rewritten.display()))?;
    Ok(rewritten)
}

/// Definitions of the Rust functions that the builtins refer to: those of `core` that panic. None is ever reached, so that
/// they end the program instead of bringing `core`'s formatting along.
fn traps(llvm: &Llvm, module: &Path, folder: &Path) -> Result<PathBuf> {
    let symbols = process::quiet(
        llvm.tool("llvm-nm")
            .args(["--undefined-only", "--format=just-symbols"])
            .arg(module),
    )?;
    let mut text = String::from("target triple = \"bpfel\"\ndeclare void @llvm.trap()\n");
    for name in symbols.lines().filter(|name| is_mangled(name)) {
        if !name.contains("4core9panicking") {
            bail!("the builtins call {name}, which is not theirs");
        }
        text.push_str(&format!("define void @{name}() noinline noreturn {{\n  call void @llvm.trap()\n  unreachable\n}}\n"));
    }
    let source = folder.join("traps.ll");
    fs::write(&source, text).with_context(|| format!("cannot write {}", source.display()))?;
    Ok(source)
}

fn is_mangled(name: &str) -> bool {
    name.starts_with("_R") || name.starts_with("_ZN")
}

/// By the naming of LLVM: `ti` is a 128-bit integer, `tf` a 128-bit float.
fn has_wide_numbers(name: &str) -> bool {
    name.starts_with("__") && (name.contains("ti") || name.contains("tf") || name.contains("128"))
}

/// The public functions of a module that are not Rust's mangled ones.
fn defined(llvm: &Llvm, module: &Path) -> Result<Vec<String>> {
    let symbols = process::quiet(
        llvm.tool("llvm-nm")
            .args(["--defined-only", "--extern-only", "--format=just-symbols"])
            .arg(module),
    )?;
    Ok(symbols
        .lines()
        .filter(|name| !is_mangled(name))
        .map(str::to_owned)
        .collect())
}

/// The bitcode files of an archive. Archives may hold two files of one name, of which only one would survive unpacking.
pub fn unpack(llvm: &Llvm, archive: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    clear(folder)?;
    let listed = process::quiet(llvm.tool("llvm-ar").arg("t").arg(archive))?;
    process::quiet(
        llvm.tool("llvm-ar")
            .arg("x")
            .arg(archive)
            .current_dir(folder),
    )?;
    let files = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()
        })
        .with_context(|| format!("cannot list {}", folder.display()))?;
    if listed.lines().count() != files.len() {
        bail!("{} holds several files of the same name", archive.display());
    }
    let mut files: Vec<_> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "o"))
        .collect();
    // The order decides which of several weak functions is taken; builds must not differ by it.
    files.sort();
    Ok(files)
}

pub fn link(llvm: &Llvm, modules: &[impl AsRef<Path>], output: &Path) -> Result<()> {
    let modules = modules.iter().map(|module| OsString::from(module.as_ref()));
    process::quiet(llvm.tool("llvm-link").args(modules).arg("-o").arg(output))?;
    Ok(())
}
