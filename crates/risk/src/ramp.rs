//! A lowered liquidation threshold takes effect over time, so that nobody is liquidated by a vote alone.

use crate::units::Bps;

/// From one threshold to another between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// The threshold at the start.
    pub from: Bps,
    /// The threshold from the end on.
    pub to: Bps,
    /// Unix seconds.
    pub start_ts: i64,
    /// Unix seconds.
    pub end_ts: i64,
}

impl Ramp {
    /// The threshold at `now_ts`: linear in between, rounded down, so that lenders never wait longer than stated.
    pub fn at_down(&self, now_ts: i64) -> Bps {
        let length = self.end_ts.saturating_sub(self.start_ts);
        if now_ts >= self.end_ts || length <= 0 {
            return self.to;
        }
        let left = self
            .end_ts
            .saturating_sub(now_ts)
            .min(length)
            .unsigned_abs();
        let fall = u64::from(self.from.0.saturating_sub(self.to.0));
        let kept = fall
            .checked_mul(left)
            .and_then(|part| part.checked_div(length.unsigned_abs()))
            .and_then(|kept| u32::try_from(kept).ok())
            .unwrap_or(0);
        Bps(self.to.0.saturating_add(kept))
    }
}
