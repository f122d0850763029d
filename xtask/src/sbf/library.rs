//! A copy of Rust's library sources that knows `target_os = "solana"`.
//!
//! There are no threads, no writable statics (the bytecode has no section for them) and no operating system: a panic goes
//! to the program's own `custom_panic`, hash maps have fixed keys, and the system allocator has no memory, because a
//! program's entrypoint brings its own allocator.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{bail, Context, Result};

use super::debian::Rust;
use crate::cache;
use crate::process;

/// A replacement of every occurrence of `find`, which must occur, in a file of `std`.
struct Edit {
    file: &'static str,
    find: &'static str,
    replace: &'static str,
}

const EDITS: &[Edit] = &[
    // Otherwise every use of std needs a feature attribute.
    Edit {
        file: "build.rs",
        find: r#"|| target_os == "zkvm""#,
        replace: r#"|| target_os == "zkvm" || target_os == "solana""#,
    },
    // Another target without an operating system: its choices fit.
    Edit {
        file: "src/sys/io/error/mod.rs",
        find: r#"target_os = "zkvm""#,
        replace: r#"any(target_os = "zkvm", target_os = "solana")"#,
    },
    Edit {
        file: "src/sys/thread_local/mod.rs",
        find: r#"target_os = "zkvm""#,
        replace: r#"any(target_os = "zkvm", target_os = "solana")"#,
    },
    // No source of random numbers.
    Edit {
        file: "src/sys/random/mod.rs",
        find: r#"all(target_family = "wasm", target_os = "unknown")"#,
        replace: r#"all(target_family = "wasm", target_os = "unknown"), target_os = "solana""#,
    },
    Edit {
        file: "src/hash/random.rs",
        find: "    pub fn new() -> RandomState {\n",
        replace: r#"    pub fn new() -> RandomState {
        if cfg!(target_os = "solana") {
            return RandomState { k0: 0, k1: 0 };
        }
"#,
    },
    // The alignment that the allocator guarantees, and an allocator without memory.
    Edit {
        file: "src/sys/alloc/mod.rs",
        find: "    target_arch = \"wasm64\",\n",
        replace: "    target_arch = \"wasm64\", target_arch = \"bpf\",\n",
    },
    Edit {
        file: "src/sys/alloc/mod.rs",
        find: "    target_os = \"zkvm\" => {\n        mod zkvm;\n    }\n}\n",
        replace: r#"    target_os = "zkvm" => {
        mod zkvm;
    }
    _ => {}
}

#[cfg(target_os = "solana")]
#[stable(feature = "alloc_system_type", since = "1.28.0")]
unsafe impl GlobalAlloc for System {
    unsafe fn alloc(&self, _layout: Layout) -> *mut u8 {
        ptr::null_mut()
    }
    unsafe fn dealloc(&self, _ptr: *mut u8, _layout: Layout) {}
}
"#,
    },
    // A static that is kept for nothing but debuggers would need a writable section.
    Edit {
        file: "src/panicking.rs",
        find: "\n#[used(compiler)]\n",
        replace: "\n#[cfg_attr(not(target_os = \"solana\"), used(compiler))]\n",
    },
    Edit {
        file: "src/panicking.rs",
        find: "\npub fn panic_handler(info: &core::panic::PanicInfo<'_>) -> ! {\n",
        replace: r#"
pub fn panic_handler(info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(target_os = "solana")]
    if true {
        unsafe extern "C" {
            fn custom_panic(info: &core::panic::PanicInfo<'_>);
        }
        unsafe { custom_panic(info) };
        crate::intrinsics::abort()
    }
"#,
    },
    Edit {
        file: "src/alloc.rs",
        find: "\npub fn rust_oom(layout: Layout) -> ! {\n",
        replace: r#"
pub fn rust_oom(layout: Layout) -> ! {
    #[cfg(target_os = "solana")]
    if true {
        panic!("out of memory: {} bytes", layout.size());
    }
"#,
    },
];

/// Where `write` puts the library, below its folder.
pub const FOLDER: &str = "library";

/// Stands for the compiler and the edits.
pub fn key(rust: &Rust) -> String {
    let edits = EDITS
        .iter()
        .flat_map(|edit| [edit.file, edit.find, edit.replace]);
    let contents: Vec<_> = [rust.version.as_str()].into_iter().chain(edits).collect();
    cache::key(&contents)
}

/// Writes the patched copy below `folder`.
pub fn write(rust: &Rust, folder: &Path) -> Result<()> {
    process::quiet(
        Command::new("cp")
            .arg("-r")
            .arg(&rust.library)
            .arg(folder.join(FOLDER)),
    )
    .context("cannot copy the sources of the standard library")?;
    let std = folder.join(FOLDER).join("std");
    for edit in EDITS {
        let path = std.join(edit.file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("std has no file {}", edit.file))?;
        let text = apply(edit, &text)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn apply(edit: &Edit, text: &str) -> Result<String> {
    if !text.contains(edit.find) {
        bail!(
            "this version of std needs another patch: {} does not contain {:?}",
            edit.file,
            edit.find
        );
    }
    Ok(text.replace(edit.find, edit.replace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_whose_pattern_is_gone_fails_and_names_file_and_pattern() {
        let edit = Edit {
            file: "src/a.rs",
            find: "old",
            replace: "new",
        };
        assert_eq!(apply(&edit, "old, old").unwrap(), "new, new");
        let error = apply(&edit, "other").unwrap_err().to_string();
        assert!(
            error.contains("src/a.rs") && error.contains("old"),
            "{error}"
        );
    }
}
