//! Reading accounts without copying more than the struct.

use std::fmt;

use anchor_lang::{Discriminator, ZeroCopy};

/// Why an account's data is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Shorter than the struct.
    TooShort,
    /// Begins with another account's discriminator.
    WrongDiscriminator,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "the account is too short for its kind",
            Self::WrongDiscriminator => "the account is of another kind",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Decodes the data of a lending market, reserve or obligation.
///
/// # Errors
/// [`DecodeError`].
///
/// ```
/// use levee::state::Obligation;
/// use levee_client::accounts::{decode, DecodeError};
///
/// assert_eq!(decode::<Obligation>(&[0; 4]).unwrap_err(), DecodeError::TooShort);
/// assert_eq!(decode::<Obligation>(&[0; 1_000]).unwrap_err(), DecodeError::WrongDiscriminator);
/// ```
pub fn decode<T: ZeroCopy + Discriminator>(data: &[u8]) -> Result<T, DecodeError> {
    let start = T::DISCRIMINATOR.len();
    let body = data
        .get(start..start + std::mem::size_of::<T>())
        .ok_or(DecodeError::TooShort)?;
    if !data.starts_with(T::DISCRIMINATOR) {
        return Err(DecodeError::WrongDiscriminator);
    }
    // A buffer from anywhere is not aligned for the struct.
    Ok(bytemuck::pod_read_unaligned(body))
}

/// The bytes of an account that holds `value`, discriminator first.
pub fn encode<T: ZeroCopy + Discriminator>(value: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(value)].concat()
}
