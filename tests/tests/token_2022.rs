//! Tokens of Token-2022: a whole life with the extensions that are allowed, alone and beside SPL Token.

use levee_tests::{
    exact, free, sol_config, stable_config, token_2022, view, world, BanksChain, Token, User,
    World, TOKEN_2022,
};

/// A borrower with 100 of `collateral` at $100 and a liquidator with dollars of `debt`.
struct Pair {
    world: World<BanksChain>,
    collateral: Token,
    debt: Token,
    borrower: User,
    liquidator: User,
}

fn pair(add: impl Fn(&mut World<BanksChain>) -> [Token; 2]) -> Pair {
    let mut world = world();
    let [collateral, debt] = add(&mut world);
    world.supplier(&debt, debt.atoms(1e6));
    let borrower = world.supplier(&collateral, collateral.atoms(100.0));
    let liquidator = world.user();
    world.fund(&liquidator, &debt, debt.atoms(1e5));
    for (token, dollars) in [(&collateral, 100.0), (&debt, 1.0)] {
        let price = exact(&world, dollars);
        world.set_price(token, &price);
    }
    Pair {
        world,
        collateral,
        debt,
        borrower,
        liquidator,
    }
}

/// Deposit, borrow, repay, withdraw, liquidation, the end: each atom is where it should be.
fn live(mut pair: Pair) {
    let (world, user) = (&mut pair.world, &pair.borrower);
    let (collateral, debt) = (pair.collateral, pair.debt);
    world.borrow(user, &debt, debt.atoms(7_500.0)).unwrap();
    assert_eq!(world.balance(user, &debt), debt.atoms(7_500.0));
    world.repay(user, &debt, debt.atoms(500.0)).unwrap();
    assert_eq!(view::owed(world, user, &debt), debt.atoms(7_000.0));
    world
        .withdraw(user, &collateral, collateral.atoms(5.0))
        .unwrap();
    assert_eq!(world.balance(user, &collateral), collateral.atoms(5.0));

    world.advance(1, 0);
    let fallen = exact(world, 90.0);
    world.set_price(&collateral, &fallen);
    let plan = view::plan(world, user, &debt, &collateral, u64::MAX).unwrap();
    let before = world.balance(&pair.liquidator, &debt);
    world
        .liquidate(&pair.liquidator, user, &debt, &collateral, u64::MAX)
        .unwrap();
    let paid = before - world.balance(&pair.liquidator, &debt);
    assert_eq!(paid, plan.repay.0 + plan.insurance.0);
    assert_eq!(world.balance(&pair.liquidator, &collateral), plan.seize.0);
    assert!(view::health(world, user) > 1.0);

    world.repay(user, &debt, u64::MAX).unwrap();
    world.withdraw(user, &collateral, u64::MAX).unwrap();
    assert_eq!(world.obligation(user).position_count(), 0);
    let kept = collateral.atoms(100.0) - plan.seize.0;
    assert_eq!(world.balance(user, &collateral), kept);
    assert_eq!(world.token_balance(&collateral.keys.vault), 0);
}

fn spl(world: &mut World<BanksChain>, dollars: f64) -> Token {
    world.add_token(6, dollars, free(stable_config))
}

fn extended(world: &mut World<BanksChain>, dollars: f64) -> Token {
    token_2022::add_token(world, dollars, free(sol_config))
}

/// As collateral any token must be configured like SOL for the numbers above.
fn spl_collateral(world: &mut World<BanksChain>) -> Token {
    world.add_token(9, 100.0, free(sol_config))
}

#[test]
fn two_tokens_of_token_2022_live_a_whole_life() {
    let pair = pair(|world| [extended(world, 100.0), extended(world, 1.0)]);
    for token in [&pair.collateral, &pair.debt] {
        assert_eq!(token.keys.token_program, TOKEN_2022);
    }
    live(pair);
}

#[test]
fn collateral_of_token_2022_backs_a_debt_of_spl_token() {
    live(pair(|world| [extended(world, 100.0), spl(world, 1.0)]));
}

#[test]
fn collateral_of_spl_token_backs_a_debt_of_token_2022() {
    live(pair(|world| [spl_collateral(world), extended(world, 1.0)]));
}
