//! What Debian contributes: a rustc with the sources of its library, and packages of other releases to unpack.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Context, Result};

use crate::process;

/// Major and minor number of the oldest rustc whose library the patches fit.
const LEAST_RELEASE: (u32, u32) = (1, 96);
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

pub struct Rust {
    pub rustc: PathBuf,
    pub cargo: PathBuf,
    /// All of `rustc -vV`: release, commit and LLVM.
    pub version: String,
    /// The `library` folder of the sources.
    pub library: PathBuf,
}

/// Debian's Rust, which `packages` installed.
pub fn rust() -> Result<Rust> {
    rust_in(Path::new("/"))
}

fn rust_in(root: &Path) -> Result<Rust> {
    // By path: a rustup installation usually comes first on PATH.
    let [rustc, cargo] = ["rustc", "cargo"].map(|name| root.join("usr/bin").join(name));
    for (program, package) in [(&rustc, "rustc-web"), (&cargo, "cargo-web")] {
        if !program.is_file() {
            bail!(
                "{package} is installed without {}: apt-get install --reinstall {package}",
                program.display()
            );
        }
    }
    let version = process::quiet(Command::new(&rustc).arg("-vV"))?;
    let release = version
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .with_context(|| format!("`{} -vV` names no release", rustc.display()))?;
    if !is_young_enough(release) {
        let (major, minor) = LEAST_RELEASE;
        bail!(
            "rustc-web is {release}, and {major}.{minor} is needed: add Debian's security suite to apt's sources, as a usual \
             installation has it, then apt-get update and apt-get install rustc-web cargo-web rust-web-src"
        );
    }
    let library = root.join(format!("usr/src/rustc-{release}/library"));
    if !library.join("std/src/lib.rs").is_file() {
        bail!(
            "rust-web-src has no library sources of rustc {release} (looked in {})",
            library.display()
        );
    }
    Ok(Rust {
        rustc,
        cargo,
        version,
        library,
    })
}

/// Of `1.96.0`, say.
fn is_young_enough(release: &str) -> bool {
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    matches!((next(), next()), (Some(major), Some(minor)) if (major, minor) >= LEAST_RELEASE)
}

/// Unpacks packages of another Debian release into `root`, without installing anything on the machine.
pub fn unpack(release: &str, packages: &[&str], root: &Path) -> Result<()> {
    let apt = root.join("apt");
    for folder in ["lists/partial", "cache/archives/partial", "packages"] {
        let folder = apt.join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let sources = apt.join("sources.list");
    fs::write(
        &sources,
        format!("deb [signed-by={KEYRING}] {} {release} main\n", mirror()?),
    )
    .with_context(|| format!("cannot write {}", sources.display()))?;
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command
            .arg("-qq")
            .arg(format!(
                "-oDir::State::Lists={}",
                apt.join("lists").display()
            ))
            .arg(format!("-oDir::Cache={}", apt.join("cache").display()))
            .arg(format!("-oDir::Etc::SourceList={}", sources.display()))
            .arg("-oDir::Etc::SourceParts=-")
            // apt's own user may not write below the home folder.
            .arg("-oAPT::Sandbox::User=root")
            .current_dir(apt.join("packages"));
        command
    };
    process::quiet(apt_get().arg("update"))
        .with_context(|| format!("no package lists of Debian {release} from the mirror"))?;
    process::quiet(apt_get().arg("download").args(packages)).with_context(|| {
        format!(
            "cannot download {} from Debian {release}",
            packages.join(" ")
        )
    })?;
    let downloaded =
        fs::read_dir(apt.join("packages")).context("cannot list the downloaded packages")?;
    for package in downloaded {
        let package = package
            .context("cannot list the downloaded packages")?
            .path();
        process::quiet(Command::new("dpkg-deb").arg("-x").arg(&package).arg(root))?;
    }
    fs::remove_dir_all(&apt).with_context(|| format!("cannot remove {}", apt.display()))
}

