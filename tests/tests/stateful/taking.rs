//! How the steps are taken.

use levee::state::{Obligation, Position};
use levee_client::instructions::{self as ix, other_reserves, Limits};
use levee_testkit::{pair_of, Chain, Failure, Receipt, Token, User};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::ops::Op;
use crate::scene::{Scene, PRICES, TOKENS, USERS};
use crate::view;

impl Scene {
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

    /// Does what `op` says where `victim` is unhealthy.
    pub fn step(&mut self, op: &Op, victim: Option<usize>) -> Result<Receipt, Failure> {
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
