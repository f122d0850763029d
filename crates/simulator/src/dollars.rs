//! Dollars: which prices are one, and how sums of them are shown. Displayed dollars are never calculated with.

/// How far from a dollar a token may cost that still counts as one. Under strain pegs give way by a few hundredths, and such a
/// dollar is still owed as one; a token that costs a dollar by chance hardly stays so near.
const PEG_BAND: f64 = 0.05;
/// Wad dollars of a cent.
const CENT: u128 = 10_000_000_000_000_000;

/// Whether what costs `usd` is a dollar, give or take a twentieth.
pub fn is_peg(usd: f64) -> bool {
    (usd - 1.0).abs() <= PEG_BAND
}

/// Wad dollars for display, rounded down to a cent.
pub fn of_wad(wad: u128) -> f64 {
    (wad / CENT) as f64 / 100.0
}

/// A sum in as few letters as tell it.
pub fn short(usd: f64) -> String {
    match usd {
        v if v >= 1e9 => format!("${:.2}B", v / 1e9),
        v if v >= 1e6 => format!("${:.2}M", v / 1e6),
        v if v >= 1e3 => format!("${:.1}k", v / 1e3),
        v => format!("${v:.0}"),
    }
}

/// The same on an axis, whose ticks are round numbers.
pub fn tick(usd: f64) -> String {
    match usd {
        v if v >= 1e9 => format!("${:.2}B", v / 1e9),
        v if v >= 1e6 => format!("${:.0}M", v / 1e6),
        v if v >= 1e3 => format!("${:.0}k", v / 1e3),
        v => format!("${v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_under_strain_is_one_and_what_costs_another_price_is_none() {
        assert!(is_peg(1.0) && is_peg(0.955) && is_peg(1.045));
        assert!(!is_peg(0.94) && !is_peg(1.06) && !is_peg(0.0) && !is_peg(f64::NAN));
    }

    #[test]
    fn sums_are_shown_short_and_never_more_than_there_is() {
        assert_eq!(of_wad(1_999_999_999_999_999_999), 1.99);
        let sums = [999.4, 1_250.0, 2_345_678.0, 1.5e9];
        assert_eq!(sums.map(short), ["$999", "$1.2k", "$2.35M", "$1.50B"]);
        assert_eq!(sums.map(tick), ["$999", "$1k", "$2M", "$1.50B"]);
    }
}
