//! Prices as files write them.

use super::PRICE_EXPONENT;
use crate::decimal::{quoted, Decimal};

/// Least and most that a price may be, in its unit: a millionth of a dollar, a hundred million dollars.
const RANGE: (u64, u64) = (10_000, 1_000_000_000_000_000_000);
const DIGITS: u8 = PRICE_EXPONENT.unsigned_abs() as u8;

/// Reads a positive decimal number of dollars. Digits beyond the tenth after the point are rounded half up.
///
/// # Errors
/// Why it is no price, for people.
pub fn parse_price(text: &str) -> Result<u64, String> {
    let (least, most) = RANGE;
    let unsigned = text.strip_prefix('-');
    let value = Decimal::parse(unsigned.unwrap_or(text))
        .map_err(|_| format!("{} is not a decimal number", quoted(text)))?;
    if unsigned.is_some() || value.is_zero() {
        return Err(format!("{} is not a positive price", quoted(text)));
    }
    match value.units_half_up(DIGITS) {
        Some(price) if (least..=most).contains(&price) => Ok(price),
        _ => Err(format!(
            "{} is not between 0.000001 and 100000000",
            quoted(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_becomes_its_exact_number_of_units() {
        assert_eq!(parse_price("207.13"), Ok(2_071_300_000_000));
        assert_eq!(parse_price("2.0713e2"), Ok(2_071_300_000_000));
        assert_eq!(parse_price("0.00001234567"), Ok(123_457));
        assert_eq!(parse_price("1.234567E-05"), Ok(123_457));
        assert_eq!(parse_price(".5"), Ok(5_000_000_000));
        assert_eq!(parse_price("24.990000000000002"), Ok(249_900_000_000));
        assert_eq!(parse_price("24.99999999995"), Ok(250_000_000_000));
    }

    #[test]
    fn what_is_no_positive_price_says_why() {
        for (text, why) in [
            ("-3", "not a positive price"),
            ("0", "not a positive price"),
            ("0.0", "not a positive price"),
            ("-1e2", "not a positive price"),
            ("nan", "not a decimal number"),
            ("-inf", "not a decimal number"),
            ("", "not a decimal number"),
            ("1,5", "not a decimal number"),
            ("$5", "not a decimal number"),
            ("0.0000001", "not between"),
            ("1e-300", "not between"),
            ("100000001", "not between"),
            ("1e300", "not between"),
            ("99999999999999999999999999999999999999999", "not between"),
        ] {
            let error = parse_price(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
