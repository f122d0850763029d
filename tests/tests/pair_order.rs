//! The pair that heals most per dollar: the lowest threshold, the highest borrow factor, and the two exceptions.

use levee::error::LeveeError;
use levee::state::{Limbs, Obligation, Reserve, ReserveConfig};
use levee_risk::liquidation::Plan;
use levee_tests::{
    assert_refused, exact, free, lst_config, sol_config, stable_config, view, world, BanksChain,
    Token, User, World,
};

/// A light collateral (threshold 77 %) and SOL (80 %), a heavy dollar (borrow factor 1.05) and a plain one.
struct Pairs {
    world: World<BanksChain>,
    light: Token,
    sol: Token,
    heavy: Token,
    plain: Token,
    borrower: User,
    liquidator: User,
}

/// `light` and `sol` tokens of $100 deposited, `heavy` and `plain` dollars owed, and both collaterals at `price` one slot later.
fn pairs((light, sol): (f64, f64), (heavy, plain): (f64, f64), price: f64) -> Pairs {
    let mut world = world();
    let riskier = |feed| ReserveConfig {
        borrow_factor_bps: 10_500,
        ..free(stable_config)(feed)
    };
    let deposits = [
        (world.add_token(9, 100.0, free(lst_config)), light),
        (world.add_token(9, 100.0, free(sol_config)), sol),
    ];
    let debts = [
        (world.add_token(6, 1.0, riskier), heavy),
        (world.add_token(6, 1.0, free(stable_config)), plain),
    ];
    let borrower = world.user();
    let liquidator = world.user();
    for (token, tokens) in deposits.iter().filter(|(_, tokens)| *tokens > 0.0) {
        world.fund(&borrower, token, token.atoms(*tokens));
        world
            .deposit(&borrower, token, token.atoms(*tokens))
            .unwrap();
    }
    for (token, dollars) in &debts {
        let calm = exact(&world, 1.0);
        world.set_price(token, &calm);
        world.supplier(token, token.atoms(1e6));
        world.fund(&liquidator, token, token.atoms(1e6));
        if *dollars > 0.0 {
            world
                .borrow(&borrower, token, token.atoms(*dollars))
                .unwrap();
        }
    }
    world.advance(1, 0);
    for (token, _) in &deposits {
        let fallen = exact(&world, price);
        world.set_price(token, &fallen);
    }
    Pairs {
        world,
        light: deposits[0].0,
        sol: deposits[1].0,
        heavy: debts[0].0,
        plain: debts[1].0,
        borrower,
        liquidator,
    }
}

impl Pairs {
    fn refuse(&mut self, repay: Token, seize: Token, error: LeveeError) {
        let (world, by) = (&mut self.world, &self.liquidator);
        let list = world.liquidation(by, &self.borrower, &repay, &seize, u64::MAX, 0);
        assert_refused(world, &list, &[&by.keypair], error);
    }

    fn liquidate(&mut self, repay: Token, seize: Token) {
        let (world, by) = (&mut self.world, &self.liquidator);
        world
            .liquidate(by, &self.borrower, &repay, &seize, u64::MAX)
            .unwrap();
    }

    /// What the client predicts of a liquidation of the plain dollar for SOL.
    fn plan(&mut self) -> Result<Plan, LeveeError> {
        let (plain, sol) = (self.plain, self.sol);
        view::plan(&mut self.world, &self.borrower, &plain, &sol, u64::MAX)
    }

    /// Sets the light deposit to `atoms` in the obligation, which is all that is looked at.
    fn hold_light(&mut self, atoms: u64) {
        let (reserve, of) = (self.light.keys.reserve, self.borrower.obligation);
        self.world.rewrite(&of, |obligation: &mut Obligation| {
            let mut deposits = obligation.deposits.iter_mut();
            let light = deposits.find(|p| p.reserve == reserve);
            light.unwrap().scaled = Limbs::new(u128::from(atoms) << 32);
        });
        assert_eq!(
            view::deposited(&self.world, &self.borrower, &self.light),
            atoms
        );
    }
}

#[test]
fn only_the_lowest_threshold_and_the_highest_borrow_factor_may_be_named() {
    let basket = || pairs((50.0, 50.0), (3_000.0, 3_500.0), 84.0);
    let mut wrong = basket();
    let (light, sol, heavy, plain) = (wrong.light, wrong.sol, wrong.heavy, wrong.plain);
    wrong.refuse(heavy, sol, LeveeError::WrongCollateral);
    wrong.refuse(plain, light, LeveeError::WrongDebt);
    // Of two errors the debt's is told.
    wrong.refuse(plain, sol, LeveeError::WrongDebt);
    wrong.liquidate(heavy, light);
}

