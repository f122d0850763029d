//! A deposit and a debt of one reserve cancel before anybody is paid.

use levee::error::LeveeError;
use levee::events::{Liquidated, Netted};
use levee::state::Reserve;
use levee_risk::clocks::Clocks;
use levee_tests::{
    assert_refused, event, events, exact, free, stable_config, view, BanksChain, Lending,
    PriceSpec, Receipt, Token, User, World,
};

/// 100 SOL and some dollars against a debt in the same dollars.
struct Both {
    lending: Lending,
    /// Holds and owes dollars.
    user: User,
}

impl Both {
    /// A user with `held` dollars and 100 SOL who owes `owed` dollars, and SOL at `price` in the next slot.
    fn new(held: f64, owed: f64, price: f64) -> Self {
        let mut lending = Lending::new();
        let (world, usdc) = (&mut lending.world, lending.usdc);
        let user = holder(world, &lending.sol, &usdc, held);
        world.borrow(&user, &usdc, usdc.atoms(owed)).unwrap();
        lending.fall(price);
        Self { lending, user }
    }

    /// Liquidates dollars for `seize`.
    fn liquidate(&mut self, seize: Token) -> Receipt {
        let usdc = self.lending.usdc;
        let (world, by) = (&mut self.lending.world, &self.lending.liquidator);
        world
            .liquidate(by, &self.user, &usdc, &seize, u64::MAX)
            .unwrap()
    }

    /// (held, owed) in dollars of the user.
    fn dollars(&self) -> (u64, u64) {
        let (world, usdc) = (&self.lending.world, &self.lending.usdc);
        let held = view::deposited(world, &self.user, usdc);
        (held, view::owed(world, &self.user, usdc))
    }

    fn tokens(&self) -> [Token; 2] {
        [self.lending.sol, self.lending.usdc]
    }

    /// All that the liquidator's wallets and the vaults hold.
    fn balances(&self) -> Vec<u64> {
        let (world, by) = (&self.lending.world, &self.lending.liquidator);
        let of = |token: &Token| {
            [
                world.balance(by, token),
                world.token_balance(&token.keys.vault),
            ]
        };
        self.tokens().iter().flat_map(of).collect()
    }
}

/// A user with 100 SOL and `dollars` deposited.
fn holder(world: &mut World<BanksChain>, sol: &Token, usdc: &Token, dollars: f64) -> User {
    let user = world.supplier(sol, sol.atoms(100.0));
    world.fund(&user, usdc, usdc.atoms(dollars));
    world.deposit(&user, usdc, usdc.atoms(dollars)).unwrap();
    user
}

/// W = 7,890 and B = 8,000 of which 1,000 dollars cancel.
fn cured_by_netting() -> Both {
    Both::new(1_000.0, 8_000.0, 88.0)
}

#[test]
fn what_netting_cures_pays_nobody() {
    let both = cured_by_netting();
    for seize in both.tokens() {
        let mut both = cured_by_netting();
        both.lending
            .world
            .fund(&both.lending.liquidator, &both.lending.sol, 0);
        let before = both.balances();
        let receipt = both.liquidate(seize);
        let netted: Netted = event(&receipt);
        assert_eq!(netted.obligation, both.user.obligation);
        assert_eq!(netted.reserve, both.lending.usdc.keys.reserve);
        assert_eq!(netted.atoms, 1_000_000_000);
        assert!(events::<Liquidated>(&receipt).is_empty());
        assert_eq!(both.balances(), before);
        assert_eq!(both.dollars(), (0, 7_000_000_000));
        let obligation = both.lending.world.obligation(&both.user);
        assert_eq!((obligation.deposit_count, obligation.borrow_count), (1, 1));
        assert_eq!(obligation.clocks(), Clocks::default());
        let book = view::book(&both.lending.world, &both.user);
        assert!(book.health.is_healthy());
    }
}

