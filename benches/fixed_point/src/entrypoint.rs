//! The program: no accounts, so the instruction data follows two counters.

use core::hint::black_box;

use crate::{function, Operands, DATA_LEN};

extern "C" {
    fn sol_set_return_data(data: *const u8, length: u64);
}

/// The instruction's entry. Anything but well-formed data without accounts is refused with the code 1.
///
/// # Safety
/// `input` must be what the loader passes: the number of accounts, then the data's length, then the data.
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *const u8) -> u64 {
    let counters = input.cast::<u64>();
    // SAFETY: the loader always writes both counters, and without accounts they are next to each other.
    if unsafe {
        counters.read_unaligned() != 0 || counters.add(1).read_unaligned() != DATA_LEN as u64
    } {
        return 1;
    }
    // SAFETY: the data's length was just read.
    let data = unsafe { &*input.add(16).cast::<[u8; DATA_LEN]>() };
    let Some(function) = function(data[0] as usize, data[1] as usize) else {
        return 1;
    };
    let mut operands: Operands = [0; 6];
    for (operand, bytes) in operands.iter_mut().zip(data[8..].chunks_exact(8)) {
        *operand = u64::from_le_bytes([
            bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
        ]);
    }
    let mut result = None;
    for _ in 0..data[2] {
        result = black_box(function)(black_box(&operands));
    }
    let mut bytes = [0; 17];
    if let Some(number) = result {
        bytes[..16].copy_from_slice(&number.to_le_bytes());
        bytes[16] = 1;
    }
    // SAFETY: the pointer and the length are those of a live array.
    unsafe { sol_set_return_data(bytes.as_ptr(), bytes.len() as u64) };
    0
}

/// What the standard library for Solana calls when the program panics. It aborts afterwards.
#[no_mangle]
fn custom_panic(_: &core::panic::PanicInfo<'_>) {}
