//! The axis of time: Unix seconds with ticks at round hours or days, in UTC.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

const DAY: i64 = 86_400;
const MOST_TICKS: i64 = 12;
const MINUTES: [i64; 16] = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200,
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[derive(Clone, Copy)]
pub struct Timeline {
    start: i64,
    end: i64,
    tick: i64,
}

impl Timeline {
    pub fn new(start: i64, end: i64) -> Self {
        let end = end.max(start + 1);
        let steps = MINUTES.into_iter().map(|minutes| minutes * 60);
        let fits = |tick: &i64| (end - start) / tick < MOST_TICKS;
        // Beyond the list whole days, as many as it takes.
        let tick = steps.into_iter().find(fits);
        let tick = tick.unwrap_or_else(|| ((end - start) / MOST_TICKS / DAY + 1) * DAY);
        Self { start, end, tick }
    }

    /// In Unix seconds.
    pub fn ends(&self) -> [f64; 2] {
        [self.start as f64, self.end as f64]
    }
}

impl Ranged for Timeline {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (left, right): (i32, i32)) -> i32 {
        let part = (value - self.start as f64) / (self.end - self.start) as f64;
        left + (part * f64::from(right - left)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let first = self.start + (self.tick - self.start % self.tick) % self.tick;
        let ticks = (first..=self.end).step_by(self.tick.unsigned_abs() as usize);
        ticks.map(|at| at as f64).collect()
    }

    fn range(&self) -> Range<f64> {
        self.start as f64..self.end as f64
    }
}

impl ValueFormatter<f64> for Timeline {
    /// A day at midnight, else the time.
    fn format_ext(&self, value: &f64) -> String {
        let at = *value as i64;
        let (_, month, day) = date(at);
        if at % DAY == 0 {
            format!("{day} {month}")
        } else {
            time(at)
        }
    }
}

/// Such as `10 Oct 2025 20:50`.
pub fn clock_time(at: i64) -> String {
    let (year, month, day) = date(at);
    format!("{day} {month} {year} {}", time(at))
}

fn time(at: i64) -> String {
    let minutes = at.rem_euclid(DAY) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Year, month and day of the Gregorian calendar: days are counted from 1 March of the year zero, so that a leap day
/// is the last of its year.
fn date(at: i64) -> (i64, &'static str, i64) {
    let days = at.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year + i64::from(month < 2);
    (year, MONTHS[month.unsigned_abs() as usize], day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(clock_time(0), "1 Jan 1970 00:00");
        assert_eq!(clock_time(951_782_400), "29 Feb 2000 00:00");
        assert_eq!(clock_time(1_760_130_000), "10 Oct 2025 21:00");
        assert_eq!(clock_time(1_767_225_599), "31 Dec 2025 23:59");
    }

    #[test]
    fn ticks_are_few_and_round() {
        for span in [60, 7_200, 86_400, 10 * DAY, 400 * DAY, 40_000 * DAY] {
            let time = Timeline::new(1_760_129_400, 1_760_129_400 + span);
            let ticks = time.key_points(100);
            assert!(ticks.len() <= 13, "{span}: {ticks:?}");
            assert!(ticks.iter().all(|at| *at as i64 % time.tick == 0));
        }
    }
}
