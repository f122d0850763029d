//! What an attacker may put between both ends of a flash loan, and what it then owns.

use anchor_spl::token::spl_token;
use levee_client::instructions::{self as ix, other_reserves, Limits, LiquidatorKeys};
use levee_client::pda;
use levee_tests::{calls, pair_of, view, Chain, Snapshot, Token, User};
use solana_instruction::Instruction;

use crate::replay::{Replay, HELD};

const PRICE: i128 = 93;
/// $100,000 of the million that the lender supplied, for a fee of $10.
pub const LOAN: u64 = 100_000_000_000;
const FEE: i128 = 10_000_000;
const DOLLAR: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;

/// What an attacker may put between both ends of a loan.
pub type Move = (&'static str, Vec<Instruction>);

/// The market with the attacker, whose loan is of dollars.
pub struct Attack {
    pub replay: Replay,
    /// Owes 40 % of its collateral's former value, and has some of both tokens in its wallets.
    pub attacker: User,
    /// Further obligations of the attacker's: one that is unhealthy, and an empty one.
    unhealthy: User,
    empty: User,
    /// Where the attacker may hide dollars.
    accomplice: User,
}

impl Attack {
    /// Before the loan.
    pub fn new() -> Self {
        let mut replay = Replay::sol_without_interest(&[0.40]);
        let attacker = replay.borrowers.remove(0);
        let (sol, usdc) = (replay.collateral, replay.debt);
        let world = &mut replay.world;
        let accomplice = world.user();
        world.fund(&accomplice, &usdc, 0);
        let further = |id| User {
            keypair: attacker.keypair.insecure_clone(),
            obligation: pda::obligation(&world.market, &attacker.key(), id),
        };
        let (unhealthy, empty) = (further(1), further(2));
        for id in [1, 2] {
            let create = ix::init_obligation(attacker.key(), world.market, id);
            world.must(&[create], &[&attacker.keypair]);
        }
        let exact = |replay: &mut Replay, confidence| {
            replay.feed(&sol).confidence = confidence;
            replay.feed(&usdc).confidence = confidence;
            replay.publish();
        };
        exact(&mut replay, 0.0);
        let world = &mut replay.world;
        world.fund(&unhealthy, &sol, sol.atoms(HELD));
        world.deposit(&unhealthy, &sol, sol.atoms(HELD)).unwrap();
        world.borrow(&unhealthy, &usdc, 7_500 * DOLLAR).unwrap();
        replay.settle_at(PRICE as f64);
        exact(&mut replay, 0.000_5);
        for (token, atoms) in [(sol, 10 * SOL), (usdc, 9_000 * DOLLAR)] {
            replay.world.fund(&attacker, &token, atoms);
        }
        view::refresh_all(&mut replay.world);
        Self {
            replay,
            attacker,
            unhealthy,
            empty,
            accomplice,
        }
    }

    /// All that the attacker and the accomplice own less what they owe, in billionths of a dollar, to the atom.
    fn value(&self) -> i128 {
        let world = &self.replay.world;
        let (sol, usdc) = (&self.replay.collateral, &self.replay.debt);
        let mut sols = i128::from(world.balance(&self.attacker, sol));
        let mut dollars = i128::from(world.balance(&self.attacker, usdc));
        dollars += i128::from(world.balance(&self.accomplice, usdc));
        for user in [&self.attacker, &self.unhealthy, &self.empty] {
            // A closed one holds and owes nothing.
            let account = world.chain.account(&user.obligation);
            if account.is_none_or(|account| account.lamports == 0) {
                continue;
            }
            sols += i128::from(view::deposited(world, user, sol));
            dollars += i128::from(view::deposited(world, user, usdc));
            sols -= i128::from(view::owed(world, user, sol));
            dollars -= i128::from(view::owed(world, user, usdc));
        }
        sols * PRICE + dollars * 1_000
    }

    /// All that it may try, by name.
    pub fn moves(&self) -> Vec<Move> {
        let world = &self.replay.world;
        let (sol, usdc) = (&self.replay.collateral, &self.replay.debt);
        let (user, sick, market) = (&self.attacker, &self.unhealthy, world.market);
        let [list, sick_list] = [user, sick].map(|user| world.reserve_list(user));
        let [dollars, sols] = [usdc, sol].map(|token| user.wallet(token));
        let hide = |atoms| {
            let to = self.accomplice.wallet(usdc);
            let program = &usdc.keys.token_program;
            spl_token::instruction::transfer(program, &dollars, &to, &user.key(), &[], atoms)
                .unwrap()
        };
        let keys = LiquidatorKeys {
            liquidator: user.key(),
            source: dollars,
            destination: sols,
        };
        let pair = pair_of(usdc, sol);
        let (key, of, none) = (user.key(), sick.obligation, Limits::NONE);
        let others = other_reserves(&world.obligation(sick), &pair, true);
        let one = |name, instruction| (name, vec![instruction]);
        let mut all = vec![
            one(
                "deposit dollars",
                calls::deposit(user, usdc, 1_000 * DOLLAR),
            ),
            one("deposit the loan", calls::deposit(user, usdc, LOAN)),
            one(
                "deposit for nobody",
                calls::deposit(&self.empty, usdc, LOAN),
            ),
            one(
                "withdraw dollars",
                calls::withdraw(user, usdc, &list, DOLLAR),
            ),
            one(
                "borrow dollars",
                calls::borrow(user, usdc, &list, 1_000 * DOLLAR),
            ),
            one(
                "claim fees",
                ix::claim_protocol_fees(key, &usdc.keys, dollars),
            ),
            one("end early", ix::flash_repay(key, &usdc.keys, dollars)),
            one("deposit SOL", calls::deposit(user, sol, SOL)),
            one("withdraw SOL", calls::withdraw(user, sol, &list, SOL)),
            one(
                "withdraw all SOL",
                calls::withdraw(user, sol, &list[1..], u64::MAX),
            ),
            one("repay", calls::repay(user, usdc, 1_000 * DOLLAR)),
            one("repay all", calls::repay(user, usdc, u64::MAX)),
            one("repay the other", calls::repay(sick, usdc, u64::MAX)),
            one(
                "withdraw the other",
                calls::withdraw(sick, sol, &sick_list, SOL),
            ),
            one("open an obligation", ix::init_obligation(key, market, 3)),
            one(
                "close the empty one",
                ix::close_obligation(key, self.empty.obligation),
            ),
            one("close its own", ix::close_obligation(key, user.obligation)),
            one(
                "leave groups",
                ix::set_elevation_group(key, market, user.obligation, &list, 0),
            ),
            one("refresh", world.refresh(&world.tokens)),
            one(
                "mark",
                ix::mark_unhealthy(market, &[(of, sick_list.clone())]),
            ),
            one(
                "liquidate itself",
                ix::liquidate(&keys, &pair, of, &others, None, none),
            ),
            one(
                "batch",
                ix::liquidate_batch(&keys, &pair, &[(of, others.clone())], none),
            ),
            one("settle", ix::settle_bad_debt(market, of, usdc.keys.reserve)),
            one(
                "unpause",
                ix::set_status(key, market, Some(usdc.keys.reserve), 0),
            ),
            one("hide the loan", hide(LOAN)),
            one("hide all but the fee", hide(8_990 * DOLLAR)),
            one("hide an atom of the fee", hide(8_990 * DOLLAR + 1)),
        ];
        for (name, token) in [("a loan of SOL", sol), ("a loan inside", usdc)] {
            all.push((name, self.loan(token, SOL, &[])));
        }
        all
    }

    /// A loan of the attacker's with `inside` between both ends.
    pub fn loan(&self, token: &Token, atoms: u64, inside: &[Instruction]) -> Vec<Instruction> {
        let (key, wallet) = (self.attacker.key(), self.attacker.wallet(token));
        let begin = ix::flash_borrow(key, &token.keys, wallet, atoms);
        let end = ix::flash_repay(key, &token.keys, wallet);
        [&[begin], inside, &[end]].concat()
    }

    /// Whether the loan around `inside` passes; the attacker has then paid the fee at least, and everything is made undone.
    pub fn passes(&mut self, name: &str, inside: &[Instruction]) -> bool {
        let usdc = self.replay.debt;
        let list = self.loan(&usdc, LOAN, inside);
        let payer = self.attacker.key();
        let before = Snapshot::of_instructions(&self.replay.world.chain, &list, &payer);
        let (value, fees) = (self.value(), self.fees());
        let signers = [&self.attacker.keypair];
        if self.replay.world.chain.send(&list, &signers).is_err() {
            let after = Snapshot::of_instructions(&self.replay.world.chain, &list, &payer);
            assert!(before == after, "{name}: a refused loan changed an account");
            return false;
        }
        let reserve = self.replay.world.reserve(&usdc);
        assert_eq!(reserve.flash_loan_atoms, 0, "{name}");
        for token in [usdc, self.replay.collateral] {
            let reserve = self.replay.world.reserve(&token);
            let vault = self.replay.world.token_balance(&token.keys.vault);
            assert_eq!(vault, reserve.available_atoms, "{name}");
            reserve.check_backing().expect("claims are backed");
        }
        assert!(self.fees() >= fees + FEE as u64, "{name}: no fee");
        let most = value - FEE * 1_000;
        assert!(
            self.value() <= most,
            "{name}: {} above {most}",
            self.value()
        );
        before.restore(&mut self.replay.world.chain);
        true
    }

    fn fees(&self) -> u64 {
        let reserve = self.replay.world.reserve(&self.replay.debt);
        reserve.protocol_fees().atoms_down().0
    }
}
