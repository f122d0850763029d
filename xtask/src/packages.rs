//! The packages of Debian that the workspace's builds need beyond Rust, and their installation.
//!
//! One is needed before any of this can run: cargo links xtask too, with `cc`.

use anyhow::{bail, Context, Result};

use crate::machine::{Machine, PLATFORM_TOOLS};
use crate::process;

struct Package {
    name: &'static str,
    /// The program on the path that makes the package unnecessary on a machine that is no Debian; on Debian too where it is
    /// Solana's.
    instead: &'static str,
}

const fn package(name: &'static str, instead: &'static str) -> Package {
    Package { name, instead }
}

/// Crates of the workspace compile C and assembly (hashes, curves, compression), and OpenSSL by its own build, which perl
/// configures and make runs. OpenSSL and the compression libraries come as sources with their crates, so that neither the
/// system's libraries nor pkg-config are needed, and none of it is C++.
///
/// Without Solana's platform-tools, programs are compiled by rustc-web, which follows the stable releases in every supported
/// Debian; rust-web-src has the sources that it was built from, which `-Z build-std` needs to match to the letter.
const PACKAGES: [Package; 7] = [
    package("gcc", "cc"),
    package("libc6-dev", "cc"),
    package("make", "make"),
    package("perl", "perl"),
    package("rustc-web", PLATFORM_TOOLS),
    package("cargo-web", PLATFORM_TOOLS),
    package("rust-web-src", PLATFORM_TOOLS),
];

/// LLVM's libFuzzer comes as source with its crate, in C++.
const FOR_FUZZING: [Package; 1] = [package("g++", "c++")];

/// A validator's storage engine, its network interfaces and its messages.
const FOR_VALIDATOR: [Package; 8] = [
    package("g++", "c++"),
    package("clang", "clang"),
    package("libclang-dev", "clang"),
    package("protobuf-compiler", "protoc"),
    package("libudev-dev", "pkg-config"),
    package("cmake", "cmake"),
    package("pkg-config", "pkg-config"),
    package("libssl-dev", "pkg-config"),
];

/// What the TypeScript client is built and run with; npm knows how to get a younger node.
const FOR_TYPESCRIPT: [Package; 2] = [package("nodejs", "node"), package("npm", "npm")];

/// Installs what is missing, and says so.
pub fn install(machine: &Machine) -> Result<()> {
    install_missing(machine, &PACKAGES)
}

/// Installs what fuzzing needs besides.
pub fn install_for_fuzzing(machine: &Machine) -> Result<()> {
    install_missing(machine, &FOR_FUZZING)
}

/// Installs what the build of a validator needs besides.
pub fn install_for_validator(machine: &Machine) -> Result<()> {
    install_missing(machine, &FOR_VALIDATOR)
}

/// Installs what the TypeScript client needs besides.
pub fn install_for_typescript(machine: &Machine) -> Result<()> {
    install_missing(machine, &FOR_TYPESCRIPT)
}

