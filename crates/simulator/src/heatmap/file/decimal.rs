//! Decimal numbers as files write them, exact.

use anyhow::{bail, ensure, Context, Result};

/// A decimal number `digits × 10^exponent`, not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// `units × 10^-decimals`.
    pub fn of(units: u128, decimals: u8) -> Self {
        Self {
            digits: units,
            exponent: -i32::from(decimals),
        }
    }

    /// Reads `12`, `12.5` or `1.25e+1`.
    ///
    /// # Errors
    /// Where that is no number, or a negative one.
    pub fn parse(text: &str) -> Result<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent),
            None => (text, "0"),
        };
        let exponent = exponent
            .strip_prefix('+')
            .unwrap_or(exponent)
            .parse::<i32>();
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_negative = whole.starts_with('-');
        let whole = whole.strip_prefix('-').unwrap_or(whole);
        let digits = [whole, fraction].concat();
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let (Ok(exponent), true, false) = (exponent, are_digits, digits.is_empty()) else {
            bail!("{text:?} is no number");
        };
        // What lies behind 38 digits is below anything that counts.
        let cut = digits.trim_start_matches('0');
        let kept = &cut[..cut.len().min(38)];
        let value = match kept {
            "" => 0,
            kept => kept.parse().context("38 digits fit")?,
        };
        ensure!(!is_negative || value == 0, "{text} is negative");
        let shift = (cut.len() - kept.len()) as i64 - fraction.len() as i64;
        let exponent = i64::from(exponent) + shift;
        Ok(Self {
            digits: value,
            exponent: exponent.clamp(-1_000, 1_000) as i32,
        })
    }

    /// The number in units of `10^-decimals`, rounded down; `None` above 64 bits.
    pub fn units_down(self, decimals: u8) -> Option<u64> {
        let power = self.exponent + i32::from(decimals);
        let value = match u32::try_from(power) {
            _ if self.digits == 0 => 0,
            Ok(power) => self.digits.checked_mul(10u128.checked_pow(power)?)?,
            Err(_) => match 10u128.checked_pow(power.unsigned_abs()) {
                Some(divisor) => self.digits / divisor,
                None => 0,
            },
        };
        u64::try_from(value).ok()
    }
}