#[test]
fn netting_takes_as_much_from_all_claims_as_from_all_debts() {
    let mut both = cured_by_netting();
    let usdc = both.lending.usdc;
    let before = both.lending.world.reserve(&usdc);
    both.liquidate(usdc);
    let after = both.lending.world.reserve(&usdc);
    let atoms = |reserve: &Reserve| {
        (
            reserve.supply_down().unwrap().0,
            reserve.debt_up().unwrap().0,
        )
    };
    let ((supply, debt), (supply_left, debt_left)) = (atoms(&before), atoms(&after));
    assert_eq!(supply - supply_left, 1_000_000_000);
    assert_eq!(debt - debt_left, 1_000_000_000);
    assert_eq!(after.available_atoms, before.available_atoms);
    assert_eq!(after.supply_index, before.supply_index);
}

#[test]
fn netting_stops_at_the_target() {
    // (1.0375·11,000 − 10,970) / (1.0375 − 0.85) = 2,360 dollars.
    let mut both = Both::new(5_000.0, 11_000.0, 84.0);
    let usdc = both.lending.usdc;
    let receipt = both.liquidate(usdc);
    assert_eq!(event::<Netted>(&receipt).atoms, 2_360_000_000);
    assert_eq!(both.dollars(), (2_640_000_000, 8_640_000_000));
    let health = view::book(&both.lending.world, &both.user).health;
    // Exactly W = 1.0375·B.
    let (w, b) = (health.collateral.raw(), health.debt.raw());
    assert_eq!(w * 10_000, b * 10_375);
}

#[test]
fn netting_never_passes_the_target() {
    for price in [84.375, 84.1, 83.777_777_77, 82.0, 80.123_456_78] {
        let mut both = Both::new(5_000.0, 11_000.0, price - 0.000_000_01);
        let sol = both.lending.sol;
        let receipt = both.liquidate(sol);
        assert!(events::<Liquidated>(&receipt).is_empty(), "at ${price}");
        let health = view::book(&both.lending.world, &both.user).health;
        let (w, b) = (health.collateral.raw(), health.debt.raw());
        assert!(w * 10_000 <= b * 10_375, "at ${price}: above the target");
        assert!(
            w * 10_000 >= b * 10_374,
            "at ${price}: far below the target"
        );
    }
}

#[test]
fn what_netting_does_not_cure_goes_on_as_if_both_had_never_been_there() {
    let mut both = Both::new(1_000.0, 8_000.0, 80.0);
    let sol = both.lending.sol;
    // In another market, a borrower who owes the same without the dollars on both sides.
    let mut plain = Lending::new();
    plain.owe(7_000.0);
    plain.fall(80.0);
    let borrower = &plain.borrower;
    let plan = view::plan(
        &mut plain.world,
        borrower,
        &plain.usdc,
        &plain.sol,
        u64::MAX,
    )
    .unwrap();

    let receipt = both.liquidate(sol);
    assert_eq!(event::<Netted>(&receipt).atoms, 1_000_000_000);
    let done: Liquidated = event(&receipt);
    assert_eq!(done.repaid_atoms, plan.repay.0);
    assert_eq!(done.seized_atoms, plan.seize.0);
    assert_eq!(done.insurance_atoms, plan.insurance.0);
    assert_eq!(done.bonus_ppm, plan.bonus.0);
    assert_eq!(both.dollars(), (0, 7_000_000_000 - plan.repay.0));
}

#[test]
fn without_another_pair_netting_alone_is_all_that_happens() {
    // Naming the dollars on both sides leaves the rest for whoever names a pair.
    let mut both = Both::new(1_000.0, 8_000.0, 80.0);
    let (sol, usdc) = (both.lending.sol, both.lending.usdc);
    both.lending.world.fund(&both.lending.liquidator, &sol, 0);
    let before = both.balances();
    let receipt = both.liquidate(usdc);
    assert_eq!(event::<Netted>(&receipt).atoms, 1_000_000_000);
    assert_eq!(both.balances(), before);
    let book = view::book(&both.lending.world, &both.user);
    assert!(!book.health.is_healthy());
    assert!(events::<Netted>(&both.liquidate(sol)).is_empty());
}

#[test]
fn an_insolvent_position_nets_all_and_is_then_closed() {
    let mut both = Both::new(1_000.0, 8_000.0, 60.0);
    let sol = both.lending.sol;
    let receipt = both.liquidate(sol);
    assert_eq!(event::<Netted>(&receipt).atoms, 1_000_000_000);
    let done: Liquidated = event(&receipt);
    assert_eq!(done.seized_atoms, sol.atoms(100.0));
    // $6,000 at the insolvent bonus of 2 %.
    let repaid = 5_882_352_942;
    assert_eq!(done.repaid_atoms, repaid);
    assert_eq!(done.bad_debt_atoms, 7_000_000_000 - repaid);
    assert_eq!(both.dollars(), (0, 0));
}