fn install_missing(machine: &Machine, packages: &[Package]) -> Result<()> {
    let wanted = packages
        .iter()
        .filter(|package| package.instead != PLATFORM_TOOLS || !machine.has(PLATFORM_TOOLS));
    if !machine.has("dpkg-query") || !machine.has("apt-get") {
        return demand(machine, wanted);
    }
    let mut missing = Vec::new();
    for package in wanted {
        if !is_installed(machine, package.name)? {
            missing.push(package.name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !machine.is_root {
        bail!("missing packages; as root: apt-get install {list}");
    }
    eprintln!("installing Debian packages: {list}");
    process::quiet(machine.command("apt-get")?.args(["update", "-qq"]))
        .context("no package lists from the Debian mirror")?;
    process::quiet(
        machine
            .command("apt-get")?
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
    .with_context(|| format!("cannot install {list}"))?;
    Ok(())
}

/// On a machine that is no Debian nothing can be installed, only missed.
fn demand<'a>(machine: &Machine, wanted: impl Iterator<Item = &'a Package>) -> Result<()> {
    let mut missing: Vec<_> = wanted
        .map(|package| package.instead)
        .filter(|program| !machine.has(program))
        .collect();
    missing.dedup();
    if !missing.is_empty() {
        bail!(
            "not on the PATH, and no apt-get to install it with: {} (use Debian, or install it by hand; \
             {PLATFORM_TOOLS} comes with Solana's platform-tools)",
            missing.join(", ")
        );
    }
    Ok(())
}

fn is_installed(machine: &Machine, package: &str) -> Result<bool> {
    // It fails for a package that it has never heard of, which says no more than that.
    let answer = machine
        .command("dpkg-query")?
        .args(["-W", "-f=${db:Status-Status}", package])
        .output()
        .context("cannot start dpkg-query")?;
    Ok(answer.stdout == b"installed")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::machine::fake::program;

    /// A folder with shell scripts for programs, as the whole path of a machine.
    struct Bin(PathBuf);

    impl Bin {
        fn new(test: &str, programs: &[(&str, &str)]) -> Self {
            let folder = std::env::temp_dir().join(format!("xtask-{}-{test}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            for (name, script) in programs {
                program(&folder.join(name), script);
            }
            Self(folder)
        }

        fn machine(&self, is_root: bool) -> Machine {
            Machine {
                path: self.0.clone().into(),
                is_root,
            }
        }
    }

    impl Drop for Bin {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    fn refusal(machine: &Machine) -> String {
        let error = format!("{:#}", install(machine).unwrap_err());
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    }

    /// A dpkg-query that knows gcc and perl only: its third argument is the package.
    const KNOWS_TWO: &str = "case $3 in gcc|perl) printf installed;; *) exit 1;; esac";

    #[test]
    fn with_nothing_on_the_path_one_line_names_all_that_is_missing() {
        let machine = Machine {
            path: "".into(),
            is_root: true,
        };
        let error = refusal(&machine);
        assert!(error.contains("cc, make, perl, cargo-build-sbf"), "{error}");
    }

    #[test]
    fn a_machine_without_debians_tools_needs_the_programs_only() {
        let programs = ["cc", "make", "perl", PLATFORM_TOOLS].map(|name| (name, ""));
        install(&Bin::new("all", &programs).machine(false)).unwrap();
        let error = refusal(&Bin::new("three", &programs[..3]).machine(false));
        assert!(error.contains("with: cargo-build-sbf ("), "{error}");
    }

    #[test]
    fn whoever_may_not_install_is_told_what_to_install() {
        let bin = Bin::new("user", &[("dpkg-query", KNOWS_TWO), ("apt-get", "exit 1")]);
        assert_eq!(
            refusal(&bin.machine(false)),
            "missing packages; as root: apt-get install libc6-dev make rustc-web cargo-web rust-web-src"
        );
    }

    #[test]
    fn root_installs_what_is_missing_and_platform_tools_make_debians_rust_unnecessary() {
        let apt = "echo \"$@\" >> \"${0%/*}/log\"";
        let programs = [
            ("dpkg-query", KNOWS_TWO),
            ("apt-get", apt),
            (PLATFORM_TOOLS, ""),
        ];
        for (test, programs, rust) in [
            (
                "debian",
                &programs[..2],
                " rustc-web cargo-web rust-web-src",
            ),
            ("solana", &programs[..], ""),
        ] {
            let bin = Bin::new(test, programs);
            install(&bin.machine(true)).unwrap();
            assert_eq!(
                fs::read_to_string(bin.0.join("log")).unwrap(),
                format!(
                    "update -qq\ninstall -y -qq --no-install-recommends libc6-dev make{rust}\n"
                )
            );
        }
    }

    #[test]
    fn nothing_is_installed_where_nothing_is_missing() {
        let programs = [("dpkg-query", "printf installed"), ("apt-get", "exit 1")];
        install(&Bin::new("complete", &programs).machine(true)).unwrap();
    }
}
