//! Dollars as accounts store them: in millionths.

use levee_risk::units::Usd;
use levee_risk::wide::{div_128_64, mul_64};

/// Wad dollars in a millionth of a dollar.
const WAD_PER_MICRO_USD: u64 = 1_000_000_000_000;

/// An account's dollars, exact.
pub(crate) fn micro_usd(micro: u64) -> Usd {
    Usd::from_wad(mul_64(micro, WAD_PER_MICRO_USD))
}

/// Dollars for an account, rounded up; saturating.
pub(crate) fn micro_usd_up(value: Usd) -> u64 {
    div_128_64(value.wad(), WAD_PER_MICRO_USD)
        .ok()
        .and_then(|(micro, rest)| {
            let micro = u64::try_from(micro).ok()?;
            micro.checked_add(u64::from(rest > 0))
        })
        .unwrap_or(u64::MAX)
}
