//! From a program's archive of bitcode to the program file.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Context, Result};

use super::builtins::{link as link_modules, unpack, Builtins};
use super::llvm::Llvm;
use super::signed_division;
use crate::cache::{self, clear, key, key_of_sources, Cache};
use crate::process;
use crate::verify;
use crate::workspace::{cargo, Workspace};

/// Atomics become plain accesses, as a program has one thread; before the optimizer, which then sees through them, and
/// again after it, for those that it introduced.
const OPTIMIZE: &str = "-passes=internalize,globaldce,lower-atomic,lto<O3>,lower-atomic";
/// What the runtime calls, and what people look for in the file: how to report a vulnerability.
const PUBLIC: [&str; 2] = ["entrypoint", "SECURITY_TXT"];

pub struct Linker<'a> {
    llvm: &'a Llvm,
    builtins: &'a Builtins,
    sbf_link: PathBuf,
    /// Everything but the program that determines the result.
    key: String,
}

impl<'a> Linker<'a> {
    pub fn prepare(
        workspace: &Workspace,
        cache: &Cache,
        llvm: &'a Llvm,
        builtins: &'a Builtins,
    ) -> Result<Self> {
        let sources = workspace.root.join("xtask/sbf/linker");
        let sources_key = key_of_sources(&sources)?;
        let folder = cache.folder(&format!("linker-{sources_key}"), |partial| {
            eprintln!("building the final linker");
            let target = partial.join("target");
            process::run(
                cargo()
                    .args(["build", "--release", "--locked", "--manifest-path"])
                    .arg(sources.join("Cargo.toml"))
                    .arg("--target-dir")
                    .arg(&target)
                    .env_remove("CARGO_BUILD_TARGET"),
            )?;
            fs::rename(target.join("release/sbf-link"), partial.join("sbf-link"))
                .context("cargo built no sbf-link")?;
            fs::remove_dir_all(&target).context("cannot remove the final linker's build folder")
        })?;
        let key = key(&[
            &sources_key,
            &builtins.key,
            include_str!("link.rs"),
            include_str!("signed_division.rs"),
            include_str!("../verify/mod.rs"),
            include_str!("../verify/elf.rs"),
            include_str!("../verify/stack.rs"),
        ]);
        Ok(Self {
            llvm,
            builtins,
            sbf_link: folder.join("sbf-link"),
            key,
        })
    }

    /// Links `archive` to `program` unless that is what `program` was made of. `work` keeps the intermediate files.
    pub fn link(&self, archive: &Path, work: &Path, program: &Path) -> Result<()> {
        let made_of = work.join("made-of");
        let identity = self.identity(archive)?;
        let list = builtins_list(program);
        let complete = program.exists() && list.exists();
        if complete && fs::read_to_string(&made_of).is_ok_and(|found| found == identity) {
            return Ok(());
        }
        clear(work)?;
        let (object, names) = self.object(archive, work)?;
        let linked = work.join("program.so");
        process::quiet(Command::new(&self.sbf_link).arg(&object).arg(&linked))
            .context("cannot link the program")?;
        verify::install(&linked, program)?;
        cache::write(
            &list,
            names
                .into_iter()
                .map(|name| name + "\n")
                .collect::<String>(),
        )?;
        fs::write(&made_of, identity).with_context(|| format!("cannot write {}", made_of.display()))
    }

