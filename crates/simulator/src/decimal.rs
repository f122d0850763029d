//! Decimal numbers as files write them, exact.

use anyhow::{bail, ensure, Context, Result};

/// Digits that are kept: as many as fit 128 bits.
const MOST_DIGITS: usize = 38;

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

    /// Reads `12`, `12.5`, `.5` or `1.25e+1`.
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
            bail!("{} is no number", quoted(text));
        };
        // What lies behind 38 digits is below anything that counts.
        let cut = digits.trim_start_matches('0');
        let kept = &cut[..cut.len().min(MOST_DIGITS)];
        let value = match kept {
            "" => 0,
            kept => kept.parse().context("38 digits fit")?,
        };
        ensure!(!is_negative || value == 0, "{} is negative", quoted(text));
        let shift = (cut.len() - kept.len()) as i64 - fraction.len() as i64;
        let exponent = i64::from(exponent) + shift;
        Ok(Self {
            digits: value,
            exponent: exponent.clamp(-1_000, 1_000) as i32,
        })
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The number where it is whole and fits 64 bits.
    pub fn whole(self) -> Option<u64> {
        let whole = self.units_down(0)?;
        let unit = 10u128.checked_pow(self.exponent.min(0).unsigned_abs());
        let is_whole = match unit {
            Some(unit) => self.digits.is_multiple_of(unit),
            None => self.digits == 0,
        };
        is_whole.then_some(whole)
    }

    /// The number in units of `10^-decimals`, rounded down; `None` above 64 bits.
    pub fn units_down(self, decimals: u8) -> Option<u64> {
        u64::try_from(self.units(decimals, |value, divisor| value / divisor)?).ok()
    }

    /// The number in units of `10^-decimals`, rounded half up; `None` above 64 bits.
    pub fn units_half_up(self, decimals: u8) -> Option<u64> {
        let rounded =
            |value: u128, divisor: u128| value / divisor + (value % divisor) / divisor.div_ceil(2);
        u64::try_from(self.units(decimals, rounded)?).ok()
    }

    /// Units of `10^-decimals`, those below one as `divide` rounds them.
    fn units(self, decimals: u8, divide: impl Fn(u128, u128) -> u128) -> Option<u128> {
        if self.digits == 0 {
            return Some(0);
        }
        let power = self.exponent + i32::from(decimals);
        match u32::try_from(power) {
            Ok(power) => self.digits.checked_mul(10u128.checked_pow(power)?),
            Err(_) => match 10u128.checked_pow(power.unsigned_abs()) {
                Some(divisor) => Some(divide(self.digits, divisor)),
                None => Some(0),
            },
        }
    }
}

/// Short and on one line, whatever the file holds.
pub(crate) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly_in_every_notation() {
        for (text, units) in [
            ("12", 12_000_000),
            ("12.5", 12_500_000),
            (".5", 500_000),
            ("12.", 12_000_000),
            ("1.25e+1", 12_500_000),
            ("125E-1", 12_500_000),
            ("-0.0", 0),
            ("0.0000004", 0),
            ("0.0000009999", 0),
            ("0e400", 0),
        ] {
            let units_down = Decimal::parse(text).unwrap().units_down(6);
            assert_eq!(units_down, Some(units), "{text}");
        }
        assert_eq!(Decimal::parse("1e400").unwrap().units_down(6), None);
        assert_eq!(Decimal::parse("1e-400").unwrap().units_down(6), Some(0));
    }

    #[test]
    fn a_whole_number_is_one_in_every_notation() {
        for (text, whole) in [
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("1.2e1", Some(12)),
            ("12.000000000000000000001", None),
            ("1e-400", None),
            ("0e-400", Some(0)),
            ("1e20", None),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().whole(), whole, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_in_one_short_line() {
        let long = "x".repeat(10_000);
        for text in [
            "", ".", "-", "e5", "1e", "1e5.5", "nan", "inf", "1,5", "1_000", "0x10", "+1", "1 2",
            &long, "a\nb",
        ] {
            let error = Decimal::parse(text).unwrap_err().to_string();
            assert!(error.contains("is no number"), "{error}");
            assert!(!error.contains('\n') && error.len() < 200, "{error}");
        }
        assert!(Decimal::parse("-0.1")
            .unwrap_err()
            .to_string()
            .contains("is negative"));
    }

    proptest! {
        #[test]
        fn roundings_are_those_of_long_division(value: u64, point in 0usize..20, decimals in 0u8..12) {
            let text = format!("{value:021}");
            let text = format!("{}.{}", &text[..21 - point], &text[21 - point..]);
            let number = Decimal::parse(&text).unwrap();
            let scaled = BigUint::from(value) * BigUint::from(10u32).pow(u32::from(decimals));
            let unit = BigUint::from(10u32).pow(point as u32);
            let fits = |units: BigUint| u64::try_from(units).ok();
            prop_assert_eq!(number.units_down(decimals), fits(&scaled / &unit));
            let half_up = (&scaled * 2u32 + &unit) / (&unit * 2u32);
            prop_assert_eq!(number.units_half_up(decimals), fits(half_up));
        }
    }
}
