//! A market in which every instruction of the program can succeed at once, for tests that go through all of them.

use anchor_lang::Discriminator;
use levee::gate::Action;
use levee::instruction as name;
use levee::state::{ElevationGroupConfig, MarketConfig};
use levee_client::instructions::{self as ix, other_reserves, Limits, LiquidatorKeys};
use levee_testkit::{mint_account, pair_of, sol_config, stable_config, Chain, Token, User, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{world, BanksChain};

const USDC: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;

/// A market with two reserves, a lender, a healthy and an unhealthy borrower, at prices of this slot.
pub struct Stage {
    /// The market.
    pub world: World<BanksChain>,
    /// The collateral.
    pub sol: Token,
    /// The debt.
    pub usdc: Token,
    /// A share of a stake pool.
    pub staked: Token,
    /// Owes a part of what it may.
    pub borrower: User,
    /// Owes more than its collateral carries.
    pub unhealthy: User,
    /// Has an empty obligation and a full wallet.
    pub idle: User,
    /// Pays the fees of all transactions, and nothing else.
    pub payer: Keypair,
    newcomer: Keypair,
    unlisted_mint: Pubkey,
}

/// One instruction that succeeds on a [`Stage`].
pub struct Row {
    /// As in the program's source.
    pub name: String,
    /// What the gate calls it.
    pub action: Action,
    /// Succeeds.
    pub instruction: Instruction,
    /// Of the instruction, without the payer.
    pub signers: Vec<Keypair>,
    /// Whether the instruction looks at the market's state.
    pub asks_market: bool,
    /// The reserves whose state the instruction looks at.
    pub reserves: Vec<Pubkey>,
    /// The obligation whose state the instruction looks at.
    pub obligation: Option<Pubkey>,
    /// What must follow it in the transaction.
    pub follow_up: Option<Instruction>,
}

impl Row {
    fn new<T: Discriminator>(
        action: Action,
        instruction: Instruction,
        signers: &[&Keypair],
    ) -> Self {
        assert!(
            instruction.data.starts_with(T::DISCRIMINATOR),
            "the builder makes another instruction"
        );
        Self {
            name: snake_case(std::any::type_name::<T>()),
            action,
            instruction,
            signers: signers.iter().map(|k| k.insecure_clone()).collect(),
            asks_market: true,
            reserves: Vec::new(),
            obligation: None,
            follow_up: None,
        }
    }

    /// The instruction and what must follow it.
    pub fn instructions(&self) -> Vec<Instruction> {
        let follow_up = self.follow_up.iter().cloned();
        std::iter::once(self.instruction.clone())
            .chain(follow_up)
            .collect()
    }

    fn followed_by(mut self, instruction: Instruction) -> Self {
        self.follow_up = Some(instruction);
        self
    }

    fn without_market(mut self) -> Self {
        self.asks_market = false;
        self
    }

    fn of_reserves(mut self, tokens: &[&Token]) -> Self {
        self.reserves = tokens.iter().map(|token| token.keys.reserve).collect();
        self
    }

    fn of_obligation(mut self, user: &User) -> Self {
        self.obligation = Some(user.obligation);
        self
    }
}

/// `a::b::InitReserve` as `init_reserve`.
fn snake_case(path: &str) -> String {
    let mut name = String::new();
    for letter in path.rsplit("::").next().unwrap_or(path).chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

impl Stage {
    /// Builds it.
    ///
    /// # Panics
    /// Where the program refuses any of it.
    pub fn new() -> Self {
        let mut world = world();
        let sol = world.add_token(9, 200.0, sol_config);
        let usdc = world.add_token(6, 1.0, stable_config);
        let staked = world.add_staked(&sol, 1.2, sol_config);
        let owner = world.owner.insecure_clone();
        let group = group_config(usdc.keys.reserve);
        let group = ix::update_elevation_group(owner.pubkey(), world.market, 1, group);
        world.must(&[group], &[&owner]);
        world.supplier(&usdc, 100_000 * USDC);
        let borrower = world.supplier(&sol, 100 * SOL);
        let unhealthy = world.supplier(&sol, 100 * SOL);
        for (user, debt) in [(&borrower, 5_000 * USDC), (&unhealthy, 14_500 * USDC)] {
            world.fund(user, &sol, 100 * SOL);
            world
                .borrow(user, &usdc, debt)
                .expect("the collateral carries it");
        }
        let idle = world.user();
        world.fund(&idle, &sol, 100 * SOL);
        world.fund(&idle, &usdc, 100_000 * USDC);

        world.advance(1, 1);
        world.set_usd(&sol, 175.0);
        world.set_usd(&usdc, 1.0);
        let payer = world.keypair();
        let refresh = world.refresh(&[sol, usdc, staked]);
        world.must(&[refresh], &[&payer]);

        let newcomer = world.keypair();
        let offer = ix::propose_owner(world.owner.pubkey(), world.market, newcomer.pubkey());
        world.must(&[offer], &[&owner]);
        let unlisted_mint = world.keypair().pubkey();
        let mint = mint_account(sol.keys.token_program, 9);
        world.chain.set_account(unlisted_mint, mint);
        Self {
            world,
            sol,
            usdc,
            staked,
            borrower,
            unhealthy,
            idle,
            payer,
            newcomer,
            unlisted_mint,
        }
    }

    /// Every instruction of the program.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = self.admin_rows();
        rows.extend(self.user_rows());
        rows
    }

    fn admin_rows(&self) -> Vec<Row> {
        use Action::{ClaimFees, Configure, Refresh};
        let (world, usdc) = (&self.world, &self.usdc);
        let (market, owner) = (world.market, &world.owner);
        let [by_owner, newcomer] = [owner, &self.newcomer].map(Keypair::pubkey);
        let [admin, guardian] = [&world.risk_admin, &world.guardian].map(Keypair::pubkey);
        let (keys, token_program) = (&usdc.keys, usdc.keys.token_program);
        let unlisted = levee_client::ReserveKeys::new(market, self.unlisted_mint, token_program);
        let config = MarketConfig::DEFAULT;
        let create_market = ix::init_lending_market(by_owner, 1, admin, guardian, config);
        let change_market = ix::update_lending_market(by_owner, market, admin, guardian, config);
        let offer = ix::propose_owner(by_owner, market, newcomer);
        let accept = ix::accept_owner(newcomer, market);
        let set_status = ix::set_status(by_owner, market, Some(keys.reserve), 0);
        let create_reserve = ix::init_reserve(by_owner, &unlisted, sol_config(self.sol.feed));
        let change_reserve = ix::update_reserve(by_owner, keys, stable_config(usdc.feed));
        let refresh = ix::refresh_reserves(&[usdc.prices()]);
        let group = ix::update_elevation_group(by_owner, market, 2, group_config(keys.reserve));
        let anchor = ix::anchor_rate(by_owner, &self.staked.keys);
        let claim = ix::claim_protocol_fees(by_owner, keys, self.idle.wallet(usdc));
        let by_owner = &[owner];
        vec![
            Row::new::<name::InitLendingMarket>(Configure, create_market, by_owner)
                .without_market(),
            Row::new::<name::UpdateLendingMarket>(Configure, change_market, by_owner),
            Row::new::<name::ProposeOwner>(Configure, offer, by_owner),
            Row::new::<name::AcceptOwner>(Configure, accept, &[&self.newcomer]),
            Row::new::<name::SetStatus>(Configure, set_status, by_owner).of_reserves(&[usdc]),
            Row::new::<name::InitReserve>(Configure, create_reserve, by_owner),
            Row::new::<name::UpdateReserve>(Configure, change_reserve, by_owner)
                .of_reserves(&[usdc]),
            Row::new::<name::RefreshReserves>(Refresh, refresh, &[])
                .without_market()
                .of_reserves(&[usdc]),
            Row::new::<name::UpdateElevationGroup>(Configure, group, by_owner),
            Row::new::<name::AnchorRate>(Configure, anchor, by_owner).of_reserves(&[&self.staked]),
            Row::new::<name::ClaimProtocolFees>(ClaimFees, claim, by_owner).of_reserves(&[usdc]),
        ]
    }

    fn user_rows(&self) -> Vec<Row> {
        use Action::{
            Borrow, ChangeGroup, CloseObligation, Deposit, InitObligation, Repay, Withdraw,
        };
        let (user, sol, usdc) = (&self.borrower, &self.sol, &self.usdc);
        let (market, newcomer, idle) = (self.world.market, &self.newcomer, &self.idle);
        let (key, of) = (user.key(), user.obligation);
        let list = self.world.reserve_list(user);
        let [sols, dollars] = [sol, usdc].map(|token| user.wallet(token));
        let open = ix::init_obligation(newcomer.pubkey(), market, 0);
        let close = ix::close_obligation(idle.key(), idle.obligation);
        let deposit = ix::deposit(key, of, &sol.keys, sols, SOL);
        let withdraw = ix::withdraw(key, of, &sol.keys, sols, &list, SOL);
        let borrow = ix::borrow(key, of, &usdc.keys, dollars, &list, 100 * USDC);
        let repay = ix::repay(key, of, &usdc.keys, dollars, 100 * USDC);
        let join = ix::set_elevation_group(key, market, of, &list, 1);
        let by_user = &[&user.keypair];
        vec![
            Row::new::<name::InitObligation>(InitObligation, open, &[newcomer]),
            Row::new::<name::CloseObligation>(CloseObligation, close, &[&idle.keypair])
                .without_market()
                .of_obligation(idle),
            Row::new::<name::Deposit>(Deposit, deposit, by_user)
                .of_reserves(&[sol])
                .of_obligation(user),
            Row::new::<name::Withdraw>(Withdraw, withdraw, by_user)
                .of_reserves(&[sol])
                .of_obligation(user),
            Row::new::<name::Borrow>(Borrow, borrow, by_user)
                .of_reserves(&[usdc])
                .of_obligation(user),
            Row::new::<name::Repay>(Repay, repay, by_user)
                .of_reserves(&[usdc])
                .of_obligation(user),
            Row::new::<name::SetElevationGroup>(ChangeGroup, join, by_user).of_obligation(user),
            self.flash_borrow(),
            self.flash_repay(),
            self.liquidation(),
            self.batch(),
            self.mark(),
            self.settlement(),
        ]
    }

    /// Passes the gate always; it has something to settle only where the obligation is insolvent.
    fn settlement(&self) -> Row {
        let (sick, usdc) = (&self.unhealthy, &self.usdc);
        let settle = ix::settle_bad_debt(self.world.market, sick.obligation, usdc.keys.reserve);
        Row::new::<name::SettleBadDebt>(Action::SettleBadDebt, settle, &[])
            .of_reserves(&[usdc])
            .of_obligation(sick)
    }

    fn liquidation(&self) -> Row {
        let (sick, sol, usdc) = (&self.unhealthy, &self.sol, &self.usdc);
        let pair = pair_of(usdc, sol);
        let others = other_reserves(&self.world.obligation(sick), &pair, false);
        let keys = self.liquidator();
        let liquidate = ix::liquidate(&keys, &pair, sick.obligation, &others, None, Limits::NONE);
        Row::new::<name::Liquidate>(Action::Liquidate, liquidate, &[&self.idle.keypair])
            .of_reserves(&[usdc, sol])
            .of_obligation(sick)
    }

    fn batch(&self) -> Row {
        let (sick, sol, usdc) = (&self.unhealthy, &self.sol, &self.usdc);
        let pair = pair_of(usdc, sol);
        let others = other_reserves(&self.world.obligation(sick), &pair, false);
        let obligations = [(sick.obligation, others)];
        let batch = ix::liquidate_batch(&self.liquidator(), &pair, &obligations, Limits::NONE);
        Row::new::<name::LiquidateBatch>(Action::Liquidate, batch, &[&self.idle.keypair])
            .of_reserves(&[usdc, sol])
            .of_obligation(sick)
    }

    fn liquidator(&self) -> LiquidatorKeys {
        LiquidatorKeys {
            liquidator: self.idle.key(),
            source: self.idle.wallet(&self.usdc),
            destination: self.idle.wallet(&self.sol),
        }
    }

    fn mark(&self) -> Row {
        let sick = &self.unhealthy;
        let obligations = [(sick.obligation, self.world.reserve_list(sick))];
        let mark = ix::mark_unhealthy(self.world.market, &obligations);
        Row::new::<name::MarkUnhealthy>(Action::MarkUnhealthy, mark, &[]).of_obligation(sick)
    }

    fn flash_borrow(&self) -> Row {
        let (idle, usdc) = (&self.idle, &self.usdc);
        let borrow = ix::flash_borrow(idle.key(), &usdc.keys, idle.wallet(usdc), 1_000 * USDC);
        let repay = ix::flash_repay(idle.key(), &usdc.keys, idle.wallet(usdc));
        Row::new::<name::FlashBorrow>(Action::FlashBorrow, borrow, &[&idle.keypair])
            .of_reserves(&[usdc])
            .followed_by(repay)
    }

    /// Passes the gate always; it has something to repay only where a flash loan is open.
    fn flash_repay(&self) -> Row {
        let (idle, usdc) = (&self.idle, &self.usdc);
        let repay = ix::flash_repay(idle.key(), &usdc.keys, idle.wallet(usdc));
        Row::new::<name::FlashRepay>(Action::FlashRepay, repay, &[&idle.keypair])
            .of_reserves(&[usdc])
    }
}

/// A group that lends `debt`.
pub fn group_config(debt: Pubkey) -> ElevationGroupConfig {
    ElevationGroupConfig {
        debt_reserve: debt,
        auction: sol_config([0; 32]).auction,
        ltv_bps: 8_500,
        threshold_bps: 9_000,
        unused: 0,
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}
