//! Shares of a stake pool: what their rate is read from, what it is worth, and whom an old one stops.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee::state::{ReserveConfig, RATE_STAKE_POOL};
use levee_client::instructions as ix;
use levee_client::ReserveKeys;
use levee_tests::oracles::{accept_price, refuse_price};
use levee_tests::{
    assert_refused, event, exact, forge, mint_account, sol_config, stake_pool_account, view, world,
    Chain, Failure, PriceSpec, Receipt, Staked,
};
use solana_signer::Signer;

/// One, as [`Staked::set_pool`] takes it.
const ONE: u64 = 1 << 20;

fn assert_is(outcome: Result<Receipt, Failure>, error: LeveeError) {
    let failure = outcome.expect_err("it is refused");
    assert!(failure.is(error), "{error:?} was due: {failure}");
}

#[test]
fn a_refresh_caches_lamports_per_share_rounded_down() {
    let pools = [
        (1_250_000_007, 1_000_000_000, 0),
        (6_636_671_234_567_890, 6_182_851_234_567_890, 1),
        (1, 3, 2),
        (u64::MAX, u64::MAX, 3),
        ((1 << 50) - 1, 1 << 26, 4),
    ];
    for (lamports, supply, epoch) in pools {
        let mut staked = Staked::new();
        let share = staked.share;
        let pool = stake_pool_account(share.keys.mint, lamports, supply, epoch);
        staked.put_pool(pool);
        accept_price(&mut staked.world, &share);
        let cache = staked.world.reserve(&share).price;
        let due = (u128::from(lamports) << 40) / u128::from(supply);
        assert_eq!(u128::from(cache.rate), due, "{lamports}/{supply}");
        assert_eq!(cache.rate_ts, epoch as i64);
    }
}

#[test]
fn shares_carry_what_their_sol_would() {
    // Ten shares of 1.25 SOL at $100 and an LTV of 70 %.
    let mut staked = Staked::new();
    assert_is(staked.borrow(875.000_001), LeveeError::LtvExceeded);
    staked.borrow(875.0).unwrap();
}

#[test]
fn another_account_than_the_named_pool_is_refused() {
    let mut staked = Staked::new();
    let (share, sol) = (staked.share, staked.sol);
    let pool = share.rate_account.unwrap();
    let owner = staked.world.chain.account(&pool).unwrap().owner;
    let copy = forge::copy_under(&mut staked.world, &pool, owner);
    let anybody = staked.world.keypair();
    let genuine = staked.world.refresh(&[share]);
    for key in [copy, sol.price_account, sol.keys.mint] {
        let forged = forge::with_account(&genuine, 2, key);
        let error = LeveeError::WrongRateAccount;
        assert_refused(&mut staked.world, &[forged], &[&anybody], error);
    }
    let mut without = genuine.clone();
    without.accounts.pop();
    let error = LeveeError::UnpairedPriceAccounts;
    assert_refused(&mut staked.world, &[without], &[&anybody], error);
    staked.world.must(&[genuine], &[&anybody]);
}

#[test]
fn an_account_that_is_no_pool_of_this_share_is_refused() {
    let mut staked = Staked::new();
    let (share, sol) = (staked.share, staked.sol);
    let right = stake_pool_account(share.keys.mint, 5, 4, 0);
    let mut wrong = vec![stake_pool_account(sol.keys.mint, 5, 4, 0)];
    for kind in [0, 2, 255] {
        let mut other = right.clone();
        other.data[0] = kind;
        wrong.push(other);
    }
    // The last epoch ends with byte 282.
    for length in [0, 1, 161, 193, 265, 273, 281] {
        let mut short = right.clone();
        short.data.truncate(length);
        wrong.push(short);
    }
    for account in wrong {
        staked.put_pool(account);
        refuse_price(&mut staked.world, &share, LeveeError::WrongRateAccount);
    }
    let mut shortest = right;
    shortest.data.truncate(282);
    staked.put_pool(shortest);
    accept_price(&mut staked.world, &share);
}

