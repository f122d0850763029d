//! What is built or downloaded once per machine: `$LEVEE_CACHE`, or `~/.cache/levee`.
//!
//! An entry's name contains a hash of everything that determines its contents, so that an entry is never out of date. It
//! is filled under another name and renamed at the end, so that an entry which exists is complete.

use std::env;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub struct Cache {
    root: PathBuf,
    /// Held until the end of the process's work: one build at a time uses the cache.
    _lock: File,
}

impl Cache {
    pub fn open() -> Result<Self> {
        let root = root()?;
        let path = root.join("lock");
        let lock =
            File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for another build that uses {}", root.display());
                lock.lock()
                    .with_context(|| format!("cannot lock {}", path.display()))?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        Ok(Self { root, _lock: lock })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder `name`, filled by `fill` if it does not exist yet.
    pub fn folder(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let folder = self.path(name);
        if !folder.exists() {
            let partial = self.path(&format!("{name}.partial"));
            clear(&partial)?;
            fill(&partial)?;
            fs::rename(&partial, &folder)
                .with_context(|| format!("cannot move {} into place", partial.display()))?;
        }
        Ok(folder)
    }
}

/// The cache's folder, which exists.
pub fn root() -> Result<PathBuf> {
    let root = match env::var_os("LEVEE_CACHE") {
        Some(path) => PathBuf::from(path),
        None => {
            let home = env::var_os("HOME").context("neither LEVEE_CACHE nor HOME is set")?;
            PathBuf::from(home).join(".cache/levee")
        }
    };
    fs::create_dir_all(&root)
        .with_context(|| format!("cannot create the cache {}", root.display()))?;
    // Relative paths would mean something else to the children that run in other folders.
    root.canonicalize()
        .with_context(|| format!("cannot resolve the cache {}", root.display()))
}

/// Writes a file so that nobody ever sees half of it.
pub fn write(file: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    let partial = file.with_added_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, contents)
        .and_then(|()| fs::rename(&partial, file))
        .inspect_err(|_| drop(fs::remove_file(&partial)))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Leaves `folder` existing and empty.
pub fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// A short name for contents. Another compiler may hash differently, which costs a rebuild and nothing else.
pub fn key(contents: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    contents.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The `key` of all files below `folder`, by path and contents, `target` folders excepted.
pub fn key_of_sources(folder: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    hash_sources(folder, &mut hasher)
        .with_context(|| format!("cannot read the sources in {}", folder.display()))?;
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_sources(folder: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" {
            hash_sources(&path, hasher)?;
        } else if path.is_file() {
            name.hash(hasher);
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}
