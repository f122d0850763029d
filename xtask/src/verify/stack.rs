//! What instructions do with addresses in the stack.
//!
//! One pass over the code follows each register that holds the frame pointer plus a constant. What a register holds is
//! forgotten where a jump may arrive with something else and after a call, so an address that takes another way than a
//! straight line is not seen here; the code generator's frame sizes cover the fixed part of those.

use std::collections::BTreeSet;

use super::FRAME_BYTES;

const FRAME_POINTER: u8 = 10;
/// In an object, LLVM's name for the place where arguments beyond the fifth are passed.
const ARGUMENTS: u8 = 11;
const SLOT: usize = 8;

const LOAD_CONSTANT: u8 = 0x18;
const ADD_CONSTANT: u8 = 0x07;
const SUBTRACT_CONSTANT: u8 = 0x17;
const MOVE: u8 = 0xbf;
const CALL: u8 = 0x85;
const CALL_REGISTER: u8 = 0x8d;
const EXIT: u8 = 0x95;

const CLASS: u8 = 7;
const LOAD: u8 = 1;
const STORE_CONSTANT: u8 = 2;
const STORE: u8 = 3;
const ARITHMETIC_32: u8 = 4;
const JUMP: u8 = 5;
const ARITHMETIC_64: u8 = 7;

#[derive(Clone, Copy)]
struct Instruction {
    opcode: u8,
    destination: u8,
    source: u8,
    offset: i64,
    constant: i64,
}

impl Instruction {
    fn decode(slot: &[u8]) -> Self {
        Self {
            opcode: slot[0],
            destination: slot[1] & 0xf,
            source: slot[1] >> 4,
            offset: i16::from_le_bytes([slot[2], slot[3]]).into(),
            constant: i32::from_le_bytes([slot[4], slot[5], slot[6], slot[7]]).into(),
        }
    }

    fn class(self) -> u8 {
        self.opcode & CLASS
    }

    /// Bytes that a load or store moves.
    fn width(self) -> i64 {
        match self.opcode & 0x18 {
            0x00 => 4,
            0x08 => 2,
            0x10 => 1,
            _ => 8,
        }
    }

    fn is_jump(self) -> bool {
        self.class() == JUMP && ![CALL, CALL_REGISTER, EXIT].contains(&self.opcode)
    }
}

/// The instructions and their places, counted in slots of eight bytes.
fn instructions(code: &[u8]) -> impl Iterator<Item = (usize, Instruction)> + '_ {
    let mut second_half = false;
    code.chunks_exact(SLOT)
        .enumerate()
        .filter_map(move |(index, slot)| {
            // The second slot of a 64-bit constant is no instruction.
            if std::mem::take(&mut second_half) {
                return None;
            }
            let instruction = Instruction::decode(slot);
            second_half = instruction.opcode == LOAD_CONSTANT;
            Some((index, instruction))
        })
}

/// What in `code` leaves the frame, one message each.
pub fn check(code: &[u8]) -> Vec<String> {
    let mut faults = Vec::new();
    if !code.len().is_multiple_of(SLOT) {
        faults.push("the code ends within an instruction".to_owned());
    }
    let jumps = instructions(code).filter(|(_, instruction)| instruction.is_jump());
    let arrivals: BTreeSet<_> = jumps
        .map(|(index, instruction)| index as i64 + 1 + instruction.offset)
        .collect();
    let mut known = Known::default();
    for (index, instruction) in instructions(code) {
        if arrivals.contains(&(index as i64)) {
            known = Known::default();
        }
        if let Some(fault) = known.step(instruction) {
            faults.push(format!("instruction {index} {fault}"));
        }
    }
    faults
}

/// Bytes at the bottom of the frame in which a function of an object finds arguments.
pub fn incoming_argument_bytes(code: &[u8]) -> i64 {
    let loads = instructions(code)
        .filter(|(_, instruction)| instruction.class() == LOAD && instruction.source == ARGUMENTS)
        .map(|(_, load)| load.offset + load.width());
    loads.max().unwrap_or(0)
}

/// For each register, its distance from the frame pointer where that is known.
#[derive(Default)]
struct Known {
    distances: [Option<i64>; FRAME_POINTER as usize],
}

impl Known {
    fn distance(&self, register: u8) -> Option<i64> {
        if register == FRAME_POINTER {
            return Some(0);
        }
        self.distances.get(usize::from(register)).copied().flatten()
    }

    fn set(&mut self, register: u8, distance: Option<i64>) {
        if let Some(known) = self.distances.get_mut(usize::from(register)) {
            *known = distance;
        }
    }

    /// Follows one instruction; says what is wrong with it.
    fn step(&mut self, instruction: Instruction) -> Option<String> {
        let Instruction {
            opcode,
            destination,
            source,
            ..
        } = instruction;
        match instruction.class() {
            LOAD => {
                let fault = self.access(instruction, source);
                self.set(destination, None);
                fault.or_else(|| changes_frame_pointer(destination))
            }
            STORE | STORE_CONSTANT => self.access(instruction, destination),
            ARITHMETIC_32 | ARITHMETIC_64 => {
                let distance = match opcode {
                    MOVE => self.distance(source),
                    ADD_CONSTANT => self
                        .distance(destination)
                        .map(|from| from + instruction.constant),
                    SUBTRACT_CONSTANT => self
                        .distance(destination)
                        .map(|from| from - instruction.constant),
                    _ => None,
                };
                self.set(destination, distance);
                changes_frame_pointer(destination).or_else(|| {
                    let distance =
                        distance.filter(|distance| !(-FRAME_BYTES..=0).contains(distance))?;
                    Some(format!(
                        "computes the address {distance:+} from the frame's end"
                    ))
                })
            }
            JUMP if opcode == CALL || opcode == CALL_REGISTER => {
                // Calls keep registers 6 to 9.
                self.distances[..6].fill(None);
                None
            }
            JUMP if opcode == EXIT => {
                *self = Self::default();
                None
            }
            JUMP => None,
            _ => {
                self.set(destination, None);
                changes_frame_pointer(destination)
            }
        }
    }

    fn access(&self, instruction: Instruction, base: u8) -> Option<String> {
        let start = self.distance(base)? + instruction.offset;
        let end = start + instruction.width();
        if start >= -FRAME_BYTES && end <= 0 {
            return None;
        }
        // The next frame, beyond the gap: where the linker put arguments beyond the fifth.
        let passes_argument = instruction.class() != LOAD
            && base == FRAME_POINTER
            && instruction.width() == SLOT as i64
            && start % SLOT as i64 == 0
            && start > FRAME_BYTES
            && end <= 2 * FRAME_BYTES;
        if passes_argument {
            return None;
        }
        let verb = if instruction.class() == LOAD {
            "reads"
        } else {
            "writes"
        };
        Some(format!(
            "{verb} {} bytes at {start:+} from the frame's end",
            instruction.width()
        ))
    }
}

fn changes_frame_pointer(register: u8) -> Option<String> {
    (register == FRAME_POINTER).then(|| "changes the frame pointer".to_owned())
}

#[cfg(test)]
mod tests;
