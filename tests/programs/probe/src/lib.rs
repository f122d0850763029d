//! Operations that a processor has and the bytecode has not, so that the compiler calls a function for them.
//!
//! The same source runs on the host and, as a program, in the virtual machine: where the results differ, that function is
//! wrong. A request is one byte for the operation, then its cases; the answer is the program's return data.
// The host's dynamic library needs a panic handler, which std has.
#![cfg_attr(target_os = "solana", no_std)]

#[cfg(target_os = "solana")]
mod program;

/// An operation on two operands of 128 bits, of which narrower ones take the low bits.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub name: &'static str,
    pub kind: Kind,
    pub compute: fn(u128, u128) -> u128,
}

/// What operands are worth trying, and how results compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    /// Operands are floats.
    Float32,
    Float64,
    /// The first operand is an integer, the result a float.
    ToFloat32,
    ToFloat64,
}

/// The result of operations that have none, division by zero among them.
pub const NO_RESULT: u128 = 0x4e4f_4e45;

fn or_none(result: Option<u128>) -> u128 {
    result.unwrap_or(NO_RESULT)
}

macro_rules! operations {
    ($($name:literal $kind:ident |$a:ident: $from_a:ty, $b:ident: $from_b:ty| $result:expr;)*) => {
        /// A request's first byte is an index here.
        pub const OPERATIONS: &[Operation] = &[$(
            Operation {
                name: $name,
                kind: Kind::$kind,
                compute: |a, b| {
                    let ($a, $b) = (<$from_a>::take(a), <$from_b>::take(b));
                    ($result) as u128
                },
            },
        )*];
    };
}

/// An operand's type, taken from the low bits.
trait Take {
    fn take(bits: u128) -> Self;
}

macro_rules! take_integers {
    ($($integer:ty)*) => {
        $(impl Take for $integer {
            fn take(bits: u128) -> Self {
                bits as $integer
            }
        })*
    };
}
take_integers!(u32 i32 u64 i64 u128 i128);

impl Take for f32 {
    fn take(bits: u128) -> Self {
        f32::from_bits(bits as u32)
    }
}

impl Take for f64 {
    fn take(bits: u128) -> Self {
        f64::from_bits(bits as u64)
    }
}

