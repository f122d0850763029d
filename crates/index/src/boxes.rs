//! Boxes: how far prices may move before an obligation must be looked at again.
//!
//! At plain prices the margin `W − B` is linear in the prices of the bases: `Σ n_f·x_f`, with `x_f` the price of base `f` over
//! its price now and `n_f` its weighted deposits less its weighted debts. Whoever is healthy stays so while the margin is
//! not negative, whoever is unhealthy while it is; for the latter the signs change and all else stays.
//!
//! A box takes from the margin what the *slow factors* may do (interest, rates of liquid-staking tokens), and what the
//! program's roundings may do, and gives the rest to the bases: with `k = margin / Σ |n_g|·v_g`, base `f` may move against
//! the state by the part `k·v_f`, where `v_f` says how volatile it is. All of them moving that far at once uses up the
//! margin, and nothing less does. A base that hardly moves, such as a stable, gets no more than a *cap*, and what it does not
//! need goes to the others: of SOL against USDC nearly all the margin is SOL's.
//!
//! **Slow factors.** The value of a deposit follows supply index × rate, that of a debt borrow index × rate. The index
//! keeps a clock that goes forward by the relative change of every factor at every update, whichever way it went, so
//! between two readings no factor changed by more than the difference `δ`: a deposit lies between `1 − δ` and `e^δ` of
//! what it was. A box holds until the clock has gone `δ` further.
//!
//! **Floats.** Values come out of the program's integers and are summed as `f64`, which errs by less than `10⁻¹³` of the
//! gross sum; that much is taken off the margin, and thresholds are rounded towards the price.

use super::key::{key_down, key_up};

/// Most bases of one obligation.
pub const MAX_FEEDS: usize = levee::state::MAX_DEPOSITS + levee::state::MAX_BORROWS;

/// Units of the drift clock: parts of 2³².
pub const DRIFT_ONE: f64 = 4_294_967_296.0;

/// The most that slow factors may change before a box is made anew. Interest of 10 % a year takes three hours for it.
const MAX_DRIFT: f64 = 4e-5;
/// The part of a margin that slow factors may use.
const DRIFT_SHARE: f64 = 0.25;
/// Relative error of a sum of `f64`, generously.
const SUM_ERROR: f64 = 1e-13;
/// Relative error of a product with a price, generously.
const PRODUCT_ERROR: f64 = 1e-15;
/// The farthest lower trigger: a quarter of the price.
const MOST_DOWN: f64 = 0.75;
/// The farthest upper trigger: four times the price.
const MOST_UP: f64 = 3.0;

/// How much a base moves. It decides how margins are shared out, which is a matter of speed alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Compared with others; positive.
    pub volatility: f64,
    /// The part of the price that it needs at most.
    pub cap: f64,
}

impl Motion {
    /// A base that moves.
    pub const FREE: Self = Self {
        volatility: 1.0,
        cap: MOST_UP,
    };

    /// A base that stays where it is, by a few basis points.
    pub const PEGGED: Self = Self {
        volatility: 0.1,
        cap: 4e-4,
    };

    /// Neither so small nor so large that sums of shares lose their meaning.
    pub(crate) fn clamped(self) -> Self {
        Self {
            volatility: self.volatility.clamp(1e-3, 1e3),
            cap: self.cap.clamp(1e-6, MOST_UP),
        }
    }
}

impl Default for Motion {
    fn default() -> Self {
        Self::FREE
    }
}

/// What an obligation has in one base, in weighted dollars (any unit, the same for all) at the price now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    /// The index's number of the base.
    pub feed: u16,
    /// The base's price now, in its oracle's units.
    pub price: u64,
    /// How much the base moves.
    pub motion: Motion,
    /// Weighted deposits.
    pub held: f64,
    /// Weighted debts.
    pub owed: f64,
    /// What rounding may do to both at most, at the price now; grows with the price.
    pub rounding: f64,
}

/// One side of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The base does not matter.
    Any,
    /// Fires where [`key_down`] of the price is below this key.
    Below(u32),
    /// Fires where [`key_up`] of the price is above this key.
    Above(u32),
}

/// Where an obligation keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certain {
    /// How far the drift clock may go, in its units.
    pub drift: u32,
    /// One bound for each exposure.
    pub bounds: [Bound; MAX_FEEDS],
}

