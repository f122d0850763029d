//! Prices as 32-bit keys, and the queues of triggers that are ordered by them.
//!
//! A key is a small floating-point number: 26 significant bits, ordered like the prices. It is rounded so that a
//! trigger fires rather too early, by at most one part in 2²⁵, than too late.

use std::collections::BinaryHeap;

/// Significant bits of a key.
const BITS: u32 = 26;

/// The largest key of a price at or below `price`.
pub fn key_down(price: u64) -> u32 {
    encode(price).0
}

/// The smallest key of a price at or above `price`.
pub fn key_up(price: u64) -> u32 {
    let (key, is_exact) = encode(price);
    // Keys follow each other without a gap, so the next one is the next price.
    key + u32::from(!is_exact)
}

fn encode(price: u64) -> (u32, bool) {
    let length = u64::BITS - price.leading_zeros();
    let shift = length.saturating_sub(BITS);
    let significant = (price >> shift) as u32;
    let key = (shift << (BITS - 1)) + significant;
    (key, u64::from(significant) << shift == price)
}

/// What an obligation remembers of its place in one queue.
///
/// `queued` is the most urgent of its entries in the queue, `wanted` the one that it needs now, never the more urgent of
/// the two. An entry that is no longer wanted stays until it comes up, which saves searching for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    wanted: u32,
    queued: u32,
}

impl Trigger {
    /// In no queue.
    pub const NONE: Self = Self {
        wanted: 0,
        queued: 0,
    };
}

/// What came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// An entry that nothing waits for any more.
    Nothing,
    /// The trigger fired.
    Fired,
}

/// Triggers by urgency, the greatest key first; key zero never fires.
#[derive(Default)]
pub struct Queue {
    entries: BinaryHeap<u64>,
    /// Entries that were there after the last tidying.
    kept: usize,
}

/// A queue is not tidied for fewer entries.
const FEW: usize = 4_096;

impl Queue {
    /// Makes `trigger` of obligation `id` fire as soon as the level is below `key`, and not before.
    pub fn set(&mut self, trigger: &mut Trigger, id: u32, key: u32) {
        trigger.wanted = key;
        if key > trigger.queued {
            trigger.queued = key;
            if self.entries.len() == self.entries.capacity() {
                // An eighth at a time: twice as much as is needed is a lot of memory here.
                self.entries.reserve_exact(self.entries.len() / 8 + 1);
            }
            self.entries.push(u64::from(key) << 32 | u64::from(id));
        }
    }

    /// Takes out the most urgent entry above `level`: its key and its obligation.
    pub fn pop_above(&mut self, level: u32) -> Option<(u32, u32)> {
        let top = *self.entries.peek()?;
        if (top >> 32) as u32 <= level {
            return None;
        }
        self.entries.pop();
        Some(((top >> 32) as u32, top as u32))
    }

    /// What an entry with `key` that was taken out means for the obligation whose `trigger` it names.
    pub fn due(&mut self, trigger: &mut Trigger, id: u32, key: u32) -> Due {
        if trigger.queued != key {
            return Due::Nothing;
        }
        let wanted = trigger.wanted;
        *trigger = Trigger::NONE;
        if wanted == key {
            return Due::Fired;
        }
        // Moved away since it was queued: back to where it is wanted.
        self.set(trigger, id, wanted);
        Due::Nothing
    }

    /// Whether more than half of the entries may be such that nothing waits for any more. Margins that interest eats away
    /// tighten their triggers again and again, and each time an entry is left behind.
    pub fn is_cluttered(&self) -> bool {
        self.entries.len() > 2 * self.kept + FEW
    }

    /// Takes out the entries for which nothing waits: whose key is not what `queued` says of their obligation.
    pub fn tidy(&mut self, queued: impl Fn(u32) -> Option<Trigger>) {
        let mut entries = std::mem::take(&mut self.entries).into_vec();
        entries.retain(|entry| {
            let key = (entry >> 32) as u32;
            queued(*entry as u32).is_some_and(|trigger| trigger.queued == key)
        });
        entries.shrink_to_fit();
        self.kept = entries.len();
        self.entries = entries.into();
    }

    /// Entries, those that nothing waits for included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets every entry: the triggers must be set again.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_ordered_like_prices_and_rounded_to_their_side(a in any::<u64>(), shift in 0u32..64, step in 0u64..1_000) {
            let a = a >> shift;
            let b = a.saturating_add(step);
            prop_assert!(key_down(a) <= key_up(a) && key_up(a) - key_down(a) <= 1);
            prop_assert!(key_down(a) <= key_down(b) && key_up(a) <= key_up(b));
            if a < b {
                // A price below a lower trigger, and one above an upper trigger, always fire.
                prop_assert!(key_down(a) < key_up(b));
            }
            if a < 1 << BITS {
                prop_assert_eq!(key_down(a), key_up(a));
            }
        }
    }

    #[test]
    fn a_trigger_that_moved_away_fires_only_where_it_is_wanted() {
        let mut queue = Queue::default();
        let mut trigger = Trigger::NONE;
        queue.set(&mut trigger, 7, 500);
        queue.set(&mut trigger, 7, 300);
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.pop_above(500), None);
        assert_eq!(queue.pop_above(400), Some((500, 7)));
        assert_eq!(queue.due(&mut trigger, 7, 500), Due::Nothing);
        assert_eq!(queue.pop_above(300), None);
        assert_eq!(queue.pop_above(299), Some((300, 7)));
        assert_eq!(queue.due(&mut trigger, 7, 300), Due::Fired);
        assert_eq!(queue.pop_above(0), None);
    }

    #[test]
    fn a_tightened_trigger_leaves_an_entry_that_means_nothing() {
        let mut queue = Queue::default();
        let mut trigger = Trigger::NONE;
        queue.set(&mut trigger, 7, 300);
        queue.set(&mut trigger, 7, 500);
        assert_eq!(queue.pop_above(0), Some((500, 7)));
        assert_eq!(queue.due(&mut trigger, 7, 500), Due::Fired);
        assert_eq!(queue.pop_above(0), Some((300, 7)));
        assert_eq!(queue.due(&mut trigger, 7, 300), Due::Nothing);
    }
}
