//! Decimal text as an exact whole number.

use super::PRICE_EXPONENT;

/// Least and most that a price may be, in its unit: a millionth of a dollar, a hundred million dollars.
const RANGE: (u64, u64) = (10_000, 1_000_000_000_000_000_000);
const DIGITS: usize = PRICE_EXPONENT.unsigned_abs() as usize;

/// Reads a positive decimal number of dollars. Digits beyond the tenth after the point are rounded half up.
///
/// # Errors
/// Why it is no price, for people.
pub fn parse_price(text: &str) -> Result<u64, String> {
    let (least, most) = RANGE;
    let unsigned = text.strip_prefix('-');
    let value = parse_decimal(unsigned.unwrap_or(text), DIGITS)
        .ok_or_else(|| format!("{} is not a decimal number", quoted(text)))?;
    if unsigned.is_some() || value == 0 {
        return Err(format!("{} is not a positive price", quoted(text)));
    }
    match u64::try_from(value) {
        Ok(price) if (least..=most).contains(&price) => Ok(price),
        _ => Err(format!(
            "{} is not between 0.000001 and 100000000",
            quoted(text)
        )),
    }
}

/// `digits` digits after the point as a whole number, further ones rounded half up; `None` where `text` is no
/// unsigned decimal number or too large.
pub fn parse_decimal(text: &str, digits: usize) -> Option<u128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let kept = &part[..part.len().min(digits)];
    let mut value: u128 = 0;
    for digit in whole.bytes().chain(kept.bytes()) {
        value = value
            .checked_mul(10)?
            .checked_add(u128::from(digit - b'0'))?;
    }
    let missing = u32::try_from(digits - kept.len()).ok()?;
    value = value.checked_mul(10u128.checked_pow(missing)?)?;
    let rounds_up = part
        .as_bytes()
        .get(digits)
        .is_some_and(|digit| *digit >= b'5');
    value.checked_add(u128::from(rounds_up))
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

    #[test]
    fn a_decimal_becomes_its_exact_number_of_units() {
        assert_eq!(parse_price("207.13"), Ok(2_071_300_000_000));
        assert_eq!(parse_price("0.00001234567"), Ok(123_457));
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
            ("nan", "not a decimal number"),
            ("", "not a decimal number"),
            ("1e5", "not a decimal number"),
            ("1,5", "not a decimal number"),
            ("0.0000001", "not between"),
            ("100000001", "not between"),
            (
                "99999999999999999999999999999999999999999",
                "not a decimal number",
            ),
        ] {
            let error = parse_price(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
