//! A market with three reserves and its users, and how steps are taken in it.

use levee::error::LeveeError;
use levee::state::Position;
use levee_client::instructions as ix;
use levee_testkit::{
    lst_config, sol_config, stable_config, Chain, Failure, LiteChain, Receipt, User, World,
};
use proptest::prelude::*;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::invariants;
use crate::ops::Op;
use crate::view::{self, View};

pub const USERS: usize = 4;
pub const TOKENS: usize = 3;

/// What a wallet begins with, in dollars.
const WEALTH: f64 = 1_000_000.0;
const DOLLARS: [f64; TOKENS] = [200.0, 220.0, 1.0];

pub struct Scene {
    pub world: World<LiteChain>,
    pub users: Vec<User>,
    /// What was sent to the vaults without an instruction.
    pub donated: [u64; TOKENS],
    dollars: [f64; TOKENS],
}

impl Scene {
    pub fn new() -> Self {
        let mut world = World::new(LiteChain::new());
        let tokens = [
            world.add_token(9, DOLLARS[0], sol_config),
            world.add_token(9, DOLLARS[1], lst_config),
            world.add_token(6, DOLLARS[2], stable_config),
        ];
        let users: Vec<User> = (0..USERS).map(|_| world.user()).collect();
        let owner = User {
            keypair: world.owner.insecure_clone(),
            obligation: Pubkey::default(),
        };
        for (token, dollars) in tokens.iter().zip(DOLLARS) {
            for user in &users {
                world.fund(user, token, token.atoms(WEALTH / dollars));
            }
            world.fund(&owner, token, 0);
        }
        // Something to borrow from the start.
        for (user, token) in users.iter().zip(tokens) {
            let atoms = world.balance(user, &token) / 2;
            world
                .deposit(user, &token, atoms)
                .expect("a first deposit is accepted");
        }
        // And debts that a fall of a price makes unhealthy.
        for (index, user) in users.iter().take(TOKENS).enumerate() {
            let borrowed = (index + 1) % TOKENS;
            let atoms = tokens[borrowed].atoms(WEALTH * 0.3 / DOLLARS[borrowed]);
            world
                .borrow(user, &tokens[borrowed], atoms)
                .expect("a first borrow is accepted");
        }
        world.advance(1, 1);
        Self {
            world,
            users,
            donated: [0; TOKENS],
            dollars: DOLLARS,
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
        for (token, dollars) in self.world.tokens.clone().iter().zip(self.dollars) {
            self.world.set_usd(token, dollars);
        }
        let refresh = self.world.refresh(&self.world.tokens);
        let owner = self.world.owner.insecure_clone();
        self.world.must(&[refresh], &[&owner]);
    }

    /// Takes a step and checks what must hold; whether it was accepted.
    pub fn run(&mut self, op: &Op) -> Result<bool, TestCaseError> {
        self.refresh();
        let before = View::of(self);
        let accounts = self.accounts();
        let victim = before.unhealthy();
        let accepted = match self.step(op, victim) {
            Ok(_) => true,
            Err(failure) => {
                prop_assert!(failure.code().is_some(), "{op:?} ran into {failure}");
                let broken = failure.is(LeveeError::InvariantBroken);
                prop_assert!(
                    !broken && !failure.is(LeveeError::HealthNotImproved),
                    "{op:?}: {failure}"
                );
                false
            }
        };
        let moved_twice = matches!(
            op,
            Op::DepositAndWithdraw { .. } | Op::BorrowAndRepay { .. }
        );
        if !accepted && !moved_twice {
            prop_assert!(
                accounts == self.accounts(),
                "{op:?} was refused and changed an account"
            );
        }
        let after = View::of(self);
        invariants::always(self)?;
        invariants::between(op, victim, &before, &after)?;
        Ok(accepted)
    }

    fn step(&mut self, op: &Op, unhealthy: Option<usize>) -> Result<Receipt, Failure> {
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
                let wallet = payer.wallet(&token);
                let obligation = self.users[of].obligation;
                let repay = ix::repay(
                    payer.key(),
                    obligation,
                    &token.keys,
                    wallet,
                    amount.of(owed),
                );
                world.chain.send(&[repay], &[&payer.keypair])
            }
            Op::Liquidate {
                by,
                of,
                pair,
                limit,
            } => {
                let of = unhealthy.unwrap_or(of);
                let obligation = world.obligation(&self.users[of]);
                let token = |position: &Position| {
                    let at = world
                        .tokens
                        .iter()
                        .position(|t| t.keys.reserve == position.reserve);
                    world.tokens[at.expect("a reserve of this market")]
                };
                // The same reserve twice would be refused.
                let borrows: Vec<_> = obligation.borrows().iter().map(token).collect();
                let repay = *borrows
                    .get(pair / TOKENS)
                    .or(borrows.first())
                    .unwrap_or(&world.tokens[0]);
                let deposits: Vec<_> = obligation
                    .deposits()
                    .iter()
                    .map(token)
                    .filter(|token| token.keys != repay.keys)
                    .collect();
                let seize = *deposits
                    .get(pair % TOKENS)
                    .or(deposits.first())
                    .unwrap_or(&world.tokens[1]);
                let limit = limit.of(world.balance(&self.users[by], &repay));
                world.liquidate(&self.users[by], &self.users[of], &repay, &seize, limit)
            }
            Op::MovePrice { token, percent } => {
                let dollars = self.dollars[token] * f64::from(percent) / 100.0;
                self.dollars[token] = dollars.clamp(DOLLARS[token] / 30.0, DOLLARS[token] * 30.0);
                self.refresh();
                Ok(Receipt::default())
            }
            Op::Wait { slots, seconds } => {
                world.advance(slots, seconds);
                self.refresh();
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
                let keys = world.tokens[token].keys;
                let purse = User {
                    keypair: owner.insecure_clone(),
                    obligation: Pubkey::default(),
                };
                let to = purse.wallet(&world.tokens[token]);
                world.chain.send(
                    &[ix::claim_protocol_fees(owner.pubkey(), &keys, to)],
                    &[&owner],
                )
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
}
