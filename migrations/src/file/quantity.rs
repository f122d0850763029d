//! Quantities as people write them, read exactly.

use std::fmt;
use std::str::FromStr;

const PPM_DIGITS: u32 = 4;
const MICRO_USD_DIGITS: u32 = 6;
const RATE_DIGITS: u32 = 8;

/// A decimal number without sign or exponent as an integer of `10^-digits`.
///
/// # Errors
/// What is no such number, has more digits after the point, or leaves 64 bits.
///
/// ```
/// use levee_migrations::file::exact;
///
/// assert_eq!(exact("1_234.5", 6), Ok(1_234_500_000));
/// assert!(exact("0.0000001", 6).is_err());
/// assert!(exact("-1", 6).is_err());
/// ```
pub fn exact(text: &str, digits: u32) -> Result<u64, String> {
    let plain = plain(text)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = digits
        .checked_sub(u32::try_from(fraction.len()).unwrap_or(u32::MAX))
        .ok_or_else(|| format!("`{text}` is too fine: {digits} digits after the point are kept"))?;
    let zeros = "0".repeat(missing as usize);
    format!("{whole}{fraction}{zeros}")
        .parse()
        .map_err(|_| format!("`{text}` is too large"))
}

/// `text` without separators, if it is a decimal number.
fn plain(text: &str) -> Result<String, String> {
    let plain = text.trim().replace('_', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match is_number(whole) && is_number(fraction) {
        true => Ok(plain),
        false => Err(format!("`{text}` is no number: write one like 1_250.5")),
    }
}

/// A part of a whole: `75%`, `0.002%` or `20 bps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    /// In millionths.
    pub ppm: u32,
}

impl Percent {
    /// In basis points.
    ///
    /// # Errors
    /// What is finer than one.
    pub fn bps(self) -> Result<u32, String> {
        match self.ppm % 100 {
            0 => Ok(self.ppm / 100),
            _ => Err(format!(
                "{self} is too fine: hundredths of a percent are kept here"
            )),
        }
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, digits) = match (text.strip_suffix('%'), text.strip_suffix("bps")) {
            (Some(percent), _) => (percent, PPM_DIGITS),
            (_, Some(bps)) => (bps, PPM_DIGITS - 2),
            _ => {
                return Err(format!(
                    "`{text}` is no part of a whole: write it like 7.5% or 20 bps"
                ))
            }
        };
        let ppm = exact(number, digits)?;
        let ppm = u32::try_from(ppm).map_err(|_| format!("`{text}` is too large"))?;
        Ok(Self { ppm })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.ppm / 10_000, self.ppm % 10_000);
        match format!("{rest:04}").trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            rest => write!(f, "{whole}.{rest}%"),
        }
    }
}

from_text!(Percent);

/// Dollars: `$25` or `1_000.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars {
    /// In millionths of a dollar.
    pub micro_usd: u64,
}

impl FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('$').unwrap_or(text);
        exact(number, MICRO_USD_DIGITS).map(|micro_usd| Self { micro_usd })
    }
}

from_text!(Dollars);

/// What a token redeems for in its base asset: `1.0523`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RedemptionRate {
    /// In hundred-millionths, as Pyth's feeds say it; above zero.
    pub e8: u64,
}

impl FromStr for RedemptionRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match exact(text, RATE_DIGITS)? {
            0 => Err(format!("`{text}` is no rate: a rate is above zero")),
            e8 => Ok(Self { e8 }),
        }
    }
}

from_text!(RedemptionRate);

/// An amount of a token: `1_000.5`, or `unlimited`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens(String);

const UNLIMITED: &str = "unlimited";

impl Tokens {
    /// In atoms of a token with `decimals`; `unlimited` is the largest number.
    ///
    /// # Errors
    /// What is finer than an atom or too large.
    pub fn atoms(&self, decimals: u8) -> Result<u64, String> {
        match self.0.as_str() {
            UNLIMITED => Ok(u64::MAX),
            text => exact(text, u32::from(decimals)),
        }
    }

    /// The same where there must be a number: what is moved or minted has one.
    ///
    /// # Errors
    /// What is finer than an atom or too large, and `unlimited`.
    pub fn some_atoms(&self, decimals: u8) -> Result<u64, String> {
        match self.atoms(decimals)? {
            u64::MAX => Err(format!(
                "`{}` is no amount here: write one like 1_000.5",
                self.0
            )),
            atoms => Ok(atoms),
        }
    }
}

impl FromStr for Tokens {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text == UNLIMITED || plain(text).is_ok() {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "`{text}` is no amount: write one like 1_000.5, or unlimited"
            )),
        }
    }
}

from_text!(Tokens);

/// A length of time: `7 days`, `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// In seconds.
    pub seconds: u64,
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = humantime::parse_duration(text).map_err(|error| {
            format!("`{text}` is no length of time ({error}): write it like 7 days or 90s")
        })?;
        match time.subsec_nanos() {
            0 => Ok(Self {
                seconds: time.as_secs(),
            }),
            _ => Err(format!("`{text}` is too fine: seconds are kept")),
        }
    }
}

from_text!(Time);

/// A point of the interest curve: `80%:6%`, an annual rate at a utilization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Of the deposits that are lent.
    pub utilization: Percent,
    /// A year, uncompounded.
    pub rate: Percent,
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (utilization, rate) = text.split_once(':').ok_or_else(|| {
            format!(
                "`{text}` is no point of a curve: write it like 80%:6%, a rate at a utilization"
            )
        })?;
        Ok(Self {
            utilization: utilization.trim().parse()?,
            rate: rate.trim().parse()?,
        })
    }
}

from_text!(Point);

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;
