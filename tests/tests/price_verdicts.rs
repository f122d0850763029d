//! What a cached price is good for: verdicts on its age, its confidence and its distance from the average belong to the
//! action, not to the refresh.

use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::{
    assert_refused, sol_config, stable_config, world, BanksChain, PriceSpec, Token, User, World,
};
use solana_instruction::Instruction;

const USDC: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;

struct Position {
    world: World<BanksChain>,
    sol: Token,
    usdc: Token,
    user: User,
}

/// Somebody with 100 SOL at $200 who owes 1,000 USDC and has both in the wallet.
fn position() -> Position {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let usdc = world.add_token(6, 1.0, stable_config);
    world.supplier(&usdc, 100_000 * USDC);
    let user = world.supplier(&sol, 100 * SOL);
    world.borrow(&user, &usdc, 1_000 * USDC).unwrap();
    world.fund(&user, &sol, SOL);
    world.advance(1, 1);
    world.set_usd(&sol, 200.0);
    world.set_usd(&usdc, 1.0);
    Position {
        world,
        sol,
        usdc,
        user,
    }
}

impl Position {
    fn refresh(&self) -> Instruction {
        self.world.refresh(&[self.sol, self.usdc])
    }

    /// What raises risk: a withdrawal and a borrow.
    fn risky(&self) -> [Instruction; 2] {
        let (user, sol, usdc) = (&self.user, &self.sol, &self.usdc);
        let list = self.world.reserve_list(user);
        let (key, of) = (user.key(), user.obligation);
        [
            ix::withdraw(key, of, &sol.keys, user.wallet(sol), &list, SOL),
            ix::borrow(key, of, &usdc.keys, user.wallet(usdc), &list, USDC),
        ]
    }

    fn refuses_risk(&mut self, error: LeveeError) {
        for risky in self.risky() {
            let instructions = [self.refresh(), risky];
            let signers = [&self.user.keypair];
            assert_refused(&mut self.world, &instructions, &signers, error);
        }
        self.always_open();
    }

    fn takes_risk(&mut self) {
        let [withdraw, borrow] = self.risky();
        let instructions = [self.refresh(), withdraw, borrow];
        self.world.must(&instructions, &[&self.user.keypair]);
        self.always_open();
    }

    /// Deposits and repayments ask for no price.
    fn always_open(&mut self) {
        self.world.deposit(&self.user, &self.sol, 1).unwrap();
        self.world.repay(&self.user, &self.usdc, 1).unwrap();
    }

    fn post(&mut self, token: Token, change: fn(&mut PriceSpec)) {
        let dollars = if token.decimals == 9 { 200.0 } else { 1.0 };
        let mut spec = PriceSpec::usd(dollars, self.world.now());
        change(&mut spec);
        self.world.set_price(&token, &spec);
    }
}

#[test]
fn new_risk_wants_a_price_of_at_most_a_minute_of_every_reserve() {
    for of_debt in [false, true] {
        let mut position = position();
        let token = if of_debt { position.usdc } else { position.sol };
        position.post(token, |spec| spec.publish_ts -= 61);
        // The cache holds the price of a second ago until something newer comes.
        position.world.advance(1, 61);
        let other = if of_debt { position.sol } else { position.usdc };
        position.post(other, |_| ());
        position.refuses_risk(LeveeError::PriceTooOld);
        position.post(token, |spec| spec.publish_ts -= 61);
        position.refuses_risk(LeveeError::PriceTooOld);
        position.post(token, |spec| spec.publish_ts -= 60);
        position.takes_risk();
    }
}

#[test]
fn new_risk_wants_every_reserve_refreshed_in_this_slot() {
    let mut position = position();
    let refresh = position.refresh();
    position.world.must(&[refresh], &[&position.user.keypair]);
    position.world.advance(1, 0);
    let error = LeveeError::ReserveNotRefreshed;
    for risky in position.risky() {
        let signers = [&position.user.keypair];
        assert_refused(
            &mut position.world,
            std::slice::from_ref(&risky),
            &signers,
            error,
        );
        for only in [position.sol, position.usdc] {
            let half = position.world.refresh(&[only]);
            let instructions = [half, risky.clone()];
            assert_refused(&mut position.world, &instructions, &signers, error);
        }
    }
    position.takes_risk();
}

#[test]
fn a_wide_confidence_stops_new_risk_and_nothing_else() {
    for of_debt in [false, true] {
        let mut position = position();
        let token = if of_debt { position.usdc } else { position.sol };
        position.post(token, |spec| spec.confidence = spec.price as u64 / 50 + 1);
        position.refuses_risk(LeveeError::PriceConfidenceTooWide);
        position.post(token, |spec| spec.confidence = u64::MAX);
        position.refuses_risk(LeveeError::PriceConfidenceTooWide);
        position.post(token, |spec| spec.confidence = spec.price as u64 / 50);
        position.takes_risk();
    }
}

#[test]
fn a_price_far_from_its_average_stops_new_risk_and_nothing_else() {
    for of_debt in [false, true] {
        let mut position = position();
        let token = if of_debt { position.usdc } else { position.sol };
        position.post(token, |spec| spec.price = spec.ema / 4 * 3 - 1);
        position.refuses_risk(LeveeError::PriceDivergesFromAverage);
        position.post(token, |spec| spec.price = spec.ema / 4 * 5 + 1);
        position.refuses_risk(LeveeError::PriceDivergesFromAverage);
        position.post(token, |spec| spec.price = spec.ema / 4 * 5);
        position.takes_risk();
    }
}

#[test]
fn a_withdrawal_without_debt_asks_for_no_price() {
    let mut position = position();
    position
        .world
        .fund(&position.user, &position.usdc, 2_000 * USDC);
    position
        .world
        .repay(&position.user, &position.usdc, u64::MAX)
        .unwrap();
    position.world.advance(1_000, 3_600);
    let list = [position.sol.keys.reserve];
    let user = &position.user;
    let wallet = user.wallet(&position.sol);
    let withdraw = ix::withdraw(
        user.key(),
        user.obligation,
        &position.sol.keys,
        wallet,
        &list,
        SOL,
    );
    position.world.must(&[withdraw], &[&user.keypair]);
    assert_eq!(
        position.world.balance(&position.user, &position.sol),
        2 * SOL
    );
}