/// The mirror that this machine's own Debian comes from.
fn mirror() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .context("/etc/os-release names no Debian release")?
        .trim_matches('"');
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(parts) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(parts.flatten().map(|entry| entry.path()));
    }
    files.sort();
    files
        .iter()
        .filter_map(|path| Some((path, fs::read_to_string(path).ok()?)))
        .find_map(|(path, text)| match path.extension()?.to_str()? {
            "sources" => mirror_in_stanzas(&text, codename),
            "list" => mirror_in_lines(&text, codename),
            _ => None,
        })
        .with_context(|| format!("the apt sources name no mirror of Debian {codename}"))
}

/// The first mirror of `codename` in apt's deb822 format.
fn mirror_in_stanzas(text: &str, codename: &str) -> Option<String> {
    let uncommented: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    uncommented
        .split(|line| line.trim().is_empty())
        .find_map(|stanza| {
            let words = |field: &str| {
                stanza
                    .iter()
                    .filter_map(|line| line.split_once(':'))
                    .find(|(name, _)| name.eq_ignore_ascii_case(field))
                    .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>())
                    .unwrap_or_default()
            };
            let matches = words("Suites").contains(&codename)
                && words("Components").contains(&"main")
                && !words("Enabled").contains(&"no");
            matches.then(|| words("URIs").first().map(|uri| (*uri).to_owned()))?
        })
}

/// The first mirror of `codename` in apt's one-line format.
fn mirror_in_lines(text: &str, codename: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("deb ")?.trim_start();
        let line = match line.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => line,
        };
        let mut words = line.split_whitespace();
        let uri = words.next()?;
        (words.next()? == codename && words.any(|component| component == "main"))
            .then(|| uri.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::fake::program;

    #[test]
    fn a_compiler_that_lacks_something_is_refused_in_one_line_that_names_it() {
        let root = std::env::temp_dir().join(format!("xtask-{}-rust", std::process::id()));
        let refusal = || {
            let error = format!("{:#}", rust_in(&root).err().expect("something is missing"));
            assert_eq!(error.lines().count(), 1, "{error}");
            error
        };
        let (rustc, cargo) = (root.join("usr/bin/rustc"), root.join("usr/bin/cargo"));
        assert!(refusal().contains(&format!(
            "rustc-web is installed without {}",
            rustc.display()
        )));
        program(&rustc, "");
        assert!(refusal().contains(&format!(
            "cargo-web is installed without {}",
            cargo.display()
        )));
        program(&cargo, "cargo");
        assert!(refusal().ends_with("-vV` names no release"));
        program(&rustc, "echo release: 1.85.0");
        assert!(refusal()
            .contains("rustc-web is 1.85.0, and 1.96 is needed: add Debian's security suite"));
        program(&rustc, "echo release: 1.102.3");
        let library = root.join("usr/src/rustc-1.102.3/library");
        assert!(refusal().contains(&format!("rustc 1.102.3 (looked in {}", library.display())));
        program(&library.join("std/src/lib.rs"), "");
        assert_eq!(rust_in(&root).unwrap().library, library);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_mirror_is_found_in_either_format_past_foreign_and_disabled_sources() {
        let stanzas = "Types: deb\nURIs: https://other.example/\nSuites: other-stable\nComponents: main\n\n\
             Types: deb\nURIs: https://off.example/\nSuites: stable\nComponents: main\nEnabled: no\n\n\
             # a comment\nTypes: deb\nURIs: https://mirror.example/debian\nSuites: stable stable-updates\nComponents: main\n";
        assert_eq!(
            mirror_in_stanzas(stanzas, "stable").as_deref(),
            Some("https://mirror.example/debian")
        );
        let lines = "# deb https://off.example stable main\ndeb https://other.example stable-security main\n\
             deb [arch=amd64 signed-by=/a/key] https://mirror.example/debian stable main contrib\n";
        assert_eq!(
            mirror_in_lines(lines, "stable").as_deref(),
            Some("https://mirror.example/debian")
        );
        assert_eq!(
            mirror_in_lines("deb-src https://mirror.example stable main", "stable"),
            None
        );
    }
}
