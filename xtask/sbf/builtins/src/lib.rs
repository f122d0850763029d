//! What LLVM's code generator calls for 128-bit integers beyond `solana-compiler-builtins`, which has multiplication,
//! unsigned division and the memory functions.
//!
//! Rust's own compiler_builtins has all of these, but as `extern "C"`, which rustc gives 128-bit numbers through pointers,
//! where LLVM 23 passes and returns them in registers. The Rust convention passes them as LLVM does, so these are
//! `extern "Rust"`; how they return them is put right after compilation.
//!
//! Nothing here may panic: the panic would come from this crate's copy of `core`, not the program's. Hence the wrapping
//! operations where overflow is impossible.
#![no_std]

extern crate solana_compiler_builtins as _;

const MANTISSA_BITS: u32 = 52;
const IMPLICIT_BIT: u64 = 1 << MANTISSA_BITS;
const EXPONENT_MASK: u64 = 0x7ff;
const EXPONENT_BIAS: u64 = 1023;

/// Division truncates; `MIN / -1` wraps, which Rust checks for before.
#[unsafe(no_mangle)]
pub fn __divti3(a: i128, b: i128) -> i128 {
    let quotient = quotient(a.unsigned_abs(), b.unsigned_abs()) as i128;
    if (a < 0) != (b < 0) {
        quotient.wrapping_neg()
    } else {
        quotient
    }
}

/// The remainder has the dividend's sign.
#[unsafe(no_mangle)]
pub fn __modti3(a: i128, b: i128) -> i128 {
    let (dividend, divisor) = (a.unsigned_abs(), b.unsigned_abs());
    let remainder =
        dividend.wrapping_sub(quotient(dividend, divisor).wrapping_mul(divisor)) as i128;
    if a < 0 {
        remainder.wrapping_neg()
    } else {
        remainder
    }
}

fn quotient(dividend: u128, divisor: u128) -> u128 {
    // SAFETY: Rust's division operators panic before they divide by zero; only they call this.
    unsafe { core::hint::assert_unchecked(divisor != 0) };
    dividend / divisor
}

#[unsafe(no_mangle)]
pub fn __floatuntidf(x: u128) -> f64 {
    f64::from_bits(round_to_float::<MANTISSA_BITS>(x, EXPONENT_BIAS))
}

#[unsafe(no_mangle)]
pub fn __floattidf(x: i128) -> f64 {
    let magnitude = round_to_float::<MANTISSA_BITS>(x.unsigned_abs(), EXPONENT_BIAS);
    f64::from_bits(magnitude | ((x < 0) as u64) << 63)
}

#[unsafe(no_mangle)]
pub fn __floatuntisf(x: u128) -> f32 {
    f32::from_bits(round_to_float::<23>(x, 127) as u32)
}

#[unsafe(no_mangle)]
pub fn __floattisf(x: i128) -> f32 {
    let magnitude = round_to_float::<23>(x.unsigned_abs(), 127) as u32;
    f32::from_bits(magnitude | ((x < 0) as u32) << 31)
}

/// The bits of the float nearest to `x`, ties to even. Rounding up may carry into the exponent, as it should, up to and
/// including infinity.
fn round_to_float<const MANTISSA_BITS: u32>(x: u128, bias: u64) -> u64 {
    if x == 0 {
        return 0;
    }
    let zeros = x.leading_zeros();
    let normalized = x.wrapping_shl(zeros);
    let (high, low) = ((normalized >> 64) as u64, normalized as u64);
    let mantissa = high >> (63 - MANTISSA_BITS);
    // What is cut off, as a fraction of the last place in 64 bits; anything in the lower half can only break a tie.
    let fraction = (high << (MANTISSA_BITS + 1)) | (low != 0) as u64;
    let half = 1 << 63;
    let up = fraction > half || (fraction == half && mantissa & 1 == 1);
    let exponent = bias.wrapping_add(127).wrapping_sub(zeros as u64);
    // The mantissa's top bit adds one to the exponent.
    exponent
        .wrapping_sub(1)
        .wrapping_shl(MANTISSA_BITS)
        .wrapping_add(mantissa)
        .wrapping_add(up as u64)
}

/// Saturates; Rust adds what the language says about NaN.
#[unsafe(no_mangle)]
pub fn __fixunsdfti(x: f64) -> u128 {
    let bits = x.to_bits();
    if bits >> 63 == 1 {
        0
    } else {
        truncate(bits).unwrap_or(u128::MAX)
    }
}

/// Saturates; Rust adds what the language says about NaN.
#[unsafe(no_mangle)]
pub fn __fixdfti(x: f64) -> i128 {
    let bits = x.to_bits();
    let negative = bits >> 63 == 1;
    match truncate(bits) {
        Some(magnitude) if magnitude >> 127 == 0 && negative => (magnitude as i128).wrapping_neg(),
        Some(magnitude) if magnitude >> 127 == 0 => magnitude as i128,
        _ if negative => i128::MIN,
        _ => i128::MAX,
    }
}

#[unsafe(no_mangle)]
pub fn __fixunssfti(x: f32) -> u128 {
    __fixunsdfti(x as f64)
}

#[unsafe(no_mangle)]
pub fn __fixsfti(x: f32) -> i128 {
    __fixdfti(x as f64)
}

/// The integer part of a float's magnitude, unless it has more than 128 bits.
fn truncate(bits: u64) -> Option<u128> {
    let exponent = (bits >> MANTISSA_BITS) & EXPONENT_MASK;
    let mantissa = (bits & (IMPLICIT_BIT - 1)) | IMPLICIT_BIT;
    match exponent {
        0..EXPONENT_BIAS => Some(0),
        1023..1075 => Some((mantissa >> 1075u64.wrapping_sub(exponent)) as u128),
        1075..1151 => Some((mantissa as u128).wrapping_shl(exponent.wrapping_sub(1075) as u32)),
        _ => None,
    }
}
