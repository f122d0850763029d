//! A book of borrowers on the quick chain, slots of 400 milliseconds, and feeds as Pyth posts them.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee::state::{MarketConfig, ReserveConfig};
use levee_client::instructions as ix;
use levee_client::quote::{self, Copies, Quote, Request};
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::units::Atoms;
use levee_tests::{
    assert_refused, event, free, sol_config, stable_config, view, LiteChain, Token, User, World,
};
use solana_signer::Signer;

use crate::feed::Feed;

const SLOT_MILLIS: u64 = 400;
/// Collateral of every borrower, in tokens.
pub const HELD: f64 = 100.0;
/// What SOL costs when the borrowers borrow.
pub const SOL_PRICE: f64 = 100.0;
/// Pyth's usual confidence for SOL, as a part of the price.
const CALM: f64 = 0.000_5;

/// A market while something happens to it.
pub struct Replay {
    pub world: World<LiteChain>,
    /// What the borrowers hold.
    pub collateral: Token,
    /// What they owe.
    pub debt: Token,
    /// The only one that supplied the debt's reserve.
    pub lender: User,
    /// Liquidates and marks.
    pub bot: User,
    /// Each holds [`HELD`] tokens.
    pub borrowers: Vec<User>,
    /// The slot of the cluster's latest restart, for quotes.
    pub restart_slot: u64,
    feeds: Vec<Feed>,
    /// Time that whole seconds did not show yet.
    millis: u64,
}

impl Replay {
    /// Dollars against SOL at [`SOL_PRICE`], a borrower for each loan-to-value.
    pub fn sol(ltvs: &[f64]) -> Self {
        Self::sol_with(ltvs, free(stable_config))
    }

    /// The same on which no interest accrues.
    pub fn sol_without_interest(ltvs: &[f64]) -> Self {
        let still = |feed| {
            let mut config = free(stable_config)(feed);
            for point in &mut config.curve {
                point.rate_bps = 0;
            }
            config
        };
        Self::sol_with(ltvs, still)
    }

    fn sol_with(ltvs: &[f64], dollar: impl Fn([u8; 32]) -> ReserveConfig) -> Self {
        let mut world = World::new(LiteChain::new());
        let sol = world.add_token(9, SOL_PRICE, free(sol_config));
        let usdc = world.add_token(6, 1.0, dollar);
        let mut replay = Self::new(world, sol, usdc, &[(sol, SOL_PRICE), (usdc, 1.0)]);
        replay.borrow_all(
            &ltvs
                .iter()
                .map(|ltv| ltv * HELD * SOL_PRICE)
                .collect::<Vec<_>>(),
        );
        replay
    }

    /// A market whose borrowers will owe `debt` against `collateral`, with the prices of its feeds.
    pub fn new(
        mut world: World<LiteChain>,
        collateral: Token,
        debt: Token,
        feeds: &[(Token, f64)],
    ) -> Self {
        let lender = world.supplier(&debt, debt.atoms(1e6));
        let bot = world.user();
        world.fund(&bot, &debt, debt.atoms(1e7));
        world.fund(&bot, &collateral, 0);
        let published = world.now();
        let feed = |&(token, price): &(Token, f64)| Feed {
            token,
            price,
            ema: price,
            confidence: 0.0,
            published,
        };
        let mut replay = Self {
            world,
            collateral,
            debt,
            lender,
            bot,
            borrowers: Vec::new(),
            restart_slot: 0,
            feeds: feeds.iter().map(feed).collect(),
            millis: 0,
        };
        replay.publish();
        replay
    }

    /// Adds a borrower for each debt, in tokens, at exact prices. One slot later the feeds have their usual confidence.
    pub fn borrow_all(&mut self, debts: &[f64]) {
        let (collateral, debt) = (self.collateral, self.debt);
        for tokens in debts {
            let world = &mut self.world;
            let user = world.supplier(&collateral, collateral.atoms(HELD));
            world.fund(&user, &debt, 0);
            world.borrow(&user, &debt, debt.atoms(*tokens)).unwrap();
            self.borrowers.push(user);
        }
        for feed in &mut self.feeds {
            feed.confidence = CALM;
        }
        self.tick(1);
    }

    /// The feed of `token`.
    pub fn feed(&mut self, token: &Token) -> &mut Feed {
        let mut feeds = self.feeds.iter_mut();
        feeds.find(|feed| feed.token.feed == token.feed).unwrap()
    }

    /// Posts all feeds anew as of this second.
    pub fn publish(&mut self) {
        let now = self.world.now();
        for feed in &mut self.feeds {
            feed.print(feed.price, now);
            self.world.set_price(&feed.token, &feed.spec());
        }
    }

    /// The collateral's feed prints `price`, and all are posted.
    pub fn print(&mut self, price: f64) {
        let (now, token) = (self.world.now(), self.collateral);
        self.feed(&token).print(price, now);
        self.publish();
    }

    /// The collateral stands at `price` for so long that its average does too.
    pub fn settle_at(&mut self, price: f64) {
        self.tick(1);
        let token = self.collateral;
        self.feed(&token).ema = price;
        self.print(price);
    }

