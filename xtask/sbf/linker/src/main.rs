//! `sbf-link IN.o OUT.so`: an object of LLVM 23 to an SBPF v0 program.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail, ensure};
use object::{Object, ObjectSection};
use sbpf_linker::{OptimizationConfig, ProgramOptions, SbpfArch, SbpfLinkerError, link_program};

const FRAME_BYTES: i16 = 4096;
const FRAME_POINTER: u8 = 10;
/// LLVM's name for the frame that the next call will have.
const OUTGOING_ARGUMENTS: u8 = 11;

fn main() -> Result<()> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(output), None) = (paths.next(), paths.next(), paths.next()) else {
        bail!("usage: sbf-link IN.o OUT.so");
    };
    let mut object =
        std::fs::read(&input).with_context(|| format!("cannot read {}", input.display()))?;
    place_outgoing_arguments(&mut object)?;
    let options = ProgramOptions::new(
        OptimizationConfig::default(),
        SbpfArch::V0,
        FRAME_BYTES.into(),
    );
    let program = link_program(&object, options)
        .map_err(|errors| anyhow!(SbpfLinkerError::format_errors(&errors)))?;
    std::fs::write(&output, program).with_context(|| format!("cannot write {}", output.display()))
}

/// LLVM stores the sixth and further arguments of a call at `[r11 - n]` and loads them at `[r11 + n]`.
///
/// sbpf-linker turns the load into `[r10 - FRAME_BYTES + n]`, the bottom of the callee's frame. It would turn the store
/// into `[r10 + n]`, which is that place only in versions without gaps between frames. In version 0 an unmapped gap of the
/// size of a frame lies between them, so the store must go to `[r10 + FRAME_BYTES + n]`.
fn place_outgoing_arguments(object: &mut [u8]) -> Result<()> {
    let code: Vec<_> = object::File::parse(&*object)?
        .sections()
        .filter(|section| section.name().is_ok_and(|name| name.starts_with(".text")))
        .filter_map(|section| section.file_range())
        .collect();
    const STORES: [u8; 2] = [2, 3];
    const TWO_SLOTS: u8 = 0x18;
    for (start, bytes) in code {
        let (mut at, end) = (start as usize, (start + bytes) as usize);
        while at < end {
            let (opcode, destination) = (object[at], object[at + 1] & 0xf);
            if destination == OUTGOING_ARGUMENTS && STORES.contains(&(opcode & 7)) {
                let offset = i16::from_le_bytes([object[at + 2], object[at + 3]]);
                ensure!(
                    (-FRAME_BYTES..0).contains(&offset),
                    "the outgoing argument at {at:#x} has offset {offset}"
                );
                object[at + 1] = (object[at + 1] & 0xf0) | FRAME_POINTER;
                object[at + 2..at + 4].copy_from_slice(&(FRAME_BYTES - offset).to_le_bytes());
            }
            at += if opcode == TWO_SLOTS { 16 } else { 8 };
        }
    }
    Ok(())
}
