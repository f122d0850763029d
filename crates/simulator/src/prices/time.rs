//! Times as files write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::decimal::{quoted, Decimal};

/// The last second of the year 9999.
const LAST_TIMESTAMP: i64 = 253_402_300_799;
/// From here on a number counts a thousandth of what a smaller one does: seconds until the year 5138, then milli-, micro- and
/// nanoseconds from 1973 on.
const SCALES: [(u64, u64); 3] = [
    (100_000_000_000_000_000, 1_000_000_000),
    (100_000_000_000_000, 1_000_000),
    (100_000_000_000, 1_000),
];
/// Besides RFC 3339; without a zone it is UTC.
const DATES: [&str; 8] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
];
const DAYS: [&str; 2] = ["%Y-%m-%d", "%Y/%m/%d"];
/// Dates without signs. As Unix times they would lie before 2001 or after 2286, where there are no such prices.
const COMPACT: [usize; 3] = [8, 12, 14];
const ZONED: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f%z"];

/// Reads a Unix time in seconds, milli-, micro- or nanoseconds, or a date with a time of day, as Unix seconds.
///
/// # Errors
/// Why it is no time, for people.
pub fn parse_time(text: &str) -> Result<i64, String> {
    if let Some(seconds) = compact_date(text) {
        return Ok(seconds);
    }
    let seconds = match Decimal::parse(text.strip_prefix('-').unwrap_or(text)) {
        Ok(number) => seconds_of(number).ok_or_else(|| not_whole(text))?,
        Err(_) => seconds_of_date(text)?,
    };
    if text.starts_with('-') || !(0..=LAST_TIMESTAMP).contains(&seconds) {
        return Err(format!(
            "{} is not a time between 1970 and 9999",
            quoted(text)
        ));
    }
    Ok(seconds)
}

fn not_whole(text: &str) -> String {
    format!("{} is not on a whole second", quoted(text))
}

/// `20251010`, `202510102050` and `20251010205000`.
fn compact_date(text: &str) -> Option<i64> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_recent = text.starts_with("19") || text.starts_with("20");
    if !COMPACT.contains(&text.len()) || !is_digits || !is_recent {
        return None;
    }
    let whole = format!("{text:0<14}");
    let time = NaiveDateTime::parse_from_str(&whole, "%Y%m%d%H%M%S").ok()?;
    Some(time.and_utc().timestamp()).filter(|seconds| *seconds >= 0)
}

/// `None` between two seconds.
fn seconds_of(number: Decimal) -> Option<i64> {
    let count = number.whole()?;
    let scale = SCALES.iter().find(|(from, _)| count >= *from);
    let scale = scale.map_or(1, |(_, scale)| *scale);
    (count % scale == 0).then(|| (count / scale).cast_signed())
}

fn seconds_of_date(text: &str) -> Result<i64, String> {
    let plain = text.strip_suffix("UTC").map_or(text, str::trim_end);
    let zoned = || {
        let others = ZONED.iter();
        let mut others = others.filter_map(|form| DateTime::parse_from_str(plain, form).ok());
        let standard = DateTime::parse_from_rfc3339(plain).ok();
        standard.or_else(|| others.next())
    };
    let unzoned = || {
        let mut times = DATES
            .iter()
            .filter_map(|form| NaiveDateTime::parse_from_str(plain, form).ok());
        let mut days = DAYS
            .iter()
            .filter_map(|form| NaiveDate::parse_from_str(plain, form).ok());
        times
            .next()
            .or_else(|| days.next()?.and_hms_opt(0, 0, 0))
            .map(|time| time.and_utc())
    };
    let time = zoned()
        .map(|time| time.with_timezone(&Utc))
        .or_else(unzoned);
    let time = time.ok_or_else(|| {
        format!(
            "{} is neither a Unix time nor a date like 2025-10-10T20:50:00Z",
            quoted(text)
        )
    })?;
    if time.timestamp_subsec_nanos() != 0 {
        return Err(not_whole(text));
    }
    Ok(time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-10-10 20:50:00 UTC.
    const TIME: i64 = 1_760_129_400;

    #[test]
    fn a_time_is_the_same_second_in_every_notation() {
        for text in [
            "1760129400",
            "1760129400.0",
            "1.7601294e9",
            "1760129400000",
            "1760129400000000",
            "1760129400000000000",
            "2025-10-10T20:50:00Z",
            "2025-10-10 20:50:00",
            "2025-10-10 20:50:00.000",
            "2025-10-10T20:50:00",
            "2025-10-10 20:50:00+00:00",
            "2025-10-10T22:50:00+02:00",
            "2025-10-10 15:50:00-0500",
            "2025-10-10 20:50",
            "2025/10/10 20:50:00",
            "2025-10-10 20:50:00 UTC",
            "2025.10.10 20:50",
            "20251010205000",
            "202510102050",
        ] {
            assert_eq!(parse_time(text), Ok(TIME), "{text}");
        }
        assert_eq!(parse_time("2025-10-10"), Ok(TIME - 75_000));
        assert_eq!(parse_time("20251010"), Ok(TIME - 75_000));
        assert_eq!(parse_time("0"), Ok(0));
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, why) in [
            ("", "neither"),
            ("noon", "neither"),
            ("10/10/2025 20:50", "neither"),
            ("2025-13-10", "neither"),
            ("nan", "neither"),
            ("-60", "not a time between"),
            ("1969-12-31", "not a time between"),
            ("1760129400.5", "whole second"),
            ("1760129400250", "whole second"),
            ("2025-10-10T20:50:00.25Z", "whole second"),
            ("1e300", "whole second"),
        ] {
            let error = parse_time(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
