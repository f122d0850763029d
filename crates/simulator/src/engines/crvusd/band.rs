//! One band of the market maker, in whole numbers.

use std::ops::RangeInclusive;

use crate::root::{as_f64, isqrt};

/// A price of one: debt atoms per collateral atom.
pub const ONE: u128 = 1_000_000_000_000;
/// `N`.
pub const BANDS: usize = 10;
/// `A`.
pub const A: u128 = 100;
/// Prices relative to the band's upper edge.
const Q: u128 = 1_000_000_000_000;

/// Debt atoms of a band, converted and not: between these the roundings of its equations move its own price by less than one
/// part in 3,000 while the oracle's price is within a factor of two of its upper edge.
pub const EXACT_ATOMS: RangeInclusive<f64> = 1e6..=1e15;
/// How far from its own price a band is sure not to trade: three times that.
pub const SURE: f64 = 1e-3;

/// What lies in a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// `x`, in debt atoms.
    pub borrowed: u64,
    /// `y`, in collateral atoms.
    pub collateral: u64,
    /// `p↑`, in units of [`ONE`].
    upper: u128,
}

/// What a band is about.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// Its own price, in units of [`ONE`].
    pub price: f64,
    /// What it holds, in debt atoms at its upper edge.
    pub debt_atoms: f64,
}

/// The invariant at one oracle price, with collateral valued at the upper edge: `f`, `g`, and `(f + x)·(g + y)`.
struct Curve {
    f: u128,
    g: u128,
    product: u128,
}

impl Curve {
    /// What one factor of the product is where the other is `side`, less its `offset`, rounded up; `None` for the atom or two
    /// whose equations round to nothing.
    fn other_side(&self, side: u128, offset: u128) -> Option<u128> {
        (side > 0).then(|| self.product.div_ceil(side).saturating_sub(offset))
    }
}

impl Band {
    /// Spreads `atoms` of collateral evenly over [`BANDS`] bands from `top` down.
    pub fn spread(atoms: u64, top: u128) -> [Self; BANDS] {
        let count = BANDS as u64;
        let mut amounts = [(0, atoms / count); BANDS];
        // The remainder lies in the first.
        amounts[0].1 += atoms % count;
        Self::filled(top, &amounts)
    }

    /// Bands from `top` down with these amounts of (debt atoms, collateral atoms).
    pub fn filled(top: u128, amounts: &[(u64, u64); BANDS]) -> [Self; BANDS] {
        let mut upper = top;
        amounts.map(|(borrowed, collateral)| {
            let band = Self {
                borrowed,
                collateral,
                upper,
            };
            upper = lower_edge(upper);
            band
        })
    }

    /// `p↑`, in units of [`ONE`].
    #[cfg(test)]
    pub fn upper(&self) -> u128 {
        self.upper
    }

    /// Arbitrageurs buy its collateral until its own price has risen to `price`.
    pub fn buy_until(&mut self, oracle: u128, price: u128) {
        if !self.is_above(oracle, price) {
            self.buy_in_full(oracle, price);
        }
    }

    /// The same by the equations, whatever they come to.
    fn buy_in_full(&mut self, oracle: u128, price: u128) {
        let Some(curve) = self.curve(oracle) else {
            return;
        };
        let target = self.target(price);
        // (f + x)/(g + y) = target on the same product.
        let y = root_of_quotient(curve.product, target).saturating_sub(curve.g);
        let y = self.atoms_up(y);
        if y >= self.collateral {
            return;
        }
        let valued = self.valued(y);
        let x = curve.other_side(curve.g + valued, curve.f);
        let x = x.and_then(|x| u64::try_from(x).ok());
        let Some(x) = x.filter(|x| *x > self.borrowed) else {
            return;
        };
        self.collateral = y;
        self.borrowed = x;
    }

    /// Arbitrageurs sell collateral to it until its own price has fallen to `price`.
    pub fn sell_until(&mut self, oracle: u128, price: u128) {
        if !self.is_below(oracle, price) {
            self.sell_in_full(oracle, price);
        }
    }

    /// The same by the equations, whatever they come to.
    fn sell_in_full(&mut self, oracle: u128, price: u128) {
        let Some(curve) = self.curve(oracle) else {
            return;
        };
        let target = self.target(price);
        let x = root_of_product(curve.product, target).saturating_sub(curve.f);
        let Some(x) = u64::try_from(x).ok().filter(|x| *x < self.borrowed) else {
            return;
        };
        let Some(valued) = curve.other_side(curve.f + u128::from(x), curve.g) else {
            return;
        };
        let y = self.atoms_up(valued);
        if y <= self.collateral {
            return;
        }
        self.borrowed = x;
        self.collateral = y;
    }

    /// Whether there is nothing that anybody would buy at `price`: no collateral, or its own price is surely higher.
    pub fn is_above(&self, oracle: u128, price: u128) -> bool {
        self.collateral == 0
            || self
                .near_price(oracle)
                .is_some_and(|own| own > as_f64(price) * (1.0 + SURE))
    }

