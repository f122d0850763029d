//! `liquidate_batch`: one pair across many obligations, each as if it were liquidated alone.

use levee::error::LeveeError;
use levee::events::BatchEntry;
use levee::state::Obligation;
use levee_client::instructions::Limits;
use levee_tests::crowd::{done, skipped, Crowd};
use levee_tests::{exact, free, stable_config, PriceSpec, Snapshot};

const SICK: [f64; 3] = [7_500.0, 7_400.0, 7_300.5];

#[test]
fn a_batch_leaves_every_account_as_single_liquidations_would_have_left_it() {
    for price in [91.0, 84.123_456_78, 70.0] {
        let mut batch = Crowd::new(&SICK, price);
        batch.must(&[0, 1, 2]);
        let mut single = Crowd::new(&SICK, price);
        let (usdc, sol) = single.pair();
        for user in &single.users {
            let by = &single.lending.liquidator;
            let world = &mut single.lending.world;
            world.liquidate(by, user, &usdc, &sol, u64::MAX).unwrap();
        }
        // Keys are the same in every run, so whole accounts can be compared.
        let of = |crowd: &Crowd| Snapshot::of(&crowd.lending.world.chain, crowd.accounts());
        assert_eq!(batch.accounts(), single.accounts());
        assert!(of(&batch) == of(&single), "at ${price}");
        assert!(batch.moved().0 > 0);
    }
}

#[test]
fn whoever_holds_more_than_the_pair_is_liquidated_as_alone_too() {
    let mut ends = Vec::new();
    for is_batch in [true, false] {
        let mut crowd = Crowd::new(&[], 84.0);
        let (usdc, sol) = crowd.pair();
        let world = &mut crowd.lending.world;
        let third = world.add_token(6, 1.0, free(stable_config));
        let calm = exact(world, 100.0);
        world.set_price(&sol, &calm);
        for (extra, debt) in [(0.0, 7_500.0), (100.0, 7_560.0), (0.0, 7_400.0)] {
            let user = world.supplier(&sol, sol.atoms(100.0));
            if extra > 0.0 {
                world.fund(&user, &third, third.atoms(extra));
                world.deposit(&user, &third, third.atoms(extra)).unwrap();
            }
            world.borrow(&user, &usdc, usdc.atoms(debt)).unwrap();
            crowd.users.push(user);
        }
        crowd.lending.fall(84.0);
        let groups = match is_batch {
            true => vec![vec![0, 1, 2]],
            false => vec![vec![0], vec![1], vec![2]],
        };
        let mut entries = Vec::new();
        for numbers in groups {
            entries.extend(done(&crowd.must(&numbers)));
        }
        let accounts = Snapshot::of(&crowd.lending.world.chain, crowd.accounts());
        ends.push((accounts, entries));
    }
    assert!(ends[0].0 == ends[1].0);
    assert_eq!(ends[0].1, ends[1].1);
    assert_eq!(ends[0].1.len(), 3);
}

#[test]
fn at_broken_indexes_a_batch_rounds_nothing_but_the_insurance_otherwise() {
    let mut ends = Vec::new();
    for groups in [vec![vec![0, 1, 2]], vec![vec![0], vec![1], vec![2]]] {
        let mut crowd = Crowd::new(&SICK, 84.0);
        crowd.lending.world.advance(10_000, 4_000);
        let (usdc, sol) = crowd.pair();
        crowd.lending.post(&usdc, 1.0);
        crowd.lending.post(&sol, 84.0);
        for numbers in groups {
            crowd.must(&numbers);
        }
        let (world, pair) = (&crowd.lending.world, crowd.pair());
        let accounts = crowd.accounts().into_iter();
        let reserve = pair.0.keys.reserve;
        let others = Snapshot::of(&world.chain, accounts.filter(|key| *key != reserve));
        let mut left = world.reserve(&pair.0);
        let insured = left.scaled_insurance.get();
        // Whoever is insured is part of the supply.
        let others_supply = left.scaled_supply.get() - insured;
        left.scaled_insurance = Default::default();
        left.scaled_supply = Default::default();
        let rest = levee_client::accounts::encode(&left);
        ends.push((others, rest, others_supply, insured));
    }
    let [batch, single] = &ends[..] else {
        panic!("there are two");
    };
    assert!(batch.0 == single.0, "obligations, wallets or vaults");
    assert!(batch.1 == single.1, "the reserve");
    assert_eq!(batch.2, single.2);
    // Each single one rounds the insurance's claim down by less than a unit.
    assert!(batch.3 >= single.3 && batch.3 - single.3 <= 2);
}

