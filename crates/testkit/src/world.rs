//! A lending market with reserves, users and prices.

use anchor_lang::{Discriminator, ZeroCopy};
use levee::state::{LendingMarket, MarketConfig, Obligation, Reserve, ReserveConfig};
use levee_client::accounts::{decode, encode};
use levee_client::instructions::{self as ix, LiquidatorKeys};
use levee_client::{pda, ReserveKeys};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::chain::{Chain, Failure, Receipt};
use crate::oracle::{price_account, PriceSpec};
use crate::tokens::{mint_account, token_account, token_amount};

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
    /// Of the mint.
    pub decimals: u8,
}

impl Token {
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

    /// Adds a token of SPL Token at `dollars`, configured by `config` for its feed.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_token(
        &mut self,
        decimals: u8,
        dollars: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let mint = self.keypair().pubkey();
        self.chain
            .set_account(mint, mint_account(TOKEN_PROGRAM, decimals));
        self.add_reserve(mint, TOKEN_PROGRAM, decimals, dollars, config)
    }

    /// Adds the reserve of an existing mint.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_reserve(
        &mut self,
        mint: Pubkey,
        token_program: Pubkey,
        decimals: u8,
        dollars: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let feed = self.keypair().pubkey().to_bytes();
        let token = Token {
            keys: ReserveKeys::new(self.market, mint, token_program),
            feed,
            price_account: self.keypair().pubkey(),
            decimals,
        };
        let owner = self.owner.insecure_clone();
        let create = ix::init_reserve(owner.pubkey(), &token.keys, config(feed));
        self.must(&[create], &[&owner]);
        self.tokens.push(token);
        self.set_usd(&token, dollars);
        token
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

    /// Posts `spec` for `token`.
    pub fn set_price(&mut self, token: &Token, spec: &PriceSpec) {
        self.chain
            .set_account(token.price_account, price_account(token.feed, spec));
    }

    /// Posts a calm price of this second.
    pub fn set_usd(&mut self, token: &Token, dollars: f64) {
        let now = self.now();
        self.set_price(token, &PriceSpec::usd(dollars, now));
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
        let pairs: Vec<_> = tokens
            .iter()
            .map(|token| (token.keys.reserve, token.price_account))
            .collect();
        ix::refresh_reserves(&pairs)
    }

    /// The tokens behind the reserves of a list, in its order, each once.
    pub fn tokens_of(&self, reserves: &[Pubkey]) -> Vec<Token> {
        let used = |token: &&Token| reserves.contains(&token.keys.reserve);
        self.tokens.iter().filter(used).copied().collect()
    }

    /// Deposits from the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn deposit(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let wallet = user.wallet(token);
        let deposit = ix::deposit(user.key(), user.obligation, &token.keys, wallet, atoms);
        self.chain.send(&[deposit], &[&user.keypair])
    }

    /// Refreshes all prices of the obligation as it will be, and withdraws to the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn withdraw(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let mut list = self.reserve_list(user);
        if atoms == u64::MAX {
            let deposits = self.obligation(user).deposits().len();
            let at = list[..deposits]
                .iter()
                .position(|r| *r == token.keys.reserve);
            if let Some(at) = at {
                list.remove(at);
            }
        }
        let refreshed = self.tokens_of(&list);
        let withdraw = ix::withdraw(
            user.key(),
            user.obligation,
            &token.keys,
            user.wallet(token),
            &list,
            atoms,
        );
        let mut instructions = Vec::new();
        if self.obligation(user).borrow_count > 0 {
            instructions.push(self.refresh(&refreshed));
        }
        instructions.push(withdraw);
        self.chain.send(&instructions, &[&user.keypair])
    }

    /// Refreshes all prices of the obligation as it will be, and borrows to the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn borrow(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let mut list = self.reserve_list(user);
        if self.obligation(user).debt_in(&token.keys.reserve).is_zero() {
            list.push(token.keys.reserve);
        }
        let wallet = user.wallet(token);
        if self.chain.account(&wallet).is_none() {
            self.fund(user, token, 0);
        }
        let refresh = self.refresh(&self.tokens_of(&list));
        let borrow = ix::borrow(
            user.key(),
            user.obligation,
            &token.keys,
            wallet,
            &list,
            atoms,
        );
        self.chain.send(&[refresh, borrow], &[&user.keypair])
    }

    /// Repays from the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn repay(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let wallet = user.wallet(token);
        let repay = ix::repay(user.key(), user.obligation, &token.keys, wallet, atoms);
        self.chain.send(&[repay], &[&user.keypair])
    }

    /// Refreshes all prices of `of`'s obligation and liquidates it from and to `liquidator`'s wallets.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn liquidate(
        &mut self,
        liquidator: &User,
        of: &User,
        repay: &Token,
        seize: &Token,
        max_repay_atoms: u64,
    ) -> Result<Receipt, Failure> {
        let instructions = self.liquidation(liquidator, of, repay, seize, max_repay_atoms, 0);
        self.chain.send(&instructions, &[&liquidator.keypair])
    }

    /// The instructions of [`World::liquidate`].
    pub fn liquidation(
        &mut self,
        liquidator: &User,
        of: &User,
        repay: &Token,
        seize: &Token,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Vec<Instruction> {
        for token in [repay, seize] {
            if self.chain.account(&liquidator.wallet(token)).is_none() {
                self.fund(liquidator, token, 0);
            }
        }
        let list = self.reserve_list(of);
        let keys = LiquidatorKeys {
            liquidator: liquidator.key(),
            source: liquidator.wallet(repay),
            destination: liquidator.wallet(seize),
        };
        let refresh = self.refresh(&self.tokens_of(&list));
        let liquidate = ix::liquidate(
            &keys,
            of.obligation,
            &repay.keys,
            &seize.keys,
            &list,
            max_repay_atoms,
            min_seized_atoms,
        );
        vec![refresh, liquidate]
    }

    /// The reserves of the user's obligation in its order.
    pub fn reserve_list(&self, user: &User) -> Vec<Pubkey> {
        ix::reserve_list(&self.obligation(user))
    }

    /// The decoded account at `address`.
    ///
    /// # Panics
    /// Where it is of another kind.
    pub fn read<T: ZeroCopy + Discriminator>(&self, address: &Pubkey) -> T {
        let account = self.chain.account(address).expect("the account exists");
        decode(&account.data).expect("the account is of that kind")
    }

    /// Rewrites the account at `address` as an attacker never could.
    ///
    /// # Panics
    /// Where it is of another kind.
    pub fn rewrite<T: ZeroCopy + Discriminator>(
        &mut self,
        address: &Pubkey,
        change: impl FnOnce(&mut T),
    ) {
        let mut account = self.chain.account(address).expect("the account exists");
        let mut value = decode::<T>(&account.data).expect("the account is of that kind");
        change(&mut value);
        account.data = encode(&value);
        self.chain.set_account(*address, account);
    }

    /// The decoded market.
    pub fn lending_market(&self) -> LendingMarket {
        self.read(&self.market)
    }

    /// The decoded obligation of `user`.
    pub fn obligation(&self, user: &User) -> Obligation {
        self.read(&user.obligation)
    }

    /// The decoded reserve of `token`.
    pub fn reserve(&self, token: &Token) -> Reserve {
        self.read(&token.keys.reserve)
    }

    /// The atoms in the user's wallet.
    pub fn balance(&self, user: &User, token: &Token) -> u64 {
        self.token_balance(&user.wallet(token))
    }

    /// The atoms in a token account; zero where there is none.
    pub fn token_balance(&self, address: &Pubkey) -> u64 {
        let account = self.chain.account(address);
        account.as_ref().map(token_amount).unwrap_or_default()
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
