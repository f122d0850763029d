//! Random sequences over the ledgers of two reserves, on the host: no account, no transfer, every atom counted.
//!
//! `LEVEE_CASES` raises the number of sequences.

mod books;
mod checks;
mod ops;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use books::Books;
use ops::{any_op, Kind, Op};

const SEQUENCES: u32 = 100_000;
const OPS: usize = 40;

/// Claims stay backed, nothing is created, and nobody gains but by interest: after every step, exactly.
#[test]
fn no_sequence_of_ledger_operations_creates_or_moves_value() {
    let sequences = std::env::var("LEVEE_CASES")
        .map_or(SEQUENCES, |n| n.parse().expect("LEVEE_CASES is a number"));
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(sequences)
    };
    let accepted: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let sequences = (any::<[u32; 4]>(), prop::collection::vec(any_op(), 1..=OPS));
    let outcome = TestRunner::new(config).run(&sequences, |(configs, ops)| {
        let mut books = Books::new(configs);
        for op in &ops {
            if books.run(op)? {
                *accepted.borrow_mut().entry(op.name()).or_default() += 1;
            }
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
        let times = accepted.get(name).copied().unwrap_or(0);
        assert!(
            times > 1_000,
            "{name} was accepted {times} times: {accepted:?}"
        );
    }
}

/// A fee that was added to a debt is backed by that debt alone. Were it kept when the debt is lost, the loss could not be
/// settled.
#[test]
fn a_loss_beyond_all_claims_takes_the_fee_that_only_the_debt_backed() {
    let mut books = Books::new([0, 500, 0, 0]);
    for kind in [Kind::Deposit, Kind::Borrow, Kind::WriteOff] {
        let op = Op {
            kind,
            reserve: 0,
            user: 0,
            other: 0,
            atoms: u64::MAX,
        };
        assert!(books.run(&op).expect("the invariants hold"), "{op:?}");
    }
}
