//! Borrowers who watch their health and repay in time.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Settings;
use crate::market::{broken, Holder, World};

/// Health below which watchful borrowers repay.
const WATCH_HEALTH: f64 = 1.05;
/// How long they take.
const TOP_UP_DELAY_MS: i64 = 600_000;
/// The part of their largest debt that they repay.
const TOP_UP_PART: u64 = 10;
/// Who watches, who decided, and who repays when.
pub struct Watchers {
    share_ppm: u64,
    seed: u64,
    /// (when, who).
    due: BTreeSet<(i64, u32)>,
    decided: BTreeSet<u32>,
}

impl Watchers {
    /// The part of the borrowers that the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            share_ppm: settings.top_up_ppm,
            seed: settings.seed,
            due: BTreeSet::new(),
            decided: BTreeSet::new(),
        }
    }

    /// The health below which anybody is of interest for the first time.
    pub fn attention(&self) -> f64 {
        if self.share_ppm > 0 {
            WATCH_HEALTH
        } else {
            1.0
        }
    }

    /// One has this `health` now, and decides. Returns the health below which this one is of interest from now on.
    pub fn interest(&mut self, who: u32, health: f64, now_ms: i64) -> f64 {
        let watches = mix(self.seed ^ u64::from(who)) % 1_000_000 < self.share_ppm;
        if !watches || self.decided.contains(&who) {
            return 1.0;
        }
        if health >= WATCH_HEALTH {
            return WATCH_HEALTH;
        }
        self.decided.insert(who);
        self.due.insert((now_ms + TOP_UP_DELAY_MS, who));
        1.0
    }

    /// Those whose time has come repay a part of their largest debt; `changed` is called for each. Returns how many.
    ///
    /// # Errors
    /// Where the ledger fails.
    pub fn repay(&mut self, world: &mut World, changed: &mut impl FnMut(u32)) -> Result<u64> {
        let mut count = 0;
        while let Some((at, who)) = self.due.first().copied() {
            if at > world.now_ms() {
                break;
            }
            self.due.pop_first();
            if repay_part(world, who)? {
                changed(who);
                count += 1;
            }
        }
        Ok(count)
    }
}

/// Whether there was a debt.
fn repay_part(world: &mut World, who: u32) -> Result<bool> {
    let before = world.obligation(who);
    let sheet = world.sheet(&before)?;
    let debts = (0..before.borrows().len()).map(|at| sheet.repaid_side(at));
    let debts: Vec<_> = debts.collect::<std::result::Result<_, _>>()?;
    let value = |at: &usize| debts[*at].price.value_up(debts[*at].owed).ok();
    let Some(largest) = (0..debts.len()).max_by_key(value) else {
        return Ok(false);
    };
    let key = before.borrows()[largest].reserve;
    let Some(asset) = world.pool.index(&key) else {
        return Ok(false);
    };
    let mut after = before;
    let atoms = (debts[largest].owed.0 / TOP_UP_PART).max(1);
    let paid = world.pool.reserves_mut()[asset]
        .repay(after.debt_in(&key), atoms)
        .map_err(broken)?;
    after.set_debt(&key, paid.remaining).map_err(broken)?;
    world.pool.refresh(&before);
    world.wallets.pay_in(Holder::Borrowers, asset, paid.atoms.0);
    world.operations += 1;
    world.set_obligation(who, after);
    Ok(true)
}

/// SplitMix64's finalizer.
fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
