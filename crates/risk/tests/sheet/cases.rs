//! Random obligations whose reserves know one base's price at different times, and what they are worth exactly.

use levee_risk::price::{DoubtLimits, Quote};
use levee_risk::rate::{Rate, RATE_BITS};
use levee_risk::sheet::{Holding, Sheet, Source, View};
use levee_risk::units::{Atoms, Bps};
use levee_risk::valuation::Book;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::dice::Dice;
use crate::exact::{big, fine, worth, Ratio};

/// When the newest quotes were published.
pub const NOW_TS: i64 = 1_000_000;

/// A position, and its reserve's price.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub holding: Holding,
    pub source: Source,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub deposits: Vec<Entry>,
    pub borrows: Vec<Entry>,
}

/// What one side is worth exactly, and how much of it rounding may take or add; in fine units, and times weights.
pub struct Exact {
    pub value: Ratio,
    pub value_grain: BigInt,
    pub weighted: Ratio,
    pub weighted_grain: BigInt,
}

impl Case {
    pub fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::EMPTY;
        for entry in &self.deposits {
            sheet.add_deposit(entry.holding, &entry.source).unwrap();
        }
        for entry in &self.borrows {
            sheet.add_borrow(entry.holding, &entry.source).unwrap();
        }
        sheet
    }

    /// Scales everything owed, until that side is `aim` parts in ten thousand of what is held.
    fn owe(&mut self, aim: u64, (held, owed): (u128, u128)) {
        if owed == 0 {
            return;
        }
        for borrow in &mut self.borrows {
            let atoms = big(borrow.holding.atoms.0) * held * aim / owed / 10_000;
            borrow.holding.atoms =
                Atoms(u64::try_from(atoms).map_or(1 << 40, |atoms| atoms.min(1 << 40)));
        }
    }

    pub fn book(&self, view: View) -> Book {
        self.sheet().book(view).unwrap()
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.deposits.iter().chain(&self.borrows)
    }

    /// The newest quote of a base, with the strictest of each limit. Quotes of one time are the same.
    pub fn newest(&self, like: &Source) -> Source {
        let same = || {
            let entries = self.entries().map(|e| e.source);
            entries.filter(|source| source.feed == like.feed)
        };
        let limits = || same().map(|source| source.limits);
        Source {
            feed: like.feed,
            quote: same()
                .map(|s| s.quote)
                .max_by_key(|q| q.publish_ts)
                .unwrap(),
            limits: DoubtLimits {
                max_confidence: limits().map(|l| l.max_confidence).min().unwrap(),
                max_ema_divergence: limits().map(|l| l.max_ema_divergence).min().unwrap(),
                confidence_multiple: limits().map(|l| l.confidence_multiple).max().unwrap(),
            },
            max_mild_age: same().map(|source| source.max_mild_age).min().unwrap(),
        }
    }

    pub fn has_one_base(&self) -> bool {
        let mut entries = self.entries();
        let first = entries.next().unwrap().source.feed;
        entries.all(|e| e.source.feed == first)
    }

    /// Whether the weighted deposits of the base are worth at least its weighted debts; `None` where rounding decides.
    fn is_long(&self, base: &Source) -> Option<bool> {
        let of_base = |entries: &[Entry]| -> Vec<Entry> {
            let same = entries.iter().filter(|e| e.source.feed == base.feed);
            same.copied().collect()
        };
        let (deposits, borrows) = (of_base(&self.deposits), of_base(&self.borrows));
        if borrows.is_empty() {
            return Some(true);
        }
        if deposits.is_empty() {
            return Some(false);
        }
        let plain = |entry: &Entry| Some(big(self.newest(&entry.source).quote.price));
        let held = self.sum(&deposits, plain)?;
        let owed = self.sum(&borrows, plain)?;
        let grain = Ratio::whole(held.weighted_grain + owed.weighted_grain);
        let ahead = held.weighted.minus(&owed.weighted);
        if ahead > grain {
            Some(true)
        } else if ahead < Ratio::whole(0).minus(&grain) {
            Some(false)
        } else {
            None
        }
    }

    /// The base's price in `view`, from the design's table.
    fn mantissa(&self, entry: &Entry, view: View) -> Option<BigInt> {
        let source = self.newest(&entry.source);
        let (price, ema) = (big(source.quote.price), big(source.quote.ema));
        if view == View::Plain || self.has_one_base() {
            return Some(price);
        }
        let is_long = self.is_long(&source)?;
        Some(match view {
            View::Plain => price,
            View::Lifted(most) => {
                let room: BigInt = &price * most.0 / 10_000;
                if is_long {
                    BigInt::min(&price + room, ema).max(price)
                } else {
                    BigInt::max(&price - room, ema).min(price)
                }
            }
            View::NewRisk => {
                let k = source.limits.confidence_multiple.0;
                let margin = Ratio::new(big(source.quote.confidence) * k, big(10_000)).ceil();
                if is_long {
                    BigInt::max(price - margin, big(0)).min(ema)
                } else {
                    BigInt::max(price + margin, ema)
                }
            }
        })
    }

    fn sum(&self, entries: &[Entry], price: impl Fn(&Entry) -> Option<BigInt>) -> Option<Exact> {
        let mut sum = Exact {
            value: Ratio::new(big(0), big(1) << RATE_BITS),
            value_grain: big(0),
            weighted: Ratio::new(big(0), big(1) << RATE_BITS),
            weighted_grain: big(0),
        };
        for entry in entries {
            let Holding {
                atoms,
                rate,
                weight,
                decimals,
            } = entry.holding;
            let scale = 18 - i32::from(decimals) + self.newest(&entry.source).quote.exponent;
            // One of the oracle's last digit, and a wad dollar.
            let digit = worth(atoms.0, 1, scale);
            let value = &digit * price(entry)? * rate.0;
            let grain = if rate == Rate::ONE { big(0) } else { digit } + fine();
            sum.weighted.over += &value * weight.0;
            sum.value.over += value;
            sum.weighted_grain += &grain * weight.0;
            sum.value_grain += grain;
        }
        Some(sum)
    }

    /// The deposits in `view`; `None` where rounding decides which way a base is moved.
    pub fn held(&self, view: View) -> Option<Exact> {
        self.sum(&self.deposits, |entry| self.mantissa(entry, view))
    }

    /// The borrows in `view`.
    pub fn owed(&self, view: View) -> Option<Exact> {
        self.sum(&self.borrows, |entry| self.mantissa(entry, view))
    }
}

