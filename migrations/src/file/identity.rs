//! Addresses and ids of feeds as people write them.

use std::str::FromStr;

/// The id of a feed as Pyth writes it: 64 hexadecimal digits, perhaps after `0x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeedId(pub [u8; 32]);

impl FeedId {
    /// The id of the test feed of a token that is called `name`.
    pub fn of_name(name: &str) -> Self {
        Self(solana_sha256_hasher::hash(name.as_bytes()).to_bytes())
    }
}

impl FromStr for FeedId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is no feed id: Pyth's have 64 hexadecimal digits");
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(refused());
        }
        let mut id = [0; 32];
        for (at, byte) in id.iter_mut().enumerate() {
            let pair = digits.get(2 * at..2 * at + 2).ok_or_else(refused)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refused())?;
        }
        Ok(Self(id))
    }
}

from_text!(FeedId);

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address(pub solana_pubkey::Pubkey);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.parse();
        key.map(Self).map_err(|_| format!("`{text}` is no address"))
    }
}

from_text!(Address);
