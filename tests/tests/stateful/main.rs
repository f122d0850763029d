//! Random sequences of instructions by several users, with the invariants of the design checked after each. At the end
//! of each whatever is unhealthy is liquidated to the end.
//!
//! `LEVEE_CASES` raises the number of sequences.

mod drain;
mod invariants;
mod liquidations;
mod ops;
mod scene;
mod step;
mod taking;
mod view;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use ops::Op;
use scene::Scene;

const SEQUENCES: u32 = 512;
const OPS: usize = 60;

#[test]
fn no_sequence_of_instructions_breaks_an_invariant() {
    let sequences = std::env::var("LEVEE_CASES")
        .map_or(SEQUENCES, |n| n.parse().expect("LEVEE_CASES is a number"));
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::with_cases(sequences)
    };
    let accepted: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let outcome =
        TestRunner::new(config).run(&prop::collection::vec(ops::any_op(), 1..=OPS), |ops| {
            let mut scene = Scene::new();
            for op in &ops {
                if scene.run(op)? {
                    *accepted.borrow_mut().entry(op.name()).or_default() += 1;
                }
            }
            let settled = drain::drain(&mut scene)?;
            if settled > 0 {
                *accepted.borrow_mut().entry(Op::SETTLE).or_default() += settled;
            }
            Ok(())
        });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, ops)) => panic!("{reason}\nafter {ops:#?}"),
        Err(abort) => panic!("{abort}"),
    }
    // A sequence of refusals would prove nothing.
    let accepted = accepted.into_inner();
    println!("{accepted:?}");
    for name in Op::NAMES {
        assert!(
            accepted.contains_key(name),
            "no {name} was ever accepted: {accepted:?}"
        );
    }
}

#[test]
fn a_debt_that_outlives_its_collateral_is_settled_by_itself() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        let rise = Op::MovePrice {
            token: 0,
            percent: 160,
        };
        scene.run(&rise).expect("a step of this market");
    }
    let settled = drain::drain(&mut scene).expect("everybody is healed");
    assert!(settled > 0);
}

#[test]
fn a_deposit_of_less_than_an_atom_in_a_token_that_is_owed_stands_in_nobodys_way() {
    let mut scene = Scene::new();
    for op in [
        Op::MovePrice {
            token: 1,
            percent: 134,
        },
        // By now an atom of supply costs a little more than an atom, so this one is worth none.
        Op::Deposit {
            user: 0,
            token: 1,
            amount: ops::Amount::Atoms(1),
        },
    ] {
        scene.run(&op).expect("a step of this market");
    }
    let before = view::View::of(&scene);
    let weak = &before.users[0];
    assert!(!weak.book.health.is_healthy());
    assert_eq!(weak.deposits[1].0, 0);
    assert_eq!(weak.obligation.deposits().len(), 2);
    drain::drain(&mut scene).expect("everybody is healed");
    let after = view::View::of(&scene);
    assert!(after.users[0].book.health.is_healthy());
    assert!(after.users[0].debts[1].0 < weak.debts[1].0);
}
