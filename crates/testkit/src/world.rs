//! A lending market with reserves, users and prices.

mod actions;
mod liquidations;
mod listing;
mod reading;

pub use liquidations::pair_of;

use levee::state::MarketConfig;
use levee_client::instructions::{self as ix, PriceKeys};
use levee_client::{pda, ReserveKeys};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::chain::{Chain, Receipt};
use crate::tokens::token_account;

const LAMPORTS: u64 = 100_000_000_000;
/// 10 October 2025, 21:00 UTC.
const START_TS: i64 = 1_760_130_000;
const START_SLOT: u64 = 1_000;

/// SPL Token's address.
const TOKEN_PROGRAM: Pubkey = anchor_spl::token::ID;

/// A token with its reserve and its price account.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// The reserve's addresses.
    pub keys: ReserveKeys,
    /// Pyth's feed id.
    pub feed: [u8; 32],
    /// Where the price is posted.
    pub price_account: Pubkey,
    /// Where the rate is, for a token with one.
    pub rate_account: Option<Pubkey>,
    /// Of the mint.
    pub decimals: u8,
}

impl Token {
    /// What a refresh of its reserve names.
    pub fn prices(&self) -> PriceKeys {
        PriceKeys {
            reserve: self.keys.reserve,
            price: self.price_account,
            rate: self.rate_account,
        }
    }

    /// A whole number of tokens in atoms.
    pub fn atoms(&self, tokens: f64) -> u64 {
        (tokens * 10f64.powi(i32::from(self.decimals))).round() as u64
    }
}

/// Somebody with a key and an obligation.
pub struct User {
    /// Signs and pays.
    pub keypair: Keypair,
    /// Obligation number zero.
    pub obligation: Pubkey,
}

impl User {
    /// The user's address.
    pub fn key(&self) -> Pubkey {
        self.keypair.pubkey()
    }

    /// The user's only account of `token`.
    pub fn wallet(&self, token: &Token) -> Pubkey {
        Pubkey::find_program_address(
            &[self.key().as_ref(), token.keys.mint.as_ref()],
            &TOKEN_PROGRAM,
        )
        .0
    }
}

/// A market on a chain.
pub struct World<C> {
    /// The chain.
    pub chain: C,
    /// Owns the market.
    pub owner: Keypair,
    /// May change reserves.
    pub risk_admin: Keypair,
    /// May restrict.
    pub guardian: Keypair,
    /// The market's address.
    pub market: Pubkey,
    /// Its tokens in the order in which they were added.
    pub tokens: Vec<Token>,
    keys_made: u64,
}

impl<C: Chain> World<C> {
    /// A market with the design's defaults and no reserve.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn new(chain: C) -> Self {
        Self::starting_at(chain, START_SLOT, START_TS)
    }

    /// The same, created at a slot and Unix time of the caller's choice.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn starting_at(mut chain: C, slot: u64, unix_timestamp: i64) -> Self {
        let mut clock = chain.clock();
        clock.slot = slot;
        clock.unix_timestamp = unix_timestamp;
        chain.set_clock(clock);
        let mut world = Self {
            chain,
            owner: Keypair::new(),
            risk_admin: Keypair::new(),
            guardian: Keypair::new(),
            market: Pubkey::default(),
            tokens: Vec::new(),
            keys_made: 0,
        };
        // Keys from a counter: the same addresses, bumps and compute units in every run.
        world.owner = world.keypair();
        world.risk_admin = world.keypair();
        world.guardian = world.keypair();
        world.market = pda::market(&world.owner.pubkey(), 0);
        let create = ix::init_lending_market(
            world.owner.pubkey(),
            0,
            world.risk_admin.pubkey(),
            world.guardian.pubkey(),
            MarketConfig::DEFAULT,
        );
        let owner = world.owner.insecure_clone();
        world.must(&[create], &[&owner]);
        world
    }

    /// A funded key, the same in every run.
    pub fn keypair(&mut self) -> Keypair {
        self.keys_made += 1;
        let mut seed = [0x4c; 32];
        seed[..8].copy_from_slice(&self.keys_made.to_le_bytes());
        let keypair = Keypair::new_from_array(seed);
        self.chain.set_account(
            keypair.pubkey(),
            Account {
                lamports: LAMPORTS,
                ..Account::default()
            },
        );
        keypair
    }

    /// A user with an empty obligation.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn user(&mut self) -> User {
        let keypair = self.keypair();
        let create = ix::init_obligation(keypair.pubkey(), self.market, 0);
        self.must(&[create], &[&keypair]);
        User {
            obligation: pda::obligation(&self.market, &keypair.pubkey(), 0),
            keypair,
        }
    }

    /// A user whose wallet of `token` holds `atoms`.
    pub fn fund(&mut self, user: &User, token: &Token, atoms: u64) {
        let account = token_account(token.keys.token_program, token.keys.mint, user.key(), atoms);
        self.chain.set_account(user.wallet(token), account);
    }

    /// A new user who has supplied `atoms`.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn supplier(&mut self, token: &Token, atoms: u64) -> User {
        let user = self.user();
        self.fund(&user, token, atoms);
        self.deposit(&user, token, atoms)
            .expect("a supplier may deposit");
        user
    }

    /// The cluster's time.
    pub fn now(&self) -> i64 {
        self.chain.clock().unix_timestamp
    }

    /// The current slot.
    pub fn slot(&self) -> u64 {
        self.chain.clock().slot
    }

    /// Lets time pass.
    pub fn advance(&mut self, slots: u64, seconds: i64) {
        let mut clock = self.chain.clock();
        clock.slot += slots;
        clock.unix_timestamp += seconds;
        self.chain.set_clock(clock);
    }

    /// `refresh_reserves` of `tokens`.
    pub fn refresh(&self, tokens: &[Token]) -> Instruction {
        let reserves: Vec<_> = tokens.iter().map(Token::prices).collect();
        ix::refresh_reserves(&reserves)
    }

    /// The tokens behind the reserves of a list, in its order, each once.
    pub fn tokens_of(&self, reserves: &[Pubkey]) -> Vec<Token> {
        let used = |token: &&Token| reserves.contains(&token.keys.reserve);
        self.tokens.iter().filter(used).copied().collect()
    }

    /// Sends what must succeed.
    ///
    /// # Panics
    /// Where it does not, with the logs.
    pub fn must(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Receipt {
        match self.chain.send(instructions, signers) {
            Ok(receipt) => receipt,
            Err(failure) => panic!("{failure}"),
        }
    }
}
