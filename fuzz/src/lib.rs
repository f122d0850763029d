//! What the fuzz targets share: how bytes become numbers.
//!
//! Each binary is one target: a function of arbitrary bytes that must neither panic nor break what it asserts.

pub mod input;
mod parts;
pub mod runtime;
pub mod world;

/// Takes numbers off the front of a fuzzer's bytes; where they end, zeros follow.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let take = N.min(self.0.len());
        let (head, tail) = self.0.split_at(take);
        array[..take].copy_from_slice(head);
        self.0 = tail;
        array
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// The next eight bytes.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// The next sixteen bytes.
    pub fn u128(&mut self) -> u128 {
        u128::from_le_bytes(self.array())
    }

    /// A number from `low` to `high`.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        let sides = u128::from(high - low) + 1;
        low + u64::try_from(u128::from(self.u64()) % sides).expect("below the number of sides")
    }

    /// The same of 32 bits.
    pub fn within_u32(&mut self, low: u32, high: u32) -> u32 {
        low + self.u32() % (high - low + 1)
    }

    /// The next `len` bytes, or as many as there are.
    pub fn slice(&mut self, len: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(len.min(self.0.len()));
        self.0 = tail;
        head
    }
}