// Which of two zeros is the smaller is not specified: the sum with zero makes one of both.
operations! {
    "nothing" Integer |a: u128, _b: u128| a;
    "u128 mul" Integer |a: u128, b: u128| a.wrapping_mul(b);
    "u128 checked mul" Integer |a: u128, b: u128| or_none(a.checked_mul(b));
    "u128 div" Integer |a: u128, b: u128| or_none(a.checked_div(b));
    "u128 rem" Integer |a: u128, b: u128| or_none(a.checked_rem(b));
    "u128 shl" Integer |a: u128, b: u32| a.wrapping_shl(b);
    "u128 shr" Integer |a: u128, b: u32| a.wrapping_shr(b);
    "u128 neg" Integer |a: u128, _b: u128| a.wrapping_neg();
    "u128 leading zeros" Integer |a: u128, _b: u128| a.leading_zeros();
    "i128 mul" Integer |a: i128, b: i128| a.wrapping_mul(b);
    "i128 checked mul" Integer |a: i128, b: i128| or_none(a.checked_mul(b).map(|result| result as u128));
    "i128 div" Integer |a: i128, b: i128| or_none(a.checked_div(b).map(|result| result as u128));
    "i128 rem" Integer |a: i128, b: i128| or_none(a.checked_rem(b).map(|result| result as u128));
    "i128 shl" Integer |a: i128, b: u32| a.wrapping_shl(b);
    "i128 shr" Integer |a: i128, b: u32| a.wrapping_shr(b);
    "i128 neg" Integer |a: i128, _b: u128| a.wrapping_neg();
    "u64 div" Integer |a: u64, b: u64| or_none(a.checked_div(b).map(u128::from));
    "u64 rem" Integer |a: u64, b: u64| or_none(a.checked_rem(b).map(u128::from));
    "u64 wide mul" Integer |a: u64, b: u64| a as u128 * b as u128;
    "i64 div" Integer |a: i64, b: i64| or_none(a.checked_div(b).map(|result| result as u128));
    "i64 rem" Integer |a: i64, b: i64| or_none(a.checked_rem(b).map(|result| result as u128));
    "i64 checked mul" Integer |a: i64, b: i64| or_none(a.checked_mul(b).map(|result| result as u128));

    "f64 add" Float64 |a: f64, b: f64| (a + b).to_bits();
    "f64 sub" Float64 |a: f64, b: f64| (a - b).to_bits();
    "f64 mul" Float64 |a: f64, b: f64| (a * b).to_bits();
    "f64 div" Float64 |a: f64, b: f64| (a / b).to_bits();
    "f64 lt" Integer |a: f64, b: f64| a < b;
    "f64 le" Integer |a: f64, b: f64| a <= b;
    "f64 eq" Integer |a: f64, b: f64| a == b;
    "f64 ne" Integer |a: f64, b: f64| a != b;
    "f64 gt" Integer |a: f64, b: f64| a > b;
    "f64 ge" Integer |a: f64, b: f64| a >= b;
    "f64 order" Integer |a: f64, b: f64| a.partial_cmp(&b).map_or(3, |order| order as i8);
    "f64 rem" Float64 |a: f64, b: f64| (a % b).to_bits();
    "f64 min" Float64 |a: f64, b: f64| (a.min(b) + 0.0).to_bits();
    "f64 max" Float64 |a: f64, b: f64| (a.max(b) + 0.0).to_bits();
    "f64 to u32" Integer |a: f64, _b: u64| a as u32;
    "f64 to i32" Integer |a: f64, _b: u64| a as i32;
    "f64 to u64" Integer |a: f64, _b: u64| a as u64;
    "f64 to i64" Integer |a: f64, _b: u64| a as i64;
    "f64 to u128" Integer |a: f64, _b: u64| a as u128;
    "f64 to i128" Integer |a: f64, _b: u64| a as i128;
    "f64 to f32" Float32 |a: f64, _b: u64| (a as f32).to_bits();
    "f64 from u32" ToFloat64 |a: u32, _b: u64| (a as f64).to_bits();
    "f64 from i32" ToFloat64 |a: i32, _b: u64| (a as f64).to_bits();
    "f64 from u64" ToFloat64 |a: u64, _b: u64| (a as f64).to_bits();
    "f64 from i64" ToFloat64 |a: i64, _b: u64| (a as f64).to_bits();
    "f64 from u128" ToFloat64 |a: u128, _b: u64| (a as f64).to_bits();
    "f64 from i128" ToFloat64 |a: i128, _b: u64| (a as f64).to_bits();

    "f32 add" Float32 |a: f32, b: f32| (a + b).to_bits();
    "f32 sub" Float32 |a: f32, b: f32| (a - b).to_bits();
    "f32 mul" Float32 |a: f32, b: f32| (a * b).to_bits();
    "f32 div" Float32 |a: f32, b: f32| (a / b).to_bits();
    "f32 lt" Integer |a: f32, b: f32| a < b;
    "f32 le" Integer |a: f32, b: f32| a <= b;
    "f32 eq" Integer |a: f32, b: f32| a == b;
    "f32 ne" Integer |a: f32, b: f32| a != b;
    "f32 gt" Integer |a: f32, b: f32| a > b;
    "f32 ge" Integer |a: f32, b: f32| a >= b;
    "f32 order" Integer |a: f32, b: f32| a.partial_cmp(&b).map_or(3, |order| order as i8);
    "f32 rem" Float32 |a: f32, b: f32| (a % b).to_bits();
    "f32 min" Float32 |a: f32, b: f32| (a.min(b) + 0.0).to_bits();
    "f32 max" Float32 |a: f32, b: f32| (a.max(b) + 0.0).to_bits();
    "f32 to u32" Integer |a: f32, _b: u64| a as u32;
    "f32 to i32" Integer |a: f32, _b: u64| a as i32;
    "f32 to u64" Integer |a: f32, _b: u64| a as u64;
    "f32 to i64" Integer |a: f32, _b: u64| a as i64;
    "f32 to u128" Integer |a: f32, _b: u64| a as u128;
    "f32 to i128" Integer |a: f32, _b: u64| a as i128;
    "f32 to f64" Float64 |a: f32, _b: u64| (a as f64).to_bits();
    "f32 from u32" ToFloat32 |a: u32, _b: u64| (a as f32).to_bits();
    "f32 from i32" ToFloat32 |a: i32, _b: u64| (a as f32).to_bits();
    "f32 from u64" ToFloat32 |a: u64, _b: u64| (a as f32).to_bits();
    "f32 from i64" ToFloat32 |a: i64, _b: u64| (a as f32).to_bits();
    "f32 from u128" ToFloat32 |a: u128, _b: u64| (a as f32).to_bits();
    "f32 from i128" ToFloat32 |a: i128, _b: u64| (a as f32).to_bits();
}

/// The first byte of a request for memory functions.
pub const MEMORY: u8 = 0xff;
/// As much as a program can return.
pub const MEMORY_BYTES: usize = 1024;

/// A memory function: its kind modulo [`KINDS`], two offsets and a length.
pub type Step = [u8; 4];

/// How many kinds of memory functions there are, the comparisons last.
pub const KINDS: u8 = 5;
pub const COPY: u8 = 0;
pub const ORDER: u8 = 3;
pub const EQUALITY: u8 = 4;

/// Applies memory functions to a buffer, one after the other. The buffer's last byte depends on the results of all
/// comparisons.
pub fn memory(steps: impl Iterator<Item = Step>) -> [u8; MEMORY_BYTES] {
    let mut buffer = [0; MEMORY_BYTES];
    for (index, byte) in buffer.iter_mut().enumerate() {
        *byte = (index % 251) as u8;
    }
    for [kind, a, b, length] in steps {
        let (a, b, length) = (usize::from(a), usize::from(b), usize::from(length));
        // Offsets and lengths of a byte each: what starts in the first quarter ends in the first half.
        let (first, second) = buffer.split_at_mut(MEMORY_BYTES / 2);
        let compared = match kind % KINDS {
            COPY => {
                first[a..a + length].copy_from_slice(&second[b..b + length]);
                continue;
            }
            1 => {
                first.copy_within(a..a + length, b);
                continue;
            }
            2 => {
                first[a..a + length].fill(b as u8);
                continue;
            }
            ORDER => first[a..a + length].cmp(&second[b..b + length]) as u8,
            _ => u8::from(first[a..a + length] == second[b..b + length]),
        };
        let results = &mut second[MEMORY_BYTES / 2 - 1];
        *results = results.wrapping_mul(31).wrapping_add(compared);
    }
    buffer
}
