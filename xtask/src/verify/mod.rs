//! No function may use more stack than the virtual machine gives it.
//!
//! A frame has 4096 bytes, and nothing at run time stops a program from writing below them: there lies the frame of its
//! caller's caller, or the gap between two frames. The code generator's own limit is one line of defence. This is the
//! other, on what was in fact emitted.

mod elf;
mod stack;

use std::fs;
use std::path::Path;

use anyhow::{bail, Context, Result};

use elf::{Elf, Function};

pub const FRAME_BYTES: i64 = 4096;

/// Checks a program file: every access through the frame pointer must stay in the frame or pass an argument.
pub fn program(path: &Path) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (version, code) = Elf::parse(&bytes)
        .and_then(|elf| Ok((elf.flags()?, elf.code()?)))
        .with_context(|| format!("{} is not a program", path.display()))?;
    if version != 0 {
        bail!(
            "{} is of version {version} of the bytecode, not 0, in which a frame has a fixed size",
            path.display()
        );
    }
    if code.is_empty() {
        bail!("{} has no code", path.display());
    }
    let faults = code
        .iter()
        .flat_map(|section| stack::check(section))
        .collect::<Vec<_>>();
    if !faults.is_empty() {
        bail!(
            "{} leaves its stack frames: {}",
            path.display(),
            faults.join("; ")
        );
    }
    Ok(())
}

/// Moves a program file to where programs are deployed, if it passes the check: nobody sees half a program, or one that
/// fails.
pub fn install(built: &Path, deployed: &Path) -> Result<()> {
    program(built)?;
    if let Some(folder) = deployed.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    // In the same target folder, hence a rename.
    fs::rename(built, deployed).with_context(|| format!("cannot write {}", deployed.display()))
}

/// Checks that the frames of an object, listed in `sizes`, have room for the arguments that callers leave at their bottom.
pub fn object(path: &Path, sizes: &Path) -> Result<()> {
    frames(sizes)?;
    let sizes = read(sizes)?;
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let functions = Elf::parse(&bytes)
        .and_then(|elf| elf.functions())
        .with_context(|| format!("{} is not an object", path.display()))?;
    let mut crowded = Vec::new();
    for Function { name, code } in functions {
        let arguments = stack::incoming_argument_bytes(code);
        let frame = sizes
            .iter()
            .find(|(function, _)| *function == name)
            .map(|(_, bytes)| *bytes);
        let frame =
            frame.with_context(|| format!("the code generator gave no frame size for {name}"))?;
        if frame + arguments > FRAME_BYTES {
            crowded.push(format!(
                "{name} ({frame} bytes and {arguments} of arguments)"
            ));
        }
    }
    if !crowded.is_empty() {
        bail!(
            "more than {FRAME_BYTES} bytes of stack in {}",
            crowded.join(", ")
        );
    }
    Ok(())
}

/// Checks the code generator's list of frame sizes.
pub fn frames(sizes: &Path) -> Result<()> {
    let too_large: Vec<_> = read(sizes)?
        .into_iter()
        .filter(|(_, bytes)| *bytes > FRAME_BYTES)
        .map(|(function, bytes)| format!("{function} ({bytes} bytes)"))
        .collect();
    if !too_large.is_empty() {
        bail!(
            "more than {FRAME_BYTES} bytes of stack in {}",
            too_large.join(", ")
        );
    }
    Ok(())
}

fn read(sizes: &Path) -> Result<Vec<(String, i64)>> {
    let text =
        fs::read_to_string(sizes).with_context(|| format!("cannot read {}", sizes.display()))?;
    frame_sizes(&text).with_context(|| format!("cannot understand {}", sizes.display()))
}

/// Lines of the form `module:function<TAB>bytes<TAB>static`.
fn frame_sizes(text: &str) -> Result<Vec<(String, i64)>> {
    text.lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let place = fields.next().unwrap_or_default();
            let function = place
                .rsplit_once(':')
                .map_or(place, |(_, function)| function);
            let bytes = fields
                .next()
                .with_context(|| format!("no size in {line:?}"))?;
            let bytes = bytes
                .parse()
                .with_context(|| format!("no size in {line:?}"))?;
            // Any other kind of frame grows as the function runs.
            match fields.next() {
                Some("static") => Ok((function.to_owned(), bytes)),
                _ => bail!("{function} has a frame without a fixed size"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_another_version_is_refused_because_its_frames_may_grow() {
        let mut header = vec![0; 64];
        header[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let folder = std::env::temp_dir().join(format!("xtask-{}-version", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.so");
        for (version, reason) in [(0, "has no code"), (2, "is of version 2")] {
            header[0x30] = version;
            fs::write(&file, &header).unwrap();
            let error = format!("{:#}", program(&file).unwrap_err());
            assert!(
                error.starts_with(&format!("{} {reason}", file.display())),
                "{error}"
            );
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn frame_sizes_are_read_by_function_and_growing_frames_are_refused() {
        let sizes = frame_sizes("a/b.bc:first\t16\tstatic\na/b.bc:second\t4104\tstatic\n").unwrap();
        assert_eq!(
            sizes,
            [("first".to_owned(), 16), ("second".to_owned(), 4104)]
        );
        assert!(frame_sizes("m:f\t16\tdynamic\n").is_err());
        assert!(frame_sizes("m:f\n").is_err());
    }
}
