//! `liquidate_batch`: one pair across many obligations, each as if it were liquidated alone.

use levee::error::LeveeError;
use levee::events::{Liquidated, LiquidationSkipped};
use levee::state::Obligation;
use levee_client::instructions::Limits;
use levee_tests::{
    event, events, exact, view, Failure, Lending, PriceSpec, Receipt, Snapshot, Token, User,
};
use solana_pubkey::Pubkey;

/// Three more borrowers of these dollars against 100 SOL each, and SOL at `price` one slot later.
struct Crowd {
    lending: Lending,
    users: Vec<User>,
}

impl Crowd {
    fn new(debts: &[f64], price: f64) -> Self {
        let mut lending = Lending::new();
        let (world, sol, usdc) = (&mut lending.world, lending.sol, lending.usdc);
        let borrower = |debt: &f64| {
            let user = world.supplier(&sol, sol.atoms(100.0));
            if *debt > 0.0 {
                world.borrow(&user, &usdc, usdc.atoms(*debt)).unwrap();
            }
            user
        };
        let users = debts.iter().map(borrower).collect();
        world.fund(&lending.liquidator, &sol, 0);
        lending.fall(price);
        Self { lending, users }
    }

    fn pair(&self) -> (Token, Token) {
        (self.lending.usdc, self.lending.sol)
    }

    /// Liquidates the users with these numbers.
    fn send(&mut self, numbers: &[usize], limits: Limits) -> Result<Receipt, Failure> {
        let (usdc, sol) = self.pair();
        let of: Vec<_> = numbers.iter().map(|number| &self.users[*number]).collect();
        let by = &self.lending.liquidator;
        let world = &mut self.lending.world;
        world.liquidate_batch(by, &of, &usdc, &sol, limits)
    }

    fn must(&mut self, numbers: &[usize]) -> Receipt {
        self.send(numbers, Limits::NONE).unwrap()
    }

    /// Asserts that the same is refused and that nothing changed.
    fn refuse(&mut self, numbers: &[usize], limits: Limits, error: LeveeError) {
        let before = Snapshot::of(&self.lending.world.chain, self.accounts());
        let failure = self.send(numbers, limits).unwrap_err();
        assert!(failure.is(error), "{error:?} was due: {failure}");
        let after = Snapshot::of(&self.lending.world.chain, self.accounts());
        assert!(before == after, "a refused batch changed an account");
    }

    /// All accounts that a batch may change.
    fn accounts(&self) -> Vec<Pubkey> {
        let (usdc, sol) = self.pair();
        let by = &self.lending.liquidator;
        let mut all: Vec<_> = self.users.iter().map(|user| user.obligation).collect();
        for token in [usdc, sol] {
            all.extend([token.keys.reserve, token.keys.vault, by.wallet(&token)]);
        }
        all
    }

    /// (paid, received) by the liquidator since the wallets held $1,000,000 and nothing.
    fn moved(&self) -> (u64, u64) {
        let (usdc, sol) = self.pair();
        let (world, by) = (&self.lending.world, &self.lending.liquidator);
        let paid = usdc.atoms(1e6) - world.balance(by, &usdc);
        (paid, world.balance(by, &sol))
    }
}

/// (obligation, code) of every event about one that was passed over.
fn skipped(receipt: &Receipt) -> Vec<(Pubkey, u32)> {
    let all = events::<LiquidationSkipped>(receipt);
    all.iter().map(|s| (s.obligation, s.reason)).collect()
}