/// What the oracle of base `feed` said `age` seconds ago: the same to all who ask.
fn source(feed: u64, age: u64, seed: u64) -> Source {
    let bits = |n: u64| {
        let mixed = (seed ^ (feed << 32) ^ (age << 40) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let mut dice = Dice(bits(1));
    let price = 1 + (bits(2) >> (24 + dice.range(0, 30)));
    let away = dice.range(0, 4_000);
    let ema = u128::from(price) * u128::from(8_000 + away) / 10_000;
    Source {
        feed: [feed, 7, 7, 7],
        quote: Quote {
            price,
            confidence: price / dice.range(1, 2_000),
            ema: if dice.range(0, 3) == 0 {
                price
            } else {
                1 + ema as u64
            },
            // A feed keeps its exponent.
            exponent: -8 + (seed.wrapping_add(feed) % 5) as i32,
            publish_ts: NOW_TS - age as i64,
        },
        limits: DoubtLimits {
            max_confidence: Bps(dice.range(1, 500) as u32),
            max_ema_divergence: Bps(dice.range(1, 3_000) as u32),
            confidence_multiple: Bps(dice.range(0, 50_000) as u32),
        },
        max_mild_age: dice.range(1, 30) as u32,
    }
}

fn entry(bits: [u64; 3], feeds: u64, seed: u64, weights: (u64, u64)) -> Entry {
    let mut dice = Dice(bits[0]);
    let feed = dice.range(0, feeds - 1);
    let age = [0, dice.range(0, 3), dice.range(0, 40)][dice.range(0, 2) as usize];
    let rate = match dice.range(0, 3) {
        0 => Rate(Rate::ONE.0 / 2 + bits[1] % Rate::ONE.0),
        1 => Rate(1 + (bits[1] >> (24 + bits[2] % 30))),
        _ => Rate::ONE,
    };
    Entry {
        holding: Holding {
            atoms: Atoms(bits[2] >> (24 + dice.range(0, 39))),
            rate,
            weight: Bps(dice.range(weights.0, weights.1) as u32),
            decimals: dice.range(5, 12) as u8,
        },
        source: source(feed, age, seed),
    }
}

/// Obligations of up to eight deposits and five borrows on up to four bases.
pub fn any_case() -> impl Strategy<Value = Case> {
    let deposits = prop::collection::vec(any::<[u64; 3]>(), 1..=8);
    let borrows = prop::collection::vec(any::<[u64; 3]>(), 1..=5);
    (deposits, borrows, 1u64..=4, any::<u64>()).prop_map(|(deposits, borrows, feeds, seed)| Case {
        deposits: deposits
            .into_iter()
            .map(|bits| entry(bits, feeds, seed, (1, 9_900)))
            .collect(),
        borrows: borrows
            .into_iter()
            .map(|bits| entry(bits, feeds, seed, (10_000, 50_000)))
            .collect(),
    })
}

/// The same with debts that are worth about as much as the deposits carry, near which verdicts turn.
pub fn near_one() -> impl Strategy<Value = Case> {
    (any_case(), 9_000u64..11_000).prop_map(|(mut case, aim)| {
        let health = case.book(View::Plain).health;
        let sides = (health.collateral.raw(), health.debt.raw());
        case.owe(aim, sides);
        case
    })
}

/// The same with debts that are worth about as much as the deposits, near which an obligation becomes insolvent.
pub fn near_insolvency() -> impl Strategy<Value = Case> {
    (any_case(), 9_000u64..11_000).prop_map(|(mut case, aim)| {
        let book = case.book(View::Plain);
        case.owe(aim, (book.collateral.wad(), book.debt.wad()));
        case
    })
}
