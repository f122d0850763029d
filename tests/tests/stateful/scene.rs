//! A market with three reserves and its users, and how steps are taken in it.

use levee::error::LeveeError;
use levee::state::{Obligation, Position};
use levee_client::instructions::{self as ix, other_reserves, Limits};
use levee_testkit::{
    lst_config, pair_of, sol_config, stable_config, Chain, Failure, LiteChain, PriceSpec, Receipt,
    Token, User, World,
};
use proptest::prelude::*;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::invariants;
use crate::ops::Op;
use crate::step::Step;
use crate::view::{self, View};

pub const USERS: usize = 4;
/// Number of the one who liquidates what is unhealthy at the end.
pub const CLOSER: usize = USERS;
pub const TOKENS: usize = 3;

/// What a wallet begins with, in dollars.
const WEALTH: f64 = 1_000_000.0;
/// Of the base, of the staked token in the base, and of the dollar.
const PRICES: [f64; TOKENS] = [200.0, 1.1, 1.0];
const DOLLARS: [f64; TOKENS] = [200.0, 220.0, 1.0];
/// Who owes what from the start, as a part of a user's wealth; each has deposited half of it.
const DEBTS: [(usize, usize, f64); 5] = [
    (0, 1, 0.3),
    (1, 2, 0.3),
    (2, 0, 0.3),
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
    prices: [f64; TOKENS],
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
    fn refresh(&mut self) {
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

    /// The pair of `user` with the number `pair`: tokens to repay and to seize.
    fn pair(&self, user: usize, pair: usize) -> (Token, Token) {
        let obligation: Obligation = self.world.obligation(&self.users[user]);
        let token = |position: &Position| {
            let of_position = |t: &&Token| t.keys.reserve == position.reserve;
            let found = self.world.tokens.iter().find(of_position);
            *found.expect("a reserve of this market")
        };
        let nth = |positions: &[Position], at: usize, without: usize| {
            let position = positions.get(at).or(positions.first());
            position.map_or(self.world.tokens[without], token)
        };
        (
            nth(obligation.borrows(), pair / TOKENS, 0),
            nth(obligation.deposits(), pair % TOKENS, 1),
        )
    }

    fn step(&mut self, op: &Op, victim: Option<usize>) -> Result<Receipt, Failure> {
        let world = &mut self.world;
        match *op {
            Op::Deposit {
                user,
                token,
                amount,
            } => {
                let (user, token) = (&self.users[user], world.tokens[token]);
                let atoms = amount.of(world.balance(user, &token));
                world.deposit(user, &token, atoms)
            }
            Op::Withdraw {
                user,
                token,
                amount,
            } => {
                let atoms = amount.of(view::deposited(world, &self.users[user], token));
                world.withdraw(&self.users[user], &world.tokens[token].clone(), atoms)
            }
            Op::Borrow {
                user,
                token,
                amount,
            } => {
                let token = world.tokens[token];
                let atoms = amount.of(world.reserve(&token).available_atoms);
                world.borrow(&self.users[user], &token, atoms)
            }
            Op::Repay {
                payer,
                of,
                token,
                amount,
            } => {
                let owed = view::owed(world, &self.users[of], token);
                let (payer, token) = (&self.users[payer], world.tokens[token]);
                let (wallet, of) = (payer.wallet(&token), self.users[of].obligation);
                let repay = ix::repay(payer.key(), of, &token.keys, wallet, amount.of(owed));
                world.chain.send(&[repay], &[&payer.keypair])
            }
            Op::Liquidate {
                by,
                of,
                pair,
                limit,
                settles,
                receives,
            } => {
                let of = victim.unwrap_or(of);
                let (repay, seize) = self.pair(of, pair);
                let limits = Limits {
                    max_repay_atoms: limit.of(self.world.balance(&self.users[by], &repay)),
                    min_seized_atoms: 0,
                };
                let receiver = receives.then_some(by);
                self.liquidate((by, of), (&repay, &seize), limits, settles, receiver)
            }
            Op::LiquidateBatch { by, pair, limit } => {
                let (repay, seize) = self.pair(victim.unwrap_or(0), pair);
                let everybody: Vec<_> = self.users[..USERS].iter().collect();
                let limits = Limits {
                    max_repay_atoms: limit.of(self.world.balance(&self.users[by], &repay)),
                    min_seized_atoms: 0,
                };
                let by = &self.users[by];
                self.world
                    .liquidate_batch(by, &everybody, &repay, &seize, limits)
            }
            Op::Mark { by, of } => {
                let marked: Vec<_> = match of {
                    Some(of) => vec![&self.users[of]],
                    None => self.users[..USERS].iter().collect(),
                };
                world.mark(&self.users[by], &marked)
            }
            Op::SettleBadDebt { of, token } => self.settle(of, token),
            Op::MovePrice { token, percent } => {
                let price = self.prices[token] * f64::from(percent) / 100.0;
                self.prices[token] = price.clamp(PRICES[token] / 30.0, PRICES[token] * 30.0);
                self.refresh();
                Ok(Receipt::default())
            }
            Op::Wait { slots, seconds } => {
                self.wait(slots, seconds);
                Ok(Receipt::default())
            }
            Op::Donate { token, atoms } => {
                self.donated[token] += atoms;
                let vault = world.tokens[token].keys.vault;
                let mut account = world.chain.account(&vault).expect("a reserve has a vault");
                let amount = world.token_balance(&vault) + atoms;
                account.data[64..72].copy_from_slice(&amount.to_le_bytes());
                world.chain.set_account(vault, account);
                Ok(Receipt::default())
            }
            Op::ClaimFees { token } => {
                let owner = world.owner.insecure_clone();
                let purse = User {
                    keypair: owner.insecure_clone(),
                    obligation: Pubkey::default(),
                };
                let token = world.tokens[token];
                let to = purse.wallet(&token);
                let claim = ix::claim_protocol_fees(owner.pubkey(), &token.keys, to);
                world.chain.send(&[claim], &[&owner])
            }
            Op::SetStatus { token, status } => {
                let owner = world.owner.insecure_clone();
                let reserve = token.map(|token| world.tokens[token].keys.reserve);
                let set = ix::set_status(owner.pubkey(), world.market, reserve, status);
                world.chain.send(&[set], &[&owner])
            }
            Op::DepositAndWithdraw {
                user,
                token,
                amount,
            } => {
                let (user, token) = (&self.users[user], world.tokens[token]);
                let atoms = amount.of(world.balance(user, &token));
                world.deposit(user, &token, atoms)?;
                // One atom less where the whole deposit was rounded down.
                world
                    .withdraw(user, &token, atoms)
                    .or_else(|_| world.withdraw(user, &token, atoms - 1))
            }
            Op::BorrowAndRepay {
                user,
                token,
                amount,
            } => {
                let (user, token) = (&self.users[user], world.tokens[token]);
                let atoms = amount.of(world.reserve(&token).available_atoms);
                world.borrow(user, &token, atoms)?;
                world.repay(user, &token, atoms)
            }
        }
    }

    /// Lets time pass and refreshes.
    pub fn wait(&mut self, slots: u64, seconds: i64) {
        self.world.advance(slots, seconds);
        self.refresh();
    }

    /// Liquidates (by, of) at the prices that are refreshed already: a refresh in the same transaction would make every
    /// reserve writable. `receiver` takes the deposit where the vault is dry.
    pub fn liquidate(
        &mut self,
        (by, of): (usize, usize),
        (repay, seize): (&Token, &Token),
        limits: Limits,
        settles: bool,
        receiver: Option<usize>,
    ) -> Result<Receipt, Failure> {
        let receiver = receiver.map(|receiver| self.users[receiver].obligation);
        let (by, of) = (&self.users[by], &self.users[of]);
        let keys = self.world.liquidator_keys(by, repay, seize);
        let pair = pair_of(repay, seize);
        let others = other_reserves(&self.world.obligation(of), &pair, settles);
        let liquidate = ix::liquidate(&keys, &pair, of.obligation, &others, receiver, limits);
        self.world.chain.send(&[liquidate], &[&by.keypair])
    }

    /// Writes off a debt that nothing stands behind, by anybody.
    pub fn settle(&mut self, of: usize, token: usize) -> Result<Receipt, Failure> {
        let world = &mut self.world;
        let (of, reserve) = (self.users[of].obligation, world.tokens[token].keys.reserve);
        let settle = ix::settle_bad_debt(world.market, of, reserve);
        let anybody = world.guardian.insecure_clone();
        world.chain.send(&[settle], &[&anybody])
    }
}
