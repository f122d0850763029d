//! Who may be liquidated when: the table of tiers as a model.

use levee_risk::clocks::Clocks;
use levee_risk::liquidation::is_short_of;
use levee_risk::policy::{assess, is_severe, Assessment, Border, Moment, Tier, TierRules, Wait};
use levee_risk::sheet::View;
use levee_risk::units::{Bps, MathError, Ppm};
use proptest::prelude::*;

use crate::cases::{near_one, Case, NOW_TS};
use crate::dice::cases;

#[derive(Clone, Copy, Debug)]
struct Scene {
    clocks: Clocks,
    rules: TierRules,
    moment: Moment,
    border: Border,
    in_grace: bool,
}

fn scenes() -> impl Strategy<Value = Scene> {
    let clocks = (0u64..60, 0u64..60, 0u64..1_000, any::<bool>());
    let rules = (0u32..=1_000, 0u64..60, 1u64..200);
    (clocks, rules, 0u64..300, 0i64..20, 0u32..10_000, 0u8..4).prop_map(
        |(clocks, rules, gap, later, threshold, grace)| Scene {
            clocks: Clocks {
                unhealthy_slots: clocks.0,
                auction_slots: clocks.1.min(clocks.0),
                last_seen_slot: clocks.2,
                permitted: clocks.3,
            },
            rules: TierRules {
                lift: Bps(rules.0),
                mild_wait_slots: rules.1,
                max_proof_gap_slots: rules.2,
            },
            moment: Moment {
                slot: clocks.2 + gap,
                now_ts: NOW_TS + later,
            },
            border: Border {
                threshold: Bps(threshold),
                start: Ppm(gap as u32 * 100),
            },
            in_grace: grace == 0,
        },
    )
}

fn look(case: &Case, scene: &Scene) -> Assessment {
    let Scene {
        clocks,
        rules,
        moment,
        border,
        in_grace,
    } = scene;
    let sheet = case.sheet();
    let book = sheet.book(View::Plain).unwrap();
    assess(&sheet, &book, *clocks, rules, *moment, *border, || {
        Ok::<_, MathError>(if *in_grace { u64::MAX } else { 0 })
    })
    .unwrap()
}

/// The design's section 4, statement by statement.
fn model(case: &Case, scene: &Scene) -> (Option<Tier>, Option<Wait>) {
    let book = case.book(View::Plain);
    let plain = book.health;
    if plain.collateral >= plain.debt {
        return (None, None);
    }
    if is_severe(&plain, scene.border.threshold) || is_short_of(&book, scene.border.start) {
        return (Some(Tier::Severe), None);
    }
    let gap = scene.moment.slot - scene.clocks.last_seen_slot;
    let is_proven = scene.clocks.last_seen_slot > 0 && gap <= scene.rules.max_proof_gap_slots;
    let age = if is_proven {
        scene.clocks.unhealthy_slots + gap
    } else {
        0
    };
    let grace = scene.in_grace.then_some(Wait::RestartGrace);
    if age >= scene.rules.mild_wait_slots {
        return (Some(Tier::Aged), grace);
    }
    let newest = || {
        case.deposits
            .iter()
            .chain(&case.borrows)
            .map(|e| case.newest(&e.source))
    };
    let is_old =
        newest().any(|s| scene.moment.now_ts - s.quote.publish_ts > i64::from(s.max_mild_age));
    let is_doubtful = !case.has_one_base() && newest().any(|s| s.quote.doubt(&s.limits).is_some());
    let lifted = case.book(View::Lifted(scene.rules.lift)).health;
    let is_healthy_lifted = lifted.collateral >= lifted.debt;
    let wait = grace
        .or(is_old.then_some(Wait::PriceTooOld))
        .or(is_doubtful.then_some(Wait::Doubtful))
        .or(is_healthy_lifted.then_some(Wait::HealthyAtAverage));
    (Some(Tier::Mild), wait)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_obligation_is_assessed_as_the_table_of_tiers_says(case in near_one(), scene in scenes()) {
        let look = look(&case, &scene);
        prop_assert_eq!((look.tier, look.wait), model(&case, &scene));
        prop_assert_eq!(look.is_permitted(), look.tier.is_some() && look.wait.is_none());
        if look.tier.is_none() {
            prop_assert_eq!(look.clocks, Clocks::default());
            return Ok(());
        }
        let gap = scene.moment.slot - scene.clocks.last_seen_slot;
        let is_proven = scene.clocks.last_seen_slot > 0 && gap <= scene.rules.max_proof_gap_slots;
        let permitted = look.wait.is_none();
        let counted = if scene.clocks.permitted && permitted { gap } else { 0 };
        let expected = Clocks {
            unhealthy_slots: if is_proven { scene.clocks.unhealthy_slots + gap } else { 0 },
            auction_slots: if is_proven { scene.clocks.auction_slots + counted } else { 0 },
            last_seen_slot: scene.moment.slot,
            permitted,
        };
        prop_assert_eq!(look.clocks, expected);
    }

    #[test]
    fn severe_cases_never_wait_and_never_ask_for_the_latest_restart(case in near_one(), scene in scenes()) {
        let sheet = case.sheet();
        let book = sheet.book(View::Plain).unwrap();
        if book.health.is_healthy() || !scene.border.is_passed(&book) {
            return Ok(());
        }
        let Scene { clocks, rules, moment, border, .. } = scene;
        let unreadable = || Err(MathError::Overflow);
        let look = assess(&sheet, &book, clocks, &rules, moment, border, unreadable).unwrap();
        prop_assert_eq!((look.tier, look.wait), (Some(Tier::Severe), None));
    }

    /// Whoever keeps looking sees a mild case wait for at most `N` slots, the restart grace aside.
    #[test]
    fn a_mild_case_that_is_looked_at_waits_no_longer_than_n_slots(
        case in near_one(), scene in scenes(), steps in prop::collection::vec(1u64..30, 1..12),
    ) {
        let mut scene = Scene { in_grace: false, clocks: Clocks::default(), ..scene };
        scene.rules.max_proof_gap_slots = scene.rules.max_proof_gap_slots.max(30);
        scene.moment.slot += 1;
        let first = scene.moment.slot;
        for step in steps {
            let look = look(&case, &scene);
            if look.tier.is_none() {
                break;
            }
            let waited = scene.moment.slot - first;
            prop_assert!(look.is_permitted() || waited < scene.rules.mild_wait_slots);
            scene.clocks = look.clocks;
            scene.moment.slot += step;
        }
    }
}
