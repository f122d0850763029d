//! The two clocks against a model that remembers every look.

use levee_risk::clocks::Clocks;
use proptest::prelude::*;

use crate::dice::cases;

/// One look at an obligation.
#[derive(Clone, Copy, Debug)]
struct Look {
    slot: u64,
    unhealthy: bool,
    permitted: bool,
}

/// Looks at increasing slots, sometimes twice in one, from the first slot of the chain on; gaps around `max_gap`.
fn looks() -> impl Strategy<Value = (u64, Vec<Look>)> {
    let step = (0u8..5, 0u64..400, 0u8..8, any::<bool>());
    (
        1u64..200,
        1u64..1_000_000,
        prop::collection::vec(step, 1..40),
    )
        .prop_map(|(max_gap, start, steps)| {
            let mut slot = start;
            let looks = steps.into_iter().map(|(kind, far, unhealthy, permitted)| {
                slot += match kind {
                    0 => 0,
                    1 => max_gap,
                    2 => max_gap + 1,
                    3 => far % max_gap,
                    _ => far,
                };
                Look {
                    slot,
                    unhealthy: unhealthy > 0,
                    permitted,
                }
            });
            (max_gap, looks.collect())
        })
}

fn after(clocks: Clocks, look: Look, max_gap: u64) -> Clocks {
    if look.unhealthy {
        clocks
            .aged(look.slot, max_gap)
            .decided(clocks, look.permitted, 0)
    } else {
        Clocks::default()
    }
}

/// The gaps that prove anything: back from the last look to the first one that was healthy or too long before the next.
fn proven(looks: &[Look], max_gap: u64) -> Vec<(Look, Look)> {
    let mut gaps = Vec::new();
    for pair in looks.windows(2).rev() {
        let (before, now) = (pair[0], pair[1]);
        if !now.unhealthy || !before.unhealthy || now.slot - before.slot > max_gap {
            break;
        }
        gaps.push((before, now));
    }
    gaps
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_clocks_count_the_proven_slots_since_the_last_gap_or_healthy_look((max_gap, looks) in looks()) {
        let mut clocks = Clocks::default();
        for (at, look) in looks.iter().enumerate() {
            clocks = after(clocks, *look, max_gap);
            let gaps = proven(&looks[..=at], max_gap);
            let all: u64 = gaps.iter().map(|(before, now)| now.slot - before.slot).sum();
            let both = gaps.iter().filter(|(before, now)| before.permitted && now.permitted);
            let permitted: u64 = both.map(|(before, now)| now.slot - before.slot).sum();
            let expected = if look.unhealthy {
                Clocks {
                    unhealthy_slots: all,
                    auction_slots: permitted,
                    last_seen_slot: look.slot,
                    permitted: look.permitted,
                }
            } else {
                Clocks::default()
            };
            prop_assert_eq!(clocks, expected);
            prop_assert!(clocks.auction_slots <= clocks.unhealthy_slots);
        }
    }

    #[test]
    fn more_looks_never_prove_less_and_none_proves_more_than_has_passed(
        (max_gap, looks) in looks(), kept in prop::collection::vec(any::<bool>(), 40),
    ) {
        // All of them unhealthy and permitted: whoever looks less often knows less.
        let always = looks.iter().map(|look| Look { unhealthy: true, permitted: true, ..*look });
        let (mut all, mut some) = (Clocks::default(), Clocks::default());
        for (look, kept) in always.zip(kept) {
            all = after(all, look, max_gap);
            if kept {
                some = after(some, look, max_gap);
                prop_assert!(some.auction_slots <= all.auction_slots);
            }
            prop_assert!(all.unhealthy_slots <= look.slot - looks[0].slot);
        }
    }

    #[test]
    fn silence_beyond_the_longest_proof_starts_both_clocks_again(
        unhealthy in any::<u64>(), auction in any::<u64>(), seen in 1u64..1 << 60, max_gap in 0u64..1 << 60,
        more in 1u64..1 << 60, permitted: [bool; 2],
    ) {
        let clocks = Clocks {
            unhealthy_slots: unhealthy,
            auction_slots: auction,
            last_seen_slot: seen,
            permitted: permitted[0],
        };
        let slot = seen + max_gap + more;
        let fresh = Clocks { last_seen_slot: slot, permitted: permitted[1], ..Clocks::default() };
        prop_assert_eq!(clocks.aged(slot, max_gap).decided(clocks, permitted[1], 0), fresh);
    }

    /// Saturation near the largest numbers is what a chain never reaches.
    #[test]
    fn no_numbers_make_the_clocks_panic(numbers in any::<[u64; 5]>(), permitted: [bool; 2]) {
        let [unhealthy_slots, auction_slots, last_seen_slot, slot, max_gap] = numbers;
        let clocks = Clocks { unhealthy_slots, auction_slots, last_seen_slot, permitted: permitted[0] };
        let aged = clocks.aged(slot, max_gap);
        let decided = aged.decided(clocks, permitted[1], 0);
        prop_assert_eq!(decided.last_seen_slot, slot);
        prop_assert!(aged.unhealthy_slots == 0 || aged.unhealthy_slots >= unhealthy_slots);
    }
}