fn limits(max_repay_atoms: u64, min_seized_atoms: u64) -> Limits {
    Limits {
        max_repay_atoms,
        min_seized_atoms,
    }
}

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
fn a_batch_moves_tokens_once_each_way() {
    let mut crowd = Crowd::new(&SICK, 84.0);
    let receipt = crowd.must(&[0, 1, 2]);
    let call = format!("Program {} invoke", anchor_spl::token::ID);
    let calls = receipt.logs.iter().filter(|line| line.starts_with(&call));
    assert_eq!(calls.count(), 2);
    let done = events::<Liquidated>(&receipt);
    let sum = |of: fn(&Liquidated) -> u64| done.iter().map(of).sum::<u64>();
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
    let done: Vec<_> = events::<Liquidated>(&receipt)
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
    let done: Liquidated = event(&receipt);
    assert_eq!(done.obligation, crowd.users[1].obligation);
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
fn the_limit_holds_over_all_of_them() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    let all = events::<Liquidated>(&unlimited.must(&[0, 1, 2]));
    let first = all[0].repaid_atoms + all[0].insurance_atoms;
    let sum = unlimited.moved().0;

    let mut exactly = Crowd::new(&SICK, 84.0);
    exactly.send(&[0, 1, 2], limits(sum, 0)).unwrap();
    assert_eq!(exactly.moved(), unlimited.moved());

    let mut less = Crowd::new(&SICK, 84.0);
    let receipt = less.send(&[0, 1, 2], limits(sum - 1, 0)).unwrap();
    let done = events::<Liquidated>(&receipt);
    assert_eq!(done[..2].len(), 2);
    assert_eq!(done[1].repaid_atoms, all[1].repaid_atoms);
    assert!(done[2].repaid_atoms < all[2].repaid_atoms);
    assert!(less.moved().0 < sum);

    // Exactly the first: nothing is left for the others.
    let mut one = Crowd::new(&SICK, 84.0);
    let receipt = one.send(&[0, 1, 2], limits(first, 0)).unwrap();
    assert_eq!(one.moved(), (first, all[0].seized_atoms));
    let reason = u32::from(LeveeError::LiquidationTooSmall);
    let due = [1, 2].map(|number: usize| (one.users[number].obligation, reason));
    assert_eq!(skipped(&receipt), due);
}

#[test]
fn a_limit_too_small_for_anybody_liquidates_nothing() {
    let mut crowd = Crowd::new(&SICK, 84.0);
    let none = LeveeError::NothingLiquidated;
    crowd.refuse(&[0, 1, 2], limits(1, 0), none);
    crowd.refuse(&[0, 1, 2], limits(0, 0), LeveeError::ZeroAmount);
}

#[test]
fn the_least_to_be_seized_is_that_of_all_of_them() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    unlimited.must(&[0, 1, 2]);
    let (_, seized) = unlimited.moved();
    let mut crowd = Crowd::new(&SICK, 84.0);
    let error = LeveeError::SlippageExceeded;
    crowd.refuse(&[0, 1, 2], limits(u64::MAX, seized + 1), error);
    crowd.send(&[0, 1, 2], limits(u64::MAX, seized)).unwrap();
    assert_eq!(crowd.moved().1, seized);
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

#[test]
fn what_the_vault_cannot_pay_any_more_is_passed_over() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    let all = events::<Liquidated>(&unlimited.must(&[0, 1, 2]));
    let mut crowd = Crowd::new(&SICK, 84.0);
    let (_, sol) = crowd.pair();
    // All SOL but what the first two are worth leaves the vault as somebody's debt.
    let left = all[0].seized_atoms + all[1].seized_atoms;
    let world = &mut crowd.lending.world;
    world.fund(&crowd.lending.lender, &sol, 0);
    let lent = world.reserve(&sol).available_atoms - left;
    world.borrow(&crowd.lending.lender, &sol, lent).unwrap();
    let receipt = crowd.must(&[0, 1, 2]);
    let reason = u32::from(LeveeError::VaultIsDry);
    assert_eq!(skipped(&receipt), [(crowd.users[2].obligation, reason)]);
    assert_eq!(crowd.lending.world.reserve(&sol).available_atoms, 0);
    assert_eq!(crowd.moved().1, left);
    assert!(!view::book(&crowd.lending.world, &crowd.users[2])
        .health
        .is_healthy());
}
