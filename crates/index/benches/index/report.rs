//! The committed table, and the promises that it must keep.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{ensure, Context, Result};

use crate::round::{Part, Round};

/// The longest that a tick may take, on average.
const TICK_LIMIT: Duration = Duration::from_millis(5);
/// How many times faster than a full scan it must be.
const LEAST_SPEEDUP: f64 = 100.0;
/// Parts per million of all obligations that a tick makes liquidatable.
const LIQUIDATABLE: std::ops::RangeInclusive<u64> = 900..=1_100;

/// Everything measured.
pub struct Figures {
    obligations: u32,
    bytes: usize,
    times: [Vec<Duration>; Part::ALL.len()],
    valued: [usize; Part::ALL.len()],
    liquidatable: usize,
    scans: Vec<Duration>,
}

fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / times.len().max(1) as u32
}

fn at(times: &[Duration], part: f64) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let index = ((times.len() - 1) as f64 * part) as usize;
    times[index]
}

fn show(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1_000.0 {
        format!("{micros:.1} µs")
    } else {
        format!("{:.2} ms", micros / 1e3)
    }
}

impl Figures {
    /// Nothing measured but memory.
    pub fn new(obligations: u32, bytes: usize) -> Self {
        Self {
            obligations,
            bytes,
            times: Default::default(),
            valued: Default::default(),
            liquidatable: 0,
            scans: Vec::new(),
        }
    }

    /// Counts a round.
    pub fn add(&mut self, round: &Round) {
        for part in Part::ALL {
            self.times[part as usize].push(round.time(part));
            self.valued[part as usize] += round.valued[part as usize];
        }
        self.liquidatable += round.liquidatable;
    }

    /// Counts a full scan.
    pub fn add_scan(&mut self, time: Duration) {
        self.scans.push(time);
    }

    fn rounds(&self) -> usize {
        self.times[Part::Tick as usize].len()
    }

    fn speedup(&self) -> f64 {
        let tick = mean(&self.times[Part::Tick as usize]);
        mean(&self.scans).as_secs_f64() / tick.as_secs_f64()
    }

    /// Fails where a promise is broken.
    pub fn check(&self) -> Result<()> {
        let found = self.liquidatable as u64 * 1_000_000
            / (self.rounds() as u64 * u64::from(self.obligations));
        ensure!(
            LIQUIDATABLE.contains(&found),
            "a tick made {found} of a million liquidatable, not a thousandth"
        );
        let tick = mean(&self.times[Part::Tick as usize]);
        ensure!(
            tick < TICK_LIMIT,
            "a tick took {}, longer than {}",
            show(tick),
            show(TICK_LIMIT)
        );
        let speedup = self.speedup();
        ensure!(
            speedup >= LEAST_SPEEDUP,
            "a tick is only {speedup:.0} times as fast as a full scan"
        );
        Ok(())
    }

    /// The report.
    pub fn table(&self) -> Result<String> {
        let rounds = self.rounds();
        let mut out = format!(
            "# The index of obligations\n\n\
             Written by `cargo xtask bench-index`; do not edit. {} obligations (55 % SOL against USDC, 15 % a staked\n\
             SOL against USDC, 5 % against SOL, 15 % BTC and ETH against stables, 10 % two deposits and two debts), with\n\
             margins spread evenly up to a half. A round is a second of a falling market: interest, a stable that moves, a tick of\n\
             SOL that makes a thousandth of all obligations liquidatable, and their liquidation, after which they come\n\
             back healthy. Figures are of {rounds} rounds in steady state, after ten hours of interest and 200 rounds that do\n\
             not count, in time of the one core that it runs on. A tick is answered when every obligation that it made liquidatable is found, valued\n\
             exactly by the program's code, and all that was looked at is in its place again. Now and then a second of interest\n\
             tidies a queue of triggers that were left behind, which is its slowest.\n\n\
             | | mean | median | 99 of 100 | slowest | valued |\n|---|---:|---:|---:|---:|---:|\n",
            self.obligations
        );
        for part in Part::ALL {
            let times = &self.times[part as usize];
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                part.name(),
                show(mean(times)),
                show(at(times, 0.5)),
                show(at(times, 0.99)),
                show(at(times, 1.0)),
                self.valued[part as usize] / rounds
            )?;
        }
        let slowest = self.scans.iter().max().context("no full scan was made")?;
        writeln!(
            out,
            "| a full scan of the same obligations | {} | {} | | {} | {} |\n",
            show(mean(&self.scans)),
            show(at(&self.scans, 0.5)),
            show(*slowest),
            self.obligations
        )?;
        writeln!(
            out,
            "A tick finds {} liquidatable obligations on average and is {:.0} times as fast as a full scan of the same run.\n\
             Memory, as the allocator counts it: {:.0} bytes per obligation, all queues, addresses and the growth room of\n\
             vectors included. An account has 744.",
            self.liquidatable / rounds,
            self.speedup(),
            self.bytes as f64 / f64::from(self.obligations)
        )?;
        Ok(out)
    }
}
