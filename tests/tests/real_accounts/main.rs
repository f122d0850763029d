//! Real price accounts, and real accounts that are none, where they are at hand: `LEVEE_DATA`, or `../shared/data`
//! beside the workspace. What they say is read out of the index that lies with them.

mod reader;
mod recorded;
mod stake_pools;

use levee::error::LeveeError;
use levee::oracle::{PYTH_LEGACY_PROGRAMS, PYTH_RECEIVERS};
use levee::state::{PriceCache, Reserve, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL};
use levee_testkit::{
    sol_config, stable_config, Chain, Failure, LiteChain, Receipt, Token, User, World,
};
use solana_account::Account;
use solana_pubkey::Pubkey;

use recorded::{feed_id, recorded, Recorded};

/// A market whose first token is priced by `price`, whatever that is, read as `kind`.
fn market(price: &Recorded, kind: u32, feed: [u8; 32]) -> (World<LiteChain>, Token) {
    let mut world = World::new(LiteChain::new());
    world.add_token(9, 200.0, sol_config);
    reprice(&mut world, price, kind, feed);
    let token = world.tokens[0];
    (world, token)
}

/// Has the first token priced by `price` from now on.
fn reprice(world: &mut World<LiteChain>, price: &Recorded, kind: u32, feed: [u8; 32]) {
    world.chain.set_account(price.key, price.account.clone());
    world.tokens[0].price_account = price.key;
    let reserve = world.tokens[0].keys.reserve;
    world.rewrite::<Reserve>(&reserve, |reserve| {
        reserve.config.oracle_kind = kind;
        reserve.config.oracle_feed = feed;
        reserve.price = PriceCache::default();
    });
}

fn set_time(world: &mut World<LiteChain>, unix_timestamp: i64) {
    let mut clock = world.chain.clock();
    clock.unix_timestamp = unix_timestamp;
    world.chain.set_clock(clock);
}

fn refresh(world: &mut World<LiteChain>, token: &Token) -> Result<Receipt, Failure> {
    let refresh = world.refresh(&[*token]);
    let payer = world.owner.insecure_clone();
    world.chain.send(&[refresh], &[&payer])
}

/// The index rounds: a number must agree to half a unit of its last digit.
fn assert_agrees(atoms: u64, exponent: i32, printed: &str, what: &str) {
    let decimals = printed.split_once('.').map_or(0, |(_, part)| part.len());
    let value = atoms as f64 * 10f64.powi(exponent);
    let distance = (value - printed.parse::<f64>().unwrap()).abs();
    assert!(
        distance <= 0.5001 * 10f64.powi(-(decimals as i32)),
        "{what}: {value} is not {printed}"
    );
}

fn read_as(price: &Recorded) -> (u32, [u8; 32]) {
    if price.is_legacy() {
        (ORACLE_PYTH_LEGACY, price.key.to_bytes())
    } else {
        (ORACLE_PYTH_PULL, feed_id(&price.account.data))
    }
}

#[test]
fn what_a_real_price_account_says_is_what_the_index_says_it_does() {
    let accounts = recorded(&["pyth", "pyth_legacy"]);
    let skipped = accounts.is_empty();
    let mut read = 0;
    for price in &accounts {
        let usable = price.field("status").is_none_or(|status| status == "1");
        if price.field("conf").is_none() || !usable || price.publish_ts() == 0 {
            continue;
        }
        let (kind, feed) = read_as(price);
        let (mut world, token) = market(price, kind, feed);
        set_time(&mut world, price.publish_ts() + 1);
        refresh(&mut world, &token).unwrap_or_else(|failure| panic!("{}: {failure}", price.file));
        let cache = world.reserve(&token).price;
        let printed = price.field(if price.is_legacy() { "agg" } else { "price" });
        let printed = printed.expect("the index has the price");
        assert_agrees(cache.price, cache.exponent, printed, &price.file);
        assert_agrees(
            cache.confidence,
            cache.exponent,
            price.field("conf").unwrap(),
            &price.file,
        );
        assert_eq!(cache.publish_ts, price.publish_ts(), "{}", price.file);
        assert_eq!(cache.refreshed_slot, world.slot());
        let exponent = price.field("expo").map_or(-8, |text| text.parse().unwrap());
        assert_eq!(cache.exponent, exponent, "{}", price.file);
        if let Some(prefix) = price.field("feed") {
            let hex: String = feed.iter().map(|byte| format!("{byte:02x}")).collect();
            let prefix = prefix.trim_end_matches('…');
            assert!(hex.starts_with(prefix), "{}", price.file);
        }
        read += 1;
    }
    assert!(skipped || read == 4, "{read}");
}

fn refused(price: &Recorded, owner: Pubkey, kind: u32, error: LeveeError) {
    let account = Account {
        owner,
        ..price.account.clone()
    };
    let price = &Recorded {
        account,
        ..price.clone()
    };
    let feed = if kind == ORACLE_PYTH_LEGACY {
        price.key.to_bytes()
    } else {
        [7; 32]
    };
    let (mut world, token) = market(price, kind, feed);
    let before = world.chain.account(&token.keys.reserve);
    let failure = refresh(&mut world, &token).expect_err(&price.file);
    assert!(
        failure.is(error),
        "{}: not {error:?} but {failure}",
        price.file
    );
    assert_eq!(world.chain.account(&token.keys.reserve), before);
}