    fn identity(&self, archive: &Path) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        fs::read(archive)
            .with_context(|| format!("cannot read {}", archive.display()))?
            .hash(&mut hasher);
        Ok(format!("{} {:016x}", self.key, hasher.finish()))
    }

    /// One optimized object that calls nothing but system calls, and the names of the builtins in it.
    fn object(&self, archive: &Path, work: &Path) -> Result<(PathBuf, BTreeSet<String>)> {
        let mut modules = unpack(self.llvm, archive, &work.join("archive"))?;
        // The builtins proper come later: their calls appear only as the code is generated.
        modules.retain(|module| {
            !module
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .starts_with("compiler_builtins-")
        });
        let whole = work.join("whole.bc");
        link_modules(self.llvm, &modules, &whole)?;
        let optimized = work.join("optimized.bc");
        self.optimize(&whole, &optimized, &PUBLIC.map(str::to_owned).into())?;
        self.replace_signed_divisions(&optimized)?;

        let mut needed = self.undefined(&self.generate(&optimized)?)?;
        needed.retain(|name| self.builtins.names.contains(name));
        let builtins = self.builtins_for(&mut needed, work)?;
        let complete = work.join("complete.bc");
        link_modules(self.llvm, &[&optimized, &builtins], &complete)?;
        let object = self.generate(&complete)?;
        let missing: Vec<_> = self
            .undefined(&object)?
            .into_iter()
            .filter(|name| !is_system_call(name))
            .collect();
        if !missing.is_empty() {
            bail!(
                "the program calls what neither it nor the builtins define: {}",
                missing.join(", ")
            );
        }
        verify::object(&object, &object.with_extension("su"))?;
        Ok((object, needed))
    }

    fn replace_signed_divisions(&self, module: &Path) -> Result<()> {
        let text = process::quiet(self.llvm.tool("llvm-dis").arg(module).args(["-o", "-"]))?;
        if let Some(text) = signed_division::replace(&text)? {
            let replaced = module.with_extension("ll");
            fs::write(&replaced, text)
                .with_context(|| format!("cannot write {}", replaced.display()))?;
            process::quiet(
                self.llvm
                    .tool("llvm-as")
                    .arg(&replaced)
                    .arg("-o")
                    .arg(module),
            )?;
        }
        Ok(())
    }

    /// The builtins `needed`, and those that they call in turn, which are added to the names.
    fn builtins_for(&self, needed: &mut BTreeSet<String>, work: &Path) -> Result<PathBuf> {
        let module = work.join("builtins.bc");
        loop {
            self.optimize(&self.builtins.bitcode, &module, needed)?;
            let called = self.undefined(&self.generate(&module)?)?;
            let more: Vec<_> = called
                .into_iter()
                .filter(|name| self.builtins.names.contains(name))
                .collect();
            if more.is_empty() {
                return Ok(module);
            }
            needed.extend(more);
        }
    }

    fn optimize(&self, input: &Path, output: &Path, public: &BTreeSet<String>) -> Result<()> {
        let public: Vec<_> = public.iter().map(String::as_str).collect();
        process::quiet(
            self.llvm
                .tool("opt")
                .arg(OPTIMIZE)
                .arg(format!("-internalize-public-api-list={}", public.join(",")))
                .arg(input)
                .arg("-o")
                .arg(output),
        )?;
        Ok(())
    }

    /// Machine code for version 0 of the bytecode, and beside it the size of each function's frame.
    fn generate(&self, module: &Path) -> Result<PathBuf> {
        let object = module.with_extension("o");
        let frames = module.with_extension("su");
        let generated = process::quiet(
            self.llvm
                .tool("llc")
                .args([
                    "-march=bpfel",
                    "-mcpu=v2",
                    "-mattr=+allows-misaligned-mem-access",
                    "-filetype=obj",
                ])
                .arg(format!("-bpf-stack-size={}", verify::FRAME_BYTES))
                .arg("--bpf-allows-libcalls")
                .arg(format!("-stack-usage-file={}", frames.display()))
                .arg(module)
                .arg("-o")
                .arg(&object),
        );
        if generated.is_err() && frames.exists() {
            // llc says the same once for each access, and buries the functions' names.
            verify::frames(&frames)?;
        }
        generated?;
        Ok(object)
    }

    fn undefined(&self, object: &Path) -> Result<BTreeSet<String>> {
        let symbols = process::quiet(
            self.llvm
                .tool("llvm-nm")
                .args(["--undefined-only", "--format=just-symbols"])
                .arg(object),
        )?;
        Ok(symbols.lines().map(str::to_owned).collect())
    }
}

/// Where the names of the builtins in a program are listed: beside it, for the test that each is tested.
fn builtins_list(program: &Path) -> PathBuf {
    program.with_extension("builtins")
}

/// Removes the list that an earlier build of the program left.
pub fn forget_builtins(program: &Path) -> Result<()> {
    let list = builtins_list(program);
    match fs::remove_file(&list) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", list.display()))
        }
        _ => Ok(()),
    }
}

/// `__bpf_trap` is LLVM's word for unreachable code; sbpf-linker makes it a call to `abort`.
fn is_system_call(name: &str) -> bool {
    name.starts_with("sol_") || ["abort", "__bpf_trap"].contains(&name)
}