    /// Whether there is nothing for which anybody would sell at `price`: no borrowed tokens, or its own price is surely lower.
    pub fn is_below(&self, oracle: u128, price: u128) -> bool {
        self.borrowed == 0
            || self
                .near_price(oracle)
                .is_some_and(|own| own * (1.0 + SURE) < as_f64(price))
    }

    /// Its own price at the oracle's, in units of [`ONE`], within a third of [`SURE`] of where the equations in whole numbers
    /// begin to trade; `None` where their roundings may count for more.
    #[inline(always)]
    fn near_price(&self, oracle: u128) -> Option<f64> {
        let estimate = self.estimate(oracle);
        estimate
            .filter(|one| EXACT_ATOMS.contains(&one.debt_atoms))
            .map(|one| one.price)
    }

    /// The same whatever it holds; `None` where the oracle's price is not within a factor of two of the upper edge, or nothing
    /// is held.
    ///
    /// Collateral alone has the price `p³/p↑²`, borrowed tokens alone `p³/p↓²`: these take no root.
    #[inline(always)]
    pub fn estimate(&self, oracle: u128) -> Option<Estimate> {
        let (upper, a) = (as_f64(self.upper), A as f64);
        let x = self.borrowed as f64;
        let y = self.collateral as f64 * upper / ONE as f64;
        let q = as_f64(oracle) / upper;
        if !(0.5..=2.0).contains(&q) || x + y == 0.0 {
            return None;
        }
        let price = if self.borrowed == 0 {
            q * q * q * upper
        } else if self.collateral == 0 {
            let width = a / (a - 1.0);
            q * q * q * width * width * upper
        } else {
            let b = (a - 1.0) * x / q + q * q * a * y;
            let y0 = (b + (b * b + 4.0 * a * q * x * y).sqrt()) / (2.0 * a * q);
            (q * q * a * y0 + x) / ((a - 1.0) * y0 / q + y) * upper
        };
        Some(Estimate {
            price,
            debt_atoms: x + y,
        })
    }

    /// A price relative to the upper edge, in units of `Q`; `None` far above the band, or at zero.
    fn relative(&self, oracle: u128) -> Option<u128> {
        let q = oracle.checked_mul(Q)? / self.upper.max(1);
        (q > 0 && q <= 4 * Q).then_some(q)
    }

    /// The same for a price to trade at.
    fn target(&self, price: u128) -> u128 {
        price * Q / self.upper.max(1)
    }

    /// Its own price at the oracle's, in units of [`ONE`].
    #[cfg(test)]
    fn price(&self, oracle: u128) -> u128 {
        let curve = self.curve(oracle).unwrap();
        (curve.f + u128::from(self.borrowed)) * self.upper
            / (curve.g + self.valued(self.collateral))
    }

    /// Collateral in debt atoms at the upper edge, rounded down.
    fn valued(&self, collateral: u64) -> u128 {
        u128::from(collateral) * self.upper / ONE
    }

    fn atoms_up(&self, valued: u128) -> u64 {
        u64::try_from((valued * ONE).div_ceil(self.upper.max(1))).unwrap_or(u64::MAX)
    }

    /// `None` for an empty band or next to that, or prices far from any band.
    fn curve(&self, oracle: u128) -> Option<Curve> {
        let q = self.relative(oracle)?;
        let (x, y) = (u128::from(self.borrowed), self.valued(self.collateral));
        if x == 0 && y == 0 {
            return None;
        }
        // q·A·y₀² − b·y₀ − x·y = 0 with b = (A−1)·x/q + q²·A·y.
        let b = ((A - 1) * x * Q / q).checked_add(q * q / Q * A * y / Q)?;
        let square = b.checked_mul(b)?;
        // Of one kind alone, what is under the root is the square itself.
        let root = if x == 0 || y == 0 {
            b
        } else {
            isqrt(square.checked_add((4 * A * x).checked_mul(y)? / Q * q)?)
        };
        let y0 = (b + root) * Q / (2 * A * q);
        if y0 == 0 {
            // A single atom, too little for the equations.
            return None;
        }
        Some(Curve {
            f: q * q / Q * A * y0 / Q,
            g: (A - 1) * y0 * Q / q,
            product: (A * A * y0).checked_mul(y0)? / Q * q,
        })
    }
}

/// The lower edge of a band with this upper one, rounded down: short numbers are divided in hardware.
#[inline(always)]
fn lower_edge(upper: u128) -> u128 {
    match u64::try_from(upper * (A - 1)) {
        Ok(short) => u128::from(short / A as u64),
        Err(_) => upper * (A - 1) / A,
    }
}

/// `√(product / target)` for a target in units of `Q`, to twelve digits.
fn root_of_quotient(product: u128, target: u128) -> u128 {
    isqrt(product) * isqrt(Q * Q * Q / target.max(1)) / Q
}

/// `√(product·target)` for a target in units of `Q`, to twelve digits.
fn root_of_product(product: u128, target: u128) -> u128 {
    isqrt(product) * isqrt(target * Q) / Q
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