#[test]
fn a_debt_that_netting_would_leave_as_dust_cancels_whole() {
    // Healing asks for 2,360 of 2,380 dollars, and 20 would remain; the rest is owed in another token.
    let mut lending = Lending::new();
    let other = lending.world.add_token(6, 1.0, free(stable_config));
    let (world, usdc) = (&mut lending.world, lending.usdc);
    world.supplier(&other, other.atoms(1e6));
    let user = holder(world, &lending.sol, &usdc, 5_000.0);
    world.borrow(&user, &usdc, usdc.atoms(2_380.0)).unwrap();
    world.borrow(&user, &other, other.atoms(8_620.0)).unwrap();
    lending.fall(84.0);
    let other_price = exact(&lending.world, 1.0);
    let world = &mut lending.world;
    world.set_price(&other, &other_price);
    let by = &lending.liquidator;
    let receipt = world.liquidate(by, &user, &usdc, &usdc, u64::MAX).unwrap();
    assert_eq!(event::<Netted>(&receipt).atoms, 2_380_000_000);
    assert_eq!(view::owed(world, &user, &usdc), 0);
    assert_eq!(view::deposited(world, &user, &usdc), 2_620_000_000);
}

#[test]
fn a_healthy_position_keeps_both_sides() {
    let mut both = Both::new(1_000.0, 8_000.0, 89.375);
    let (usdc, by) = (both.lending.usdc, &both.lending.liquidator);
    for seize in [both.lending.sol, usdc] {
        let world = &mut both.lending.world;
        let list = world.liquidation(by, &both.user, &usdc, &seize, u64::MAX, 0);
        assert_refused(world, &list, &[&by.keypair], LeveeError::ObligationHealthy);
    }
}

#[test]
fn a_mild_case_that_waits_is_not_netted_either() {
    let mut both = cured_by_netting();
    let (sol, usdc) = (both.lending.sol, both.lending.usdc);
    let lifted = PriceSpec {
        ema: 10_000_000_000,
        ..exact(&both.lending.world, 88.9)
    };
    both.lending.world.set_price(&sol, &lifted);
    let (world, by) = (&mut both.lending.world, &both.lending.liquidator);
    let list = world.liquidation(by, &both.user, &usdc, &usdc, u64::MAX, 0);
    let error = LeveeError::MildHealthyAtAverage;
    assert_refused(world, &list, &[&by.keypair], error);
}

#[test]
fn where_nobody_is_paid_a_demand_for_collateral_is_refused() {
    let mut both = cured_by_netting();
    let (sol, usdc) = (both.lending.sol, both.lending.usdc);
    let (world, by) = (&mut both.lending.world, &both.lending.liquidator);
    let error = LeveeError::SlippageExceeded;
    for seize in [sol, usdc] {
        let list = world.liquidation(by, &both.user, &usdc, &seize, u64::MAX, 1);
        assert_refused(world, &list, &[&by.keypair], error);
    }
    let list = world.liquidation(by, &both.user, &usdc, &sol, u64::MAX, 0);
    world.must(&list, &[&by.keypair]);
}

#[test]
fn the_demand_for_collateral_counts_what_is_seized_after_netting() {
    let mut both = Both::new(1_000.0, 8_000.0, 80.0);
    let (sol, usdc) = (both.lending.sol, both.lending.usdc);
    let (world, by) = (&mut both.lending.world, &both.lending.liquidator);
    let seized = view::plan(world, &both.user, &usdc, &sol, u64::MAX)
        .unwrap()
        .seize
        .0;
    let list = world.liquidation(by, &both.user, &usdc, &sol, u64::MAX, seized + 1);
    assert_refused(world, &list, &[&by.keypair], LeveeError::SlippageExceeded);
    let list = world.liquidation(by, &both.user, &usdc, &sol, u64::MAX, seized);
    world.must(&list, &[&by.keypair]);
}
