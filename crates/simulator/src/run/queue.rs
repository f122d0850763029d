//! Who is due below which health: a queue for many who come and go together.

/// Obligations by a key, the least first. Sorted runs are merged as they grow, each no more often than the logarithm of all:
/// memory is read in order, where a heap of a million would wait for it at every step.
#[derive(Default)]
pub(super) struct Queue {
    /// Added since the last [`Queue::take_below`], in any order.
    added: Vec<(f64, u32)>,
    /// Each sorted, the least last; every run more than twice as long as the next.
    runs: Vec<Vec<(f64, u32)>>,
}

impl Queue {
    /// Adds `who`, who is due when the limit is above `key`.
    pub fn push(&mut self, key: f64, who: u32) {
        self.added.push((key, who));
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.runs.is_empty()
    }

    /// Takes all whose key is below `limit` into `due`, in no order.
    pub fn take_below(&mut self, limit: f64, due: &mut Vec<u32>) {
        self.sort_added();
        for run in &mut self.runs {
            let below = run.partition_point(|(key, _)| *key >= limit);
            due.extend(run.drain(below..).map(|(_, who)| who));
        }
        self.runs.retain(|run| !run.is_empty());
    }

    fn sort_added(&mut self) {
        if self.added.is_empty() {
            return;
        }
        let mut run = std::mem::take(&mut self.added);
        run.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        while let Some(last) = self.runs.pop_if(|last| last.len() <= 2 * run.len()) {
            run = merged(last, run);
        }
        self.runs.push(run);
    }
}

/// Two sorted runs as one.
fn merged(one: Vec<(f64, u32)>, other: Vec<(f64, u32)>) -> Vec<(f64, u32)> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        let greater = if a.0 >= b.0 { &mut one } else { &mut other };
        all.extend(greater.next());
    }
    all.extend(one);
    all.extend(other);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whoever_is_below_the_limit_is_taken_and_nobody_else(
            turns in prop::collection::vec((prop::collection::vec(0u32..1_000, 0..40), 0u32..1_000), 1..40)
        ) {
            let (mut queue, mut plain) = (Queue::default(), Vec::new());
            for (added, limit) in turns {
                for key in added {
                    let who = plain.len() as u32;
                    plain.push((f64::from(key), who, true));
                    queue.push(f64::from(key), who);
                }
                let mut due = Vec::new();
                queue.take_below(f64::from(limit), &mut due);
                due.sort_unstable();
                let mut expected = Vec::new();
                for (key, who, waits) in &mut plain {
                    if *waits && *key < f64::from(limit) {
                        *waits = false;
                        expected.push(*who);
                    }
                }
                prop_assert_eq!(due, expected);
                prop_assert_eq!(queue.is_empty(), plain.iter().all(|(_, _, waits)| !waits));
            }
        }
    }
}
