//! What a round is made of, and what it costs.

use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};

/// What `run` takes of a core's time. Wall-clock time would count whoever else uses the machine meanwhile.
pub fn cpu_time<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let part = |number: i64| number.try_into().expect("time is not negative");
        Duration::new(part(time.tv_sec), 0) + Duration::from_nanos(part(time.tv_nsec))
    };
    let start = now();
    let done = run();
    (now() - start, done)
}

/// What a benchmark counts of a round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Interest of a second on every reserve.
    Interest,
    /// A stable moves by a basis point.
    Stable,
    /// SOL falls.
    Tick,
    /// The liquidated obligations come back changed.
    Updates,
}

impl Part {
    /// In the order of a round.
    pub const ALL: [Self; 4] = [Self::Interest, Self::Stable, Self::Tick, Self::Updates];

    /// For the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interest => "interest of a second",
            Self::Stable => "a stable moves by a basis point",
            Self::Tick => "a tick that makes 0.1 % liquidatable",
            Self::Updates => "a thousand changed obligations",
        }
    }
}

/// What a round cost and found.
#[derive(Default)]
pub struct Round {
    pub(super) times: [Duration; Part::ALL.len()],
    /// Obligations that the part valued.
    pub valued: [usize; Part::ALL.len()],
    /// Obligations that the tick made liquidatable.
    pub liquidatable: usize,
}

impl Round {
    /// Of one part.
    pub fn time(&self, part: Part) -> Duration {
        self.times[part as usize]
    }
}
