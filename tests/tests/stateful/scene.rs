//! A market with three reserves and its users, and how steps are taken in it.

use levee::error::LeveeError;
use levee_testkit::{
    lst_config, sol_config, stable_config, Chain, Failure, LiteChain, PriceSpec, Receipt, User,
    World,
};
use proptest::prelude::*;
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::invariants;
use crate::ops::Op;
use crate::step::Step;
use crate::view::View;

pub const USERS: usize = 4;
/// Number of the one who liquidates what is unhealthy at the end.
pub const CLOSER: usize = USERS;
pub const TOKENS: usize = 3;

/// What a wallet begins with, in dollars.
const WEALTH: f64 = 1_000_000.0;
/// Of the base, of the staked token in the base, and of the dollar.
pub const PRICES: [f64; TOKENS] = [200.0, 1.1, 1.0];
const DOLLARS: [f64; TOKENS] = [200.0, 220.0, 1.0];
/// Who owes what from the start, as a part of a user's wealth; each has deposited half of it. Where the base doubles, the third
/// one's first debt takes all collateral and leaves the second one bare.
const DEBTS: [(usize, usize, f64); 6] = [
    (0, 1, 0.3),
    (1, 2, 0.3),
    (2, 0, 0.27),
    (2, 1, 0.03),
    (3, 1, 0.15),
    (3, 2, 0.18),
];
/// The staked token, priced at its pool's rate times the base.
const STAKED: usize = 1;
/// How far a price's average comes nearer to it in one step.
const AVERAGE_STEP: f64 = 0.25;

pub struct Scene {
    pub world: World<LiteChain>,
    /// Those of the steps, and the closer.
    pub users: Vec<User>,
    /// What was sent to the vaults without an instruction.
    pub donated: [u64; TOKENS],
    pub prices: [f64; TOKENS],
    averages: [f64; TOKENS],
}

impl Scene {
    pub fn new() -> Self {
        let mut world = World::new(LiteChain::new());
        let base = world.add_token(9, PRICES[0], sol_config);
        let tokens = [
            base,
            world.add_staked(&base, PRICES[STAKED], lst_config),
            world.add_token(6, PRICES[2], stable_config),
        ];
        let users: Vec<User> = (0..=USERS).map(|_| world.user()).collect();
        let owner = User {
            keypair: world.owner.insecure_clone(),
            obligation: Pubkey::default(),
        };
        for (token, dollars) in tokens.iter().zip(DOLLARS) {
            for user in &users[..USERS] {
                world.fund(user, token, token.atoms(WEALTH / dollars));
            }
            world.fund(&users[CLOSER], token, u64::MAX / 4);
            world.fund(&owner, token, 0);
        }
        // Something to borrow from the start.
        let suppliers = users[..USERS].iter().zip(tokens.iter().cycle());
        for (user, token) in suppliers {
            let atoms = world.balance(user, token) / 2;
            world
                .deposit(user, token, atoms)
                .expect("a first deposit is accepted");
        }
        // And debts that a fall of a price makes unhealthy.
        for (user, token, part) in DEBTS {
            let atoms = tokens[token].atoms(WEALTH * part / DOLLARS[token]);
            world
                .borrow(&users[user], &tokens[token], atoms)
                .expect("a first borrow is accepted");
        }
        world.advance(1, 1);
        Self {
            world,
            users,
            donated: [0; TOKENS],
            prices: PRICES,
            averages: PRICES,
        }
    }

    /// Every account whose change would be noticed.
    fn accounts(&self) -> Vec<Option<Account>> {
        let tokens = &self.world.tokens;
        let of_tokens = tokens.iter().flat_map(|t| [t.keys.reserve, t.keys.vault]);
        let of_users = self.users.iter().flat_map(|user| {
            let wallets = tokens.iter().map(|token| user.wallet(token));
            wallets.chain([user.obligation]).collect::<Vec<_>>()
        });
        let all = of_tokens.chain(of_users).chain([self.world.market]);
        all.map(|key| self.world.chain.account(&key)).collect()
    }

    /// Posts today's prices and accrues interest until now, so that a step changes nothing but what it is about.
    pub fn refresh(&mut self) {
        for (at, token) in self.world.tokens.clone().iter().enumerate() {
            if at == STAKED {
                self.world.set_stake_rate(token, self.prices[at]);
                continue;
            }
            let calm = PriceSpec::usd(self.prices[at], self.world.now());
            let average = PriceSpec::usd(self.averages[at], self.world.now());
            let spec = PriceSpec {
                ema: average.price,
                ..calm
            };
            self.world.set_price(token, &spec);
        }
        let refresh = self.world.refresh(&self.world.tokens);
        let owner = self.world.owner.insecure_clone();
        self.world.must(&[refresh], &[&owner]);
    }

    /// Takes a step and checks what must hold; whether it was accepted.
    pub fn run(&mut self, op: &Op) -> Result<bool, TestCaseError> {
        for (average, price) in self.averages.iter_mut().zip(self.prices) {
            *average += (price - *average) * AVERAGE_STEP;
        }
        self.refresh();
        let view = View::of(self);
        let victim = view.unhealthy();
        let mut op = *op;
        if let (Op::SettleBadDebt { of, token }, Some(bare)) = (&mut op, view.bare()) {
            *of = bare;
            let debts = view.users[bare].debts;
            *token = debts.iter().position(|debt| debt.0 > 0).unwrap_or(*token);
        }
        let step = Step::of(&op, victim);
        let outcome = self.checked(step, |scene| scene.step(&op, victim))?;
        Ok(outcome.is_ok())
    }

    /// Does what `act` does as `step`, and checks what must hold.
    pub fn checked(
        &mut self,
        step: Step,
        act: impl FnOnce(&mut Self) -> Result<Receipt, Failure>,
    ) -> Result<Result<Receipt, Failure>, TestCaseError> {
        let before = View::of(self);
        let accounts = self.accounts();
        let outcome = act(self);
        if let Err(failure) = &outcome {
            prop_assert!(failure.code().is_some(), "{step:?} ran into {failure}");
            let broken = failure.is(LeveeError::InvariantBroken);
            prop_assert!(
                !broken && !failure.is(LeveeError::HealthNotImproved),
                "{step:?}: {failure}"
            );
            let moved_twice = matches!(step, Step::RoundTrip { .. });
            prop_assert!(
                moved_twice || accounts == self.accounts(),
                "{step:?} was refused and changed an account"
            );
        }
        let after = View::of(self);
        invariants::always(self)?;
        invariants::between(&step, &before, &after)?;
        Ok(outcome)
    }
}
