//! `liquidate` of an obligation with four deposits and two debts.

use levee::state::ReserveConfig;
use levee_tests::{
    exact, free, lst_config, sol_config, stable_config, view, world, BanksChain, Token, User, World,
};

/// Four deposits of $1,000 each, of which three can fall, and two debts of $1,400.
struct Basket {
    world: World<BanksChain>,
    deposits: Vec<Token>,
    borrows: Vec<Token>,
    borrower: User,
    liquidator: User,
}

/// The price of `deposits[0]`, the LST with the lowest threshold; the others fall with it.
fn basket(fallen_to: f64) -> Basket {
    let mut world = world();
    let riskier = |feed| ReserveConfig {
        borrow_factor_bps: 10_500,
        ..free(stable_config)(feed)
    };
    let deposits = vec![
        world.add_token(9, 100.0, free(lst_config)),
        world.add_token(9, 100.0, free(sol_config)),
        world.add_token(8, 100.0, free(sol_config)),
        world.add_token(6, 1.0, free(stable_config)),
    ];
    let borrows = vec![
        world.add_token(6, 1.0, riskier),
        world.add_token(6, 1.0, free(stable_config)),
    ];
    let borrower = world.user();
    let liquidator = world.user();
    for token in &deposits {
        let tokens = if token.decimals == 6 { 1_000.0 } else { 10.0 };
        world.fund(&borrower, token, token.atoms(tokens));
        world
            .deposit(&borrower, token, token.atoms(tokens))
            .unwrap();
    }
    for token in &borrows {
        world.supplier(token, token.atoms(10_000.0));
        world.fund(&liquidator, token, token.atoms(10_000.0));
        world
            .borrow(&borrower, token, token.atoms(1_400.0))
            .unwrap();
    }
    world.advance(1, 0);
    for token in &deposits[..3] {
        let price = exact(&world, fallen_to);
        world.set_price(token, &price);
    }
    Basket {
        world,
        deposits,
        borrows,
        borrower,
        liquidator,
    }
}

impl Basket {
    fn liquidate(&mut self, repay: usize, seize: usize) {
        let (repay, seize) = (self.borrows[repay], self.deposits[seize]);
        let (world, of) = (&mut self.world, &self.borrower);
        let plan = view::plan(world, of, &repay, &seize, u64::MAX).unwrap();
        let owed = view::owed(world, of, &repay);
        let held = view::deposited(world, of, &seize);
        world
            .liquidate(&self.liquidator, of, &repay, &seize, u64::MAX)
            .unwrap();
        let written_off = world.obligation(of).deposit_count == 0;
        let left = if written_off { 0 } else { owed - plan.repay.0 };
        assert_eq!(view::owed(world, of, &repay), left);
        assert_eq!(view::deposited(world, of, &seize), held - plan.seize.0);
    }

    fn health(&self) -> f64 {
        view::health(&self.world, &self.borrower)
    }
}

#[test]
fn the_pair_that_heals_most_heals_a_small_gap_at_once() {
    let mut basket = basket(84.0);
    view::refresh_all(&mut basket.world);
    let before = basket.health();
    assert!(before < 1.0, "{before}");
    basket.liquidate(0, 0);
    let after = basket.health();
    assert!(after > 1.0, "{before} to {after}");
    // Only the pair moved.
    let obligation = basket.world.obligation(&basket.borrower);
    assert_eq!(obligation.position_count(), 6);
}

#[test]
fn a_wide_gap_takes_several_pairs_and_each_step_raises_health() {
    let mut basket = basket(80.0);
    view::refresh_all(&mut basket.world);
    let mut health = basket.health();
    assert!(health < 1.0, "{health}");
    for (repay, seize) in [(0, 0), (0, 1), (1, 1), (1, 2)] {
        if health >= 1.0 {
            return;
        }
        basket.liquidate(repay, seize);
        let next = basket.health();
        assert!(next > health, "{health} to {next}");
        health = next;
    }
    assert!(health >= 1.0, "{health}");
}

#[test]
fn a_collateral_taken_whole_leaves_the_list_and_the_others_stay() {
    let mut basket = basket(80.0);
    basket.liquidate(0, 0);
    let obligation = basket.world.obligation(&basket.borrower);
    let left: Vec<_> = obligation.deposits().iter().map(|p| p.reserve).collect();
    let due: Vec<_> = basket.deposits[1..]
        .iter()
        .map(|t| t.keys.reserve)
        .collect();
    assert_eq!(left, due);
    assert_eq!(
        basket
            .world
            .balance(&basket.liquidator, &basket.deposits[0]),
        10_000_000_000
    );
}

#[test]
fn an_insolvent_basket_loses_its_collateral_step_by_step_and_all_debts_with_the_last() {
    let mut basket = basket(1.0);
    let claims = |basket: &Basket| {
        let whole = |token| view::supply_is_whole(&basket.world, token);
        basket.borrows.iter().map(whole).collect::<Vec<_>>()
    };
    // The stable deposit repays most of one debt; the other three are next to nothing.
    for seize in 0..3 {
        basket.liquidate(0, seize);
        assert_eq!(
            claims(&basket),
            [true, true],
            "a loss before the last collateral"
        );
    }
    basket.liquidate(0, 3);
    assert_eq!(claims(&basket), [false, false]);
    let obligation = basket.world.obligation(&basket.borrower);
    assert_eq!(obligation.position_count(), 0);
}
