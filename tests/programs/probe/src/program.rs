//! The entrypoint, without a library that would bring its own arithmetic.

use crate::{memory, MEMORY, OPERATIONS};

const OPERAND_BYTES: usize = 16;
const RESULTS: usize = 64;
const WRONG_REQUEST: u64 = 1;

extern "C" {
    fn sol_set_return_data(data: *const u8, length: u64);
    fn abort() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: the system call ends the program.
    unsafe { abort() }
}

/// # Safety
///
/// `input` is what the runtime passes: for no accounts, their number and the length of the instruction data, both of 64
/// bits, then the data.
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *const u8) -> u64 {
    let header = input.cast::<u64>();
    if unsafe { header.read() } != 0 {
        return WRONG_REQUEST;
    }
    // SAFETY: as the function's own.
    let data = unsafe { core::slice::from_raw_parts(input.add(16), header.add(1).read() as usize) };
    match data.split_first() {
        Some((&MEMORY, steps)) => {
            let steps = steps
                .chunks_exact(4)
                .map(|step| [step[0], step[1], step[2], step[3]]);
            answer(&memory(steps));
            0
        }
        Some((&index, cases)) => compute(index, cases),
        None => WRONG_REQUEST,
    }
}

fn compute(index: u8, cases: &[u8]) -> u64 {
    let Some(operation) = OPERATIONS.get(usize::from(index)) else {
        return WRONG_REQUEST;
    };
    let mut results = [0; RESULTS * OPERAND_BYTES];
    let mut length = 0;
    for (case, result) in cases
        .chunks_exact(2 * OPERAND_BYTES)
        .zip(results.chunks_exact_mut(OPERAND_BYTES))
    {
        let (a, b) = case.split_at(OPERAND_BYTES);
        result.copy_from_slice(&(operation.compute)(operand(a), operand(b)).to_le_bytes());
        length += OPERAND_BYTES;
    }
    answer(&results[..length]);
    0
}

fn operand(bytes: &[u8]) -> u128 {
    let mut operand = [0; OPERAND_BYTES];
    operand.copy_from_slice(bytes);
    u128::from_le_bytes(operand)
}

fn answer(data: &[u8]) {
    // SAFETY: pointer and length are of one slice.
    unsafe { sol_set_return_data(data.as_ptr(), data.len() as u64) }
}