/// The box of an obligation that is healthy now, or unhealthy; `None` where the margin is too thin for one, so that it must be
/// looked at after every change. `haste`, of `0..=255`, shortens the drift by up to half, so that not all boxes end at once.
pub fn certain(exposures: &[Exposure], is_healthy: bool, haste: u8) -> Option<Certain> {
    let sides = |e: &Exposure| match is_healthy {
        true => (e.held, e.owed),
        false => (e.owed, e.held),
    };
    let mut margin = 0.0;
    let mut gross = 0.0;
    let mut constant = 0.0;
    for exposure in exposures {
        let (gain, loss) = sides(exposure);
        margin += gain - loss - exposure.rounding;
        gross += gain + loss;
        constant += exposure.rounding;
    }
    // The second part of the roundings does not shrink with the price.
    constant += gross * SUM_ERROR;
    let drift = f64::min(
        MAX_DRIFT * (1.0 - f64::from(haste) / 512.0),
        (margin - constant) * DRIFT_SHARE / gross,
    );
    let units = (drift * DRIFT_ONE).floor();
    if units.is_nan() || units < 2.0 {
        return None;
    }
    let drift = units / DRIFT_ONE;
    let mut net = [0.0; MAX_FEEDS];
    let mut left = -constant;
    for (net, exposure) in net.iter_mut().zip(exposures) {
        let (gain, loss) = sides(exposure);
        *net = gain * (1.0 - drift) - loss * (1.0 + drift + drift * drift) - exposure.rounding;
        left += *net;
    }
    let net = &net[..exposures.len()];
    let rooms = rooms(net, exposures, left)?;
    let mut bounds = [Bound::Any; MAX_FEEDS];
    for (((bound, net), exposure), room) in bounds.iter_mut().zip(net).zip(exposures).zip(rooms) {
        *bound = bound_of(*net, exposure, room)?;
    }
    Some(Certain {
        drift: units as u32,
        bounds,
    })
}

/// By which part each base may move against the state: together they use up what is `left` of the margin, and no more.
/// `None` where nothing is left.
fn rooms(net: &[f64], exposures: &[Exposure], left: f64) -> Option<[f64; MAX_FEEDS]> {
    let mut rooms = [f64::INFINITY; MAX_FEEDS];
    let mut left = left * (1.0 - 1e-9);
    loop {
        let open = || {
            let all = net.iter().zip(exposures).zip(rooms);
            all.filter(|(_, room)| room.is_infinite())
                .map(|(both, _)| both)
        };
        let weighted: f64 = open().map(|(net, e)| net.abs() * e.motion.volatility).sum();
        let part = left / weighted;
        if part.is_nan() || part <= 0.0 {
            return None;
        }
        let mut is_capped = false;
        // One that is capped leaves more for the others, so what is capped stays so.
        for ((net, exposure), room) in net.iter().zip(exposures).zip(&mut rooms) {
            let Motion { volatility, cap } = exposure.motion;
            if room.is_infinite() && part * volatility > cap {
                *room = cap;
                left -= net.abs() * cap;
                is_capped = true;
            }
        }
        if !is_capped {
            for (exposure, room) in exposures.iter().zip(&mut rooms) {
                if room.is_infinite() {
                    *room = part * exposure.motion.volatility;
                }
            }
            return Some(rooms);
        }
        if rooms[..exposures.len()].iter().all(|room| room.is_finite()) {
            return Some(rooms);
        }
    }
}

/// `None` where the price now would fire it.
fn bound_of(net: f64, exposure: &Exposure, room: f64) -> Option<Bound> {
    let price = exposure.price as f64;
    if net > 0.0 {
        let lowest = price * (1.0 - room.min(MOST_DOWN) + PRODUCT_ERROR);
        let key = key_up((lowest.ceil() as u64).saturating_add(1));
        (key_down(exposure.price) >= key).then_some(Bound::Below(key))
    } else if net < 0.0 {
        let highest = price * (1.0 + room.min(MOST_UP) - 4.0 * PRODUCT_ERROR);
        let key = key_down((highest.floor() as u64).saturating_sub(1));
        (key_up(exposure.price) <= key).then_some(Bound::Above(key))
    } else {
        Some(Bound::Any)
    }
}