#[test]
fn a_pool_without_shares_or_lamports_or_with_an_absurd_rate_is_refused() {
    let mut staked = Staked::new();
    let share = staked.share;
    for (lamports, supply) in [(5, 0), (0, 0), (0, 5), (1, 1 << 41), (1 << 24, 1)] {
        staked.put_pool(stake_pool_account(share.keys.mint, lamports, supply, 0));
        refuse_price(&mut staked.world, &share, LeveeError::RateOutOfRange);
    }
    staked.put_pool(stake_pool_account(share.keys.mint, (1 << 24) - 1, 1, 0));
    accept_price(&mut staked.world, &share);
}

#[test]
fn a_pool_that_missed_one_epoch_serves_new_risk_and_one_that_missed_two_does_not() {
    let mut staked = Staked::new();
    staked.borrow(100.0).unwrap();
    staked.advance(1, 0, 1);
    staked.borrow(100.0).unwrap();
    staked.advance(1, 0, 1);
    assert_is(staked.borrow(100.0), LeveeError::RateTooOld);
    let (world, user, share) = (&mut staked.world, &staked.user, staked.share);
    assert_is(world.withdraw(user, &share, 1_000), LeveeError::RateTooOld);
    world.fund(user, &share, 1_000);
    world.deposit(user, &share, 1_000).unwrap();
    world.repay(user, &staked.usdc, 50_000_000).unwrap();
    let epoch = staked.epoch();
    staked.set_pool(ONE * 5 / 4, epoch);
    staked.borrow(100.0).unwrap();
}

#[test]
fn a_share_is_not_borrowed_at_an_old_rate_either() {
    let mut staked = Staked::new();
    let (world, usdc, share) = (&mut staked.world, staked.usdc, staked.share);
    let user = world.supplier(&usdc, usdc.atoms(1_000.0));
    world.borrow(&user, &share, share.atoms(1.0)).unwrap();
    staked.advance(1, 0, 2);
    let borrowed = staked.world.borrow(&user, &share, share.atoms(1.0));
    assert_is(borrowed, LeveeError::RateTooOld);
    let withdrawn = staked.world.withdraw(&user, &usdc, 1_000_000);
    assert_is(withdrawn, LeveeError::RateTooOld);
    let epoch = staked.epoch();
    staked.set_pool(ONE * 5 / 4, epoch);
    let world = &mut staked.world;
    world.borrow(&user, &share, share.atoms(1.0)).unwrap();
}

#[test]
fn an_old_rate_stops_neither_marks_nor_liquidations() {
    let mut staked = Staked::new();
    staked.borrow(875.0).unwrap();
    staked.advance(1, 0, 50);
    // $900 at a threshold of 77 %.
    staked.post(72.0);
    let (world, by, of) = (&mut staked.world, &staked.liquidator, &staked.user);
    world.mark(by, &[of]).unwrap();
    assert_eq!(world.obligation(of).last_seen_unhealthy_slot, world.slot());
    let usdc = staked.usdc;
    staked.liquidate(usdc).unwrap();
    assert!(staked.world.balance(&staked.liquidator, &staked.share) > 0);
}

#[test]
fn an_update_of_an_older_epoch_is_ignored_and_one_of_the_same_counts() {
    let mut staked = Staked::new();
    let share = staked.share;
    staked.advance(1, 0, 10);
    staked.set_pool(ONE * 5 / 4, 10);
    accept_price(&mut staked.world, &share);
    for (numerator, epoch, due) in [
        (ONE * 3 / 2, 9, ONE * 5 / 4),
        (ONE, 0, ONE * 5 / 4),
        (ONE, 10, ONE),
        (ONE * 3 / 2, 11, ONE * 3 / 2),
    ] {
        staked.set_pool(numerator, epoch);
        accept_price(&mut staked.world, &share);
        assert_eq!(staked.world.reserve(&share).price.rate, due << 20);
    }
}