#[test]
fn collaterals_of_equal_thresholds_and_debts_of_equal_factors_are_the_liquidators_choice() {
    for choice in 0..4 {
        let mut basket = pairs((50.0, 50.0), (3_000.0, 3_500.0), 84.0);
        for token in [basket.light, basket.sol, basket.heavy] {
            let reserve = token.keys.reserve;
            basket.world.rewrite(&reserve, |reserve: &mut Reserve| {
                reserve.config.threshold_bps = 8_000;
                reserve.config.borrow_factor_bps = 10_000;
            });
        }
        // At $84 the lighter weights would now carry the $6,500.
        for token in [basket.light, basket.sol] {
            let fallen = exact(&basket.world, 80.0);
            basket.world.set_price(&token, &fallen);
        }
        let repay = [basket.heavy, basket.plain][choice % 2];
        let seize = [basket.light, basket.sol][choice / 2];
        basket.liquidate(repay, seize);
    }
}

#[test]
fn a_heavier_debt_of_exactly_the_dust_value_must_come_first_and_an_atom_less_may_be_passed_over() {
    let mut basket = pairs((100.0, 0.0), (25.0, 6_900.0), 89.0);
    let (light, heavy, plain) = (basket.light, basket.heavy, basket.plain);
    basket.refuse(plain, light, LeveeError::WrongDebt);
    let (world, borrower) = (&mut basket.world, &basket.borrower);
    world.repay(borrower, &heavy, 1).unwrap();
    assert_eq!(view::owed(world, borrower, &heavy), 24_999_999);
    basket.liquidate(plain, light);
}

#[test]
fn a_lighter_collateral_below_the_dust_value_may_be_passed_over() {
    // $300 of SOL against $240: what is closed is far less than twenty times the light deposit.
    let basket = || pairs((0.3, 3.0), (0.0, 240.0), 88.0);
    let mut exactly = basket();
    let (plain, sol) = (exactly.plain, exactly.sol);
    // $25 at $100 a token: the light deposit keeps its price.
    for (atoms, is_dust) in [(250_000_000, false), (249_999_999, true)] {
        let mut basket = basket();
        let whole = exact(&basket.world, 100.0);
        let light = basket.light;
        basket.world.set_price(&light, &whole);
        let fallen = exact(&basket.world, 88.0);
        basket.world.set_price(&sol, &fallen);
        basket.hold_light(atoms);
        // 0.77·25 + 0.8·3·88 = 230.45 of 240.
        if is_dust {
            basket.liquidate(plain, sol);
        } else {
            basket.refuse(plain, sol, LeveeError::WrongCollateral);
        }
    }
    let light = exactly.light;
    exactly.liquidate(plain, light);
}

#[test]
fn a_lighter_collateral_that_covers_a_twentieth_of_the_close_amount_must_come_first() {
    // The least light deposit that must come first, found with the client's own engine.
    let basket = || pairs((5.0, 100.0), (0.0, 7_800.0), 90.0);
    let mut found = basket();
    let is_wrong = |basket: &mut Pairs, atoms| {
        basket.hold_light(atoms);
        match basket.plan() {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error, LeveeError::WrongCollateral);
                true
            }
        }
    };
    let (mut minor, mut enough) = (0, 5_000_000_000);
    assert!(is_wrong(&mut found, enough));
    while enough - minor > 1 {
        let middle = (minor + enough) / 2;
        if is_wrong(&mut found, middle) {
            enough = middle;
        } else {
            minor = middle;
        }
    }
    // By hand: a twentieth of what the plan closes, its bonus included, lies between the two.
    let mut basket = basket();
    basket.hold_light(minor);
    let plan = basket.plan().unwrap();
    let asked = plan.close_value.wad() * (1_000_000 + u128::from(plan.bonus.0)) / 1_000_000;
    // $90 for 10⁹ atoms, in wad dollars.
    let covers = |atoms: u64| u128::from(atoms) * 90_000_000_000 * 20;
    assert!(covers(minor) < asked, "{minor}");
    // With one atom more of collateral less is closed, by less than the twenty-fold value of that atom.
    assert!(covers(enough + 1) >= asked, "{enough}");
    assert!(covers(minor) > 20 * 25 * 10u128.pow(18), "no dust");

    let (plain, sol) = (basket.plain, basket.sol);
    basket.hold_light(enough);
    basket.refuse(plain, sol, LeveeError::WrongCollateral);
    basket.hold_light(minor);
    basket.liquidate(plain, sol);
}

#[test]
fn a_limit_of_the_liquidators_does_not_make_a_collateral_enough() {
    // The twentieth is one of what the plan would close, not of what this caller pays.
    let mut basket = pairs((5.0, 100.0), (0.0, 7_800.0), 90.0);
    basket.hold_light(400_000_000);
    let (plain, sol) = (basket.plain, basket.sol);
    let (world, by) = (&mut basket.world, &basket.liquidator);
    world
        .liquidate(by, &basket.borrower, &plain, &sol, 100_000_000)
        .unwrap();
    assert!(world.balance(by, &sol) > 0);
}
