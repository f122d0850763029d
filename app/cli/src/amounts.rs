//! Exact numbers as people read and write them.

use levee_client::health::factor_ppm_down;
use levee_risk::units::Usd;
use levee_risk::valuation::Health;

const WAD_DIGITS: u32 = 18;
const CENT_DIGITS: u32 = 2;

/// Atoms of a token with `decimals` as a decimal number, exact.
pub fn tokens(atoms: u64, decimals: u8) -> String {
    if atoms == u64::MAX {
        return "unlimited".into();
    }
    decimal(u128::from(atoms), u32::from(decimals))
}

/// Dollars to the cent, rounded down.
pub fn usd_down(value: Usd) -> String {
    cents(value.wad() / 10u128.pow(WAD_DIGITS - CENT_DIGITS))
}

/// Dollars to the cent, rounded up.
pub fn usd_up(value: Usd) -> String {
    cents(value.wad().div_ceil(10u128.pow(WAD_DIGITS - CENT_DIGITS)))
}

/// Millionths of a dollar to the cent, rounded down.
pub fn micro_usd_down(micro: u64) -> String {
    cents(u128::from(micro / 10_000))
}

fn cents(cents: u128) -> String {
    format!("{}.{:02}", grouped(cents / 100), cents % 100)
}

/// A price `mantissa · 10^exponent`, exact.
pub fn price(mantissa: u64, exponent: i32) -> String {
    match u32::try_from(exponent) {
        Ok(zeros) => format!("{mantissa}{}", "0".repeat(zeros as usize)),
        Err(_) => decimal(u128::from(mantissa), exponent.unsigned_abs()),
    }
}

/// A health factor to four digits, rounded down, so that nobody unhealthy is shown at one.
pub fn health(health: &Health) -> String {
    match factor_ppm_down(health) {
        None => "∞".into(),
        Some(ppm) => format!("{}.{:04}", ppm / 1_000_000, ppm % 1_000_000 / 100),
    }
}

/// Basis points as a percentage, exact.
pub fn percent(bps: u32) -> String {
    ppm(bps.saturating_mul(100))
}

/// Millionths as a percentage, exact.
pub fn ppm(ppm: u32) -> String {
    levee_migrations::file::Percent { ppm }.to_string()
}

fn decimal(number: u128, digits: u32) -> String {
    let one = 10u128.saturating_pow(digits);
    let (whole, rest) = (number / one, number % one);
    let fraction = format!("{rest:0width$}", width = digits as usize);
    match fraction.trim_end_matches('0') {
        "" => grouped(whole),
        fraction => format!("{}.{fraction}", grouped(whole)),
    }
}

/// With a comma between thousands.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use levee_risk::units::Bps;
    use levee_risk::valuation::WeightedUsd;

    use super::*;

    #[test]
    fn only_who_owes_nothing_has_an_infinite_health_factor() {
        let weighted = |dollars: u128| {
            let value = Usd::from_wad(dollars * 10u128.pow(18));
            WeightedUsd::of(value, Bps(10_000)).unwrap()
        };
        let of = |collateral, debt| Health {
            collateral: weighted(collateral),
            debt: weighted(debt),
        };
        assert_eq!(health(&of(2_400, 100)), "24.0000");
        assert_eq!(health(&of(99_999_999, 100_000_000)), "0.9999");
        assert_eq!(health(&of(300_000_000_000, 200_000_000_000)), "1.4999");
        assert_eq!(health(&of(1, 0)), "∞");
    }

    #[test]
    fn amounts_are_shown_exactly_and_dollars_on_the_safe_side() {
        assert_eq!(tokens(1_234_567_500_000_000, 9), "1,234,567.5");
        assert_eq!(tokens(7, 0), "7");
        assert_eq!(tokens(u64::MAX, 6), "unlimited");
        let value = Usd::from_wad(1_234_567_891_000_000_000_000);
        assert_eq!(usd_down(value), "1,234.56");
        assert_eq!(usd_up(value), "1,234.57");
        assert_eq!(price(15_012_000_000, -8), "150.12");
        assert_eq!(price(3, 2), "300");
        assert_eq!(percent(7_550), "75.5%");
    }
}