#[test]
fn an_account_with_one_programs_owner_and_the_others_layout_is_refused_however_it_is_read() {
    let accounts = recorded(&["pyth"]);
    for hybrid in accounts.iter().filter(|account| account.is_legacy()) {
        let owner = hybrid.account.owner;
        assert_eq!(owner, PYTH_RECEIVERS[0]);
        refused(
            hybrid,
            owner,
            ORACLE_PYTH_PULL,
            LeveeError::MalformedPriceAccount,
        );
        refused(
            hybrid,
            owner,
            ORACLE_PYTH_LEGACY,
            LeveeError::WrongPriceAccountOwner,
        );
        // Its price is not trading either.
        refused(
            hybrid,
            PYTH_LEGACY_PROGRAMS[0],
            ORACLE_PYTH_LEGACY,
            LeveeError::PriceNotTrading,
        );
    }
    assert!(accounts.is_empty() || accounts.iter().any(Recorded::is_legacy));
}

#[test]
fn a_product_account_is_not_a_price() {
    let accounts = recorded(&["pyth_legacy"]);
    let mut products = 0;
    for product in accounts
        .iter()
        .filter(|account| account.decoded.contains("product"))
    {
        for owner in PYTH_LEGACY_PROGRAMS {
            refused(
                product,
                owner,
                ORACLE_PYTH_LEGACY,
                LeveeError::MalformedPriceAccount,
            );
        }
        refused(
            product,
            PYTH_RECEIVERS[0],
            ORACLE_PYTH_PULL,
            LeveeError::MalformedPriceAccount,
        );
        products += 1;
    }
    assert!(accounts.is_empty() || products == 1);
}

#[test]
fn accounts_of_other_programs_are_not_prices_whoever_owned_them() {
    let accounts = recorded(&["stake_pool", "klend", "marginfi"]);
    for account in &accounts {
        for owner in PYTH_RECEIVERS {
            refused(
                account,
                owner,
                ORACLE_PYTH_PULL,
                LeveeError::MalformedPriceAccount,
            );
        }
        for owner in PYTH_LEGACY_PROGRAMS {
            refused(
                account,
                owner,
                ORACLE_PYTH_LEGACY,
                LeveeError::MalformedPriceAccount,
            );
        }
        let stranger = Pubkey::new_from_array([9; 32]);
        refused(
            account,
            stranger,
            ORACLE_PYTH_PULL,
            LeveeError::WrongPriceAccountOwner,
        );
        refused(
            account,
            stranger,
            ORACLE_PYTH_LEGACY,
            LeveeError::WrongPriceAccountOwner,
        );
    }
    assert!(
        accounts.is_empty() || accounts.len() == 18,
        "{}",
        accounts.len()
    );
}

/// A market in which somebody owes dollars against the first token, a day before yesterday's price becomes none.
fn indebted() -> (World<LiteChain>, User, Token) {
    let mut world = World::new(LiteChain::new());
    world.add_token(9, 200.0, sol_config);
    let usdc = world.add_token(6, 1.0, stable_config);
    world.supplier(&usdc, usdc.atoms(100_000.0));
    let user = world.user();
    let sol = world.tokens[0];
    world.fund(&user, &sol, sol.atoms(20.0));
    world.deposit(&user, &sol, sol.atoms(10.0)).unwrap();
    world.borrow(&user, &usdc, usdc.atoms(1_000.0)).unwrap();
    world.advance(2, 1);
    (world, user, usdc)
}

#[test]
fn a_price_without_a_time_is_cached_and_too_old_for_any_action_but_deposit_and_repay() {
    let accounts = recorded(&["pyth_legacy"]);
    let mut timeless = 0;
    for price in accounts
        .iter()
        .filter(|price| price.field("ts") == Some("0"))
    {
        // These predate the average as well, without which no price is read.
        refused(
            price,
            PYTH_LEGACY_PROGRAMS[1],
            ORACLE_PYTH_LEGACY,
            LeveeError::PriceNotPositive,
        );
        const AVERAGE: std::ops::Range<usize> = 48..56;
        const PRICE: std::ops::Range<usize> = 208..216;
        let mut account = price.account.clone();
        account.data.copy_within(PRICE, AVERAGE.start);
        assert_ne!(account.data[AVERAGE], [0; 8]);
        let price = &Recorded {
            account,
            ..price.clone()
        };

        let (mut world, user, usdc) = indebted();
        reprice(&mut world, price, ORACLE_PYTH_LEGACY, price.key.to_bytes());
        let sol = world.tokens[0];
        refresh(&mut world, &sol).unwrap();
        assert_eq!(world.reserve(&sol).price.publish_ts, 0);
        assert_agrees(
            world.reserve(&sol).price.price,
            -9,
            price.field("agg").unwrap(),
            &price.file,
        );

        let liquidator = world.user();
        world.fund(&liquidator, &usdc, usdc.atoms(1_000.0));
        let refusals = [
            world.borrow(&user, &usdc, usdc.atoms(100.0)),
            world.withdraw(&user, &sol, sol.atoms(0.1)),
            world.liquidate(&liquidator, &user, &usdc, &sol, u64::MAX),
        ];
        for refusal in refusals {
            let failure = refusal.expect_err(&price.file);
            assert!(failure.is(LeveeError::PriceTooOld), "{failure}");
        }
        world.deposit(&user, &sol, sol.atoms(1.0)).unwrap();
        world.repay(&user, &usdc, usdc.atoms(10.0)).unwrap();
        timeless += 1;
    }
    assert!(accounts.is_empty() || timeless == 2);
}
