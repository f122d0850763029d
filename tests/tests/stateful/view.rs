//! What everybody has at one moment.

use levee::state::{LendingMarket, Obligation, Position, Reserve, MAX_BORROWS, MAX_DEPOSITS};
use levee_client::quote;
use levee_risk::policy::Moment;
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;
use levee_testkit::{LiteChain, Token, User, World};
use solana_pubkey::Pubkey;

use crate::scene::{Scene, TOKENS};

/// What everybody has, as the program counts it.
pub struct View {
    pub slot: u64,
    pub reserves: [Reserve; TOKENS],
    pub users: Vec<Wealth>,
    market: LendingMarket,
    keys: [Pubkey; TOKENS],
    moment: Moment,
}

/// What one user has.
pub struct Wealth {
    pub book: Book,
    pub obligation: Obligation,
    pub wallet: [u64; TOKENS],
    pub deposits: [Atoms; TOKENS],
    pub debts: [Atoms; TOKENS],
}

/// A 128-bit number in two limbs.
pub fn number([low, high]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn deposit_atoms(obligation: &Obligation, token: &Token, reserve: &Reserve) -> Atoms {
    obligation
        .deposit_in(&token.keys.reserve)
        .atoms_down(reserve.supply_index())
        .expect("amounts are small")
}

fn debt_atoms(obligation: &Obligation, token: &Token, reserve: &Reserve) -> Atoms {
    obligation
        .debt_in(&token.keys.reserve)
        .atoms_up(reserve.borrow_index())
        .expect("amounts are small")
}

/// Atoms that `user` has deposited.
pub fn deposited(world: &World<LiteChain>, user: &User, token: usize) -> u64 {
    let token = world.tokens[token];
    deposit_atoms(&world.obligation(user), &token, &world.reserve(&token)).0
}

/// Atoms that `user` owes.
pub fn owed(world: &World<LiteChain>, user: &User, token: usize) -> u64 {
    let token = world.tokens[token];
    debt_atoms(&world.obligation(user), &token, &world.reserve(&token)).0
}

impl Wealth {
    /// The obligation's positions, without its clocks.
    pub fn positions(&self) -> ([Position; MAX_DEPOSITS], [Position; MAX_BORROWS]) {
        (self.obligation.deposits, self.obligation.borrows)
    }
}

impl View {
    pub fn of(scene: &Scene) -> Self {
        let world = &scene.world;
        let reserves = [0, 1, 2].map(|token| world.reserve(&world.tokens[token]));
        let market = world.lending_market();
        let moment = Moment {
            slot: world.slot(),
            now_ts: world.now(),
        };
        let keys = [0, 1, 2].map(|token| world.tokens[token].keys.reserve);
        let mut view = Self {
            slot: moment.slot,
            reserves,
            users: Vec::new(),
            market,
            keys,
            moment,
        };
        let wealth = |user: &User| {
            let obligation = world.obligation(user);
            let tokens = [0, 1, 2].map(|token| (world.tokens[token], reserves[token]));
            Wealth {
                book: view.book_of(&obligation),
                wallet: tokens.map(|(token, _)| world.balance(user, &token)),
                deposits: tokens
                    .map(|(token, reserve)| deposit_atoms(&obligation, &token, &reserve)),
                debts: tokens.map(|(token, reserve)| debt_atoms(&obligation, &token, &reserve)),
                obligation,
            }
        };
        view.users = scene.users.iter().map(wealth).collect();
        view
    }

    /// What an obligation is worth at the prices and indexes of this moment.
    pub fn book_of(&self, obligation: &Obligation) -> Book {
        let find = |key: &Pubkey| {
            let at = self.keys.iter().position(|known| known == key);
            at.map(|at| &self.reserves[at])
        };
        quote::book(&self.market, obligation, find, self.moment).expect("amounts are small")
    }

    /// The first user who owes something and holds nothing.
    pub fn bare(&self) -> Option<usize> {
        self.users
            .iter()
            .position(|user| user.obligation.is_bare_debt())
    }

    /// The first user who is unhealthy.
    pub fn unhealthy(&self) -> Option<usize> {
        self.users
            .iter()
            .position(|user| !user.book.health.is_healthy())
    }
}