#[test]
fn a_batch_moves_tokens_once_each_way() {
    let mut crowd = Crowd::new(&SICK, 84.0);
    let receipt = crowd.must(&[0, 1, 2]);
    let call = format!("Program {} invoke", anchor_spl::token::ID);
    let calls = receipt.logs.iter().filter(|line| line.starts_with(&call));
    assert_eq!(calls.count(), 2);
    let done = done(&receipt);
    let sum = |of: fn(&BatchEntry) -> u64| done.iter().map(of).sum::<u64>();
    let paid = sum(|event| event.repaid_atoms + event.insurance_atoms);
    assert_eq!(crowd.moved(), (paid, sum(|event| event.seized_atoms)));
    let order: Vec<_> = done.iter().map(|event| event.obligation).collect();
    let due: Vec<_> = crowd.users.iter().map(|user| user.obligation).collect();
    assert_eq!(order, due);
}

#[test]
fn whoever_would_be_refused_alone_is_passed_over_with_the_reason() {
    let mut crowd = Crowd::new(&[7_500.0, 5_000.0, 7_400.0, 7_300.0, 0.0], 90.0);
    // The one at number 3 raised its risk in this slot.
    let (slot, cooling) = (crowd.lending.world.slot(), crowd.users[3].obligation);
    let cool = |obligation: &mut Obligation| obligation.last_risk_increase_slot = slot;
    crowd.lending.world.rewrite(&cooling, cool);
    let untouched: Vec<_> = [1, 3, 4]
        .map(|number: usize| crowd.users[number].obligation)
        .to_vec();
    let before = Snapshot::of(&crowd.lending.world.chain, untouched.clone());
    let receipt = crowd.must(&[1, 0, 3, 4, 2]);
    let reasons = [
        LeveeError::ObligationHealthy,
        LeveeError::CoolOff,
        LeveeError::EmptyPair,
    ];
    let due: Vec<_> = untouched
        .iter()
        .copied()
        .zip(reasons.map(u32::from))
        .collect();
    assert_eq!(skipped(&receipt), due);
    let after = Snapshot::of(&crowd.lending.world.chain, untouched);
    assert!(before == after);
    let done: Vec<_> = done(&receipt)
        .iter()
        .map(|event| event.obligation)
        .collect();
    assert_eq!(
        done,
        [0, 2].map(|number: usize| crowd.users[number].obligation)
    );
}

#[test]
fn a_mild_case_that_waits_is_passed_over_and_a_severe_one_is_not() {
    // Of $7,500 at $89 the health is 0.9493, of $7,400 it is 0.962.
    let mut crowd = Crowd::new(&[7_400.0, 7_500.0], 89.0);
    let sol = crowd.lending.sol;
    let doubtful = PriceSpec {
        ema: 20_000_000_000,
        ..exact(&crowd.lending.world, 89.0)
    };
    crowd.lending.world.set_price(&sol, &doubtful);
    let receipt = crowd.must(&[0, 1]);
    let reason = u32::from(LeveeError::MildPriceDoubtful);
    assert_eq!(skipped(&receipt), [(crowd.users[0].obligation, reason)]);
    let done = done(&receipt);
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].obligation, crowd.users[1].obligation);
    // Having waited is remembered.
    let clocks = crowd.lending.world.obligation(&crowd.users[0]).clocks();
    assert_eq!(clocks.last_seen_slot, crowd.lending.world.slot());
    assert!(!clocks.permitted);
}

#[test]
fn a_batch_of_nothing_but_refusals_is_refused() {
    let mut crowd = Crowd::new(&[5_000.0, 0.0], 90.0);
    let error = LeveeError::NothingLiquidated;
    for numbers in [vec![0, 1], vec![0], vec![]] {
        crowd.refuse(&numbers, Limits::NONE, error);
    }
}

#[test]
fn an_obligation_named_twice_is_liquidated_once() {
    let mut twice = Crowd::new(&SICK, 84.0);
    let receipt = twice.must(&[0, 1, 0]);
    let reason = u32::from(LeveeError::ObligationHealthy);
    assert_eq!(skipped(&receipt), [(twice.users[0].obligation, reason)]);
    let mut once = Crowd::new(&SICK, 84.0);
    once.must(&[0, 1]);
    let of = |crowd: &Crowd| Snapshot::of(&crowd.lending.world.chain, crowd.accounts());
    assert!(of(&twice) == of(&once));
}