    /// Lets `slots` pass, after which all feeds are posted anew.
    pub fn tick(&mut self, slots: u64) {
        self.millis += slots * SLOT_MILLIS;
        let seconds = self.millis / 1_000;
        self.millis %= 1_000;
        self.world.advance(slots, seconds as i64);
        self.publish();
    }

    /// Everybody's number.
    pub fn all(&self) -> Vec<usize> {
        (0..self.borrowers.len()).collect()
    }

    /// Looks at the borrowers of these numbers.
    pub fn mark(&mut self, numbers: &[usize]) {
        // Twenty fit the accounts that a transaction may lock.
        for some in numbers.chunks(20) {
            let of: Vec<_> = some.iter().map(|n| &self.borrowers[*n]).collect();
            self.world.mark(&self.bot, &of).unwrap();
        }
    }

    /// What liquidating borrower `n` would do now, by the program's engine on copies.
    pub fn quote(&mut self, n: usize) -> Result<Quote, LeveeError> {
        view::refresh_all(&mut self.world);
        let world = &self.world;
        let of = &self.borrowers[n];
        let copies = world
            .tokens
            .iter()
            .map(|t| (t.keys.reserve, world.reserve(t)));
        let request = Request {
            repay: self.debt.keys.reserve,
            seize: self.collateral.keys.reserve,
            limit: Atoms(u64::MAX),
            has_receiver: false,
        };
        quote::liquidation(
            &world.lending_market(),
            &of.obligation,
            &world.obligation(of),
            &Copies(copies.collect()),
            view::moment(world),
            self.restart_slot,
            &request,
        )
        .expect("the accounts make sense")
    }

    /// The bot quotes the liquidation of borrower `n` and sends it, whatever the quote says: the chain does the same. A refusal
    /// changes nothing.
    pub fn try_liquidate(&mut self, n: usize) -> Result<Liquidated, LeveeError> {
        let quote = self.quote(n);
        let (by, of) = (&self.bot, &self.borrowers[n]);
        let list = self
            .world
            .liquidation(by, of, &self.debt, &self.collateral, u64::MAX, 0);
        let signers = [&by.keypair];
        let quote = match quote {
            Ok(quote) => quote,
            Err(error) => {
                assert_refused(&mut self.world, &list, &signers, error);
                return Err(error);
            }
        };
        let plan = quote.done.plan.expect("there is a pair to liquidate");
        let done: Liquidated = event(&self.world.must(&list, &signers));
        assert_eq!(
            (done.repaid_atoms, done.seized_atoms, done.bonus_ppm),
            (plan.repay.0, plan.seize.0, plan.bonus.0)
        );
        Ok(done)
    }

    /// Asserts that the liquidation of borrower `n` is refused with `error`.
    pub fn refuse(&mut self, n: usize, error: LeveeError) {
        let outcome = self.try_liquidate(n);
        assert_eq!(outcome.err(), Some(error), "borrower {n}");
    }

    /// The health of borrower `n` at the cached prices, which are made those of now.
    pub fn health(&mut self, n: usize) -> f64 {
        view::refresh_all(&mut self.world);
        view::health(&self.world, &self.borrowers[n])
    }

    /// What borrower `n` owes, in atoms.
    pub fn owed(&self, n: usize) -> u64 {
        view::owed(&self.world, &self.borrowers[n], &self.debt)
    }

    /// What the lender may claim, in atoms.
    pub fn lent(&self) -> u64 {
        view::deposited(&self.world, &self.lender, &self.debt)
    }

    /// Changes the market's rules.
    pub fn set_rules(&mut self, change: impl FnOnce(&mut MarketConfig)) {
        let world = &mut self.world;
        let mut config = world.lending_market().config;
        change(&mut config);
        let [admin, guardian] = [&world.risk_admin, &world.guardian].map(Signer::pubkey);
        let owner = world.owner.insecure_clone();
        let key = owner.pubkey();
        let update = ix::update_lending_market(key, world.market, admin, guardian, config);
        world.must(&[update], &[&owner]);
    }

    /// The configuration of a reserve.
    pub fn config(&self, token: &Token) -> ReserveConfig {
        self.world.reserve(token).config
    }

    /// Asserts what holds after every instruction: the positions add up to the reserves' totals exactly, claims are backed,
    /// and the vaults hold what the reserves count.
    pub fn check_books(&self) {
        for token in [self.collateral, self.debt] {
            let reserve = self.world.reserve(&token);
            let mut supply = reserve.scaled_insurance();
            let mut debt = ScaledDebt::ZERO;
            for user in self.borrowers.iter().chain([&self.lender, &self.bot]) {
                let obligation = self.world.obligation(user);
                let held: ScaledSupply = obligation.deposit_in(&token.keys.reserve);
                supply = supply.checked_add(held).unwrap();
                let owed = obligation.debt_in(&token.keys.reserve);
                debt = debt.checked_add(owed).unwrap();
            }
            assert_eq!(supply, reserve.scaled_supply());
            assert_eq!(debt, reserve.scaled_debt());
            reserve.check_backing().expect("claims are backed");
            let vault = self.world.token_balance(&token.keys.vault);
            assert_eq!(vault, reserve.available_atoms);
        }
    }
}