/// The user owes SOL against shares of SOL: 8.75 for 12.5.
fn correlated() -> Staked {
    let mut staked = Staked::new();
    let (world, sol) = (&mut staked.world, staked.sol);
    world.borrow(&staked.user, &sol, sol.atoms(8.75)).unwrap();
    staked.advance(1, 0, 0);
    staked
}

#[test]
fn a_share_against_its_base_is_valued_by_the_ratio_alone() {
    let mut staked = correlated();
    let sol = staked.sol;
    view::refresh_all(&mut staked.world);
    let before = view::book(&staked.world, &staked.user).health;
    for dollars in [0.01, 50.0, 10_000.0] {
        staked.post(dollars);
        view::refresh_all(&mut staked.world);
        let health = view::book(&staked.world, &staked.user).health;
        assert!(health.compare(&before).is_eq(), "at ${dollars}");
        assert_is(staked.liquidate(sol), LeveeError::ObligationHealthy);
    }
}

#[test]
fn doubts_about_the_base_neither_block_a_share_against_it_nor_make_its_health() {
    let mut staked = Staked::new();
    let (sol, share) = (staked.sol, staked.share);
    // No price that anything but a ratio could be taken from.
    let spec = exact(&staked.world, 100.0);
    let doubtful = PriceSpec {
        confidence: 9_000_000_000,
        ema: 40_000_000_000,
        ..spec
    };
    staked.post_sol(doubtful);
    let world = &mut staked.world;
    let too_much = world.borrow(&staked.user, &sol, sol.atoms(8.75) + 1);
    assert_is(too_much, LeveeError::LtvExceeded);
    world.borrow(&staked.user, &sol, sol.atoms(8.75)).unwrap();
    // Mild and doubtful, and yet due at once: 77 % of 11.35 SOL are 8.7395.
    world.advance(1, 0);
    let epoch = staked.epoch();
    staked.set_pool(ONE * 1_135 / 1_000, epoch);
    staked.post_sol(doubtful);
    let receipt = staked.liquidate(sol).unwrap();
    let done: Liquidated = event(&receipt);
    assert_eq!(done.tier, 0);
    assert!(staked.world.balance(&staked.liquidator, &share) > 0);
}

#[test]
fn a_slashed_pool_makes_a_share_against_its_base_liquidatable() {
    let mut staked = correlated();
    let sol = staked.sol;
    let epoch = staked.epoch();
    // 8.75 / 0.77 / 10 = 1.13636…
    staked.set_pool(ONE * 114 / 100, epoch);
    assert_is(staked.liquidate(sol), LeveeError::ObligationHealthy);
    staked.set_pool(ONE * 113 / 100, epoch);
    staked.liquidate(sol).unwrap();
    assert!(view::book(&staked.world, &staked.user).health.is_healthy());
}

#[test]
fn a_pools_token_has_nine_decimals() {
    for (decimals, is_refused) in [(6, true), (8, true), (10, true), (9, false)] {
        let mut world = world();
        let mint = world.keypair().pubkey();
        let token_program = anchor_spl::token::ID;
        world
            .chain
            .set_account(mint, mint_account(token_program, decimals));
        let config = |feed| ReserveConfig {
            rate_kind: RATE_STAKE_POOL,
            rate_source: [9; 32],
            max_rate_growth_bps: 1_000,
            ..sol_config(feed)
        };
        let keys = ReserveKeys::new(world.market, mint, token_program);
        let owner = world.owner.insecure_clone();
        let create = ix::init_reserve(owner.pubkey(), &keys, config([8; 32]));
        let error = LeveeError::WrongRateDecimals;
        if !is_refused {
            world.must(&[create], &[&owner]);
            continue;
        }
        assert_refused(&mut world, &[create], &[&owner], error);
        let plain = ix::init_reserve(owner.pubkey(), &keys, sol_config([8; 32]));
        world.must(&[plain], &[&owner]);
        let update = ix::update_reserve(owner.pubkey(), &keys, config([8; 32]));
        assert_refused(&mut world, &[update], &[&owner], error);
    }
}
