//! What the client says without sending anything, compared with what the program then does.

use std::collections::HashMap;

use anchor_lang::prelude::Clock;
use levee::error::LeveeError;
use levee_client::health::{liquidation_price, statement};
use levee_client::lookup_table;
use levee_client::offer::{offer, pairs, Situation};
use levee_client::quote::Copies;
use levee_client::refresh::{refreshed, Seen};
use levee_client::transaction::{compile, size_bytes, AssemblyError, Budget};
use levee_risk::units::{Atoms, Bps};
use levee_tests::{sol_config, view, Chain, Lending, PriceSpec};
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;

/// All reserves of the market as they lie on the chain.
fn copies(lending: &Lending) -> Copies {
    let tokens = lending.world.tokens.iter();
    Copies(HashMap::from_iter(tokens.map(|token| {
        (token.keys.reserve, lending.world.reserve(token))
    })))
}

#[test]
fn a_refresh_on_copies_leaves_the_reserve_that_the_program_leaves_to_the_last_byte() {
    let mut lending = Lending::new();
    lending.owe(7_000.0);
    lending.world.advance(225, 90);
    lending.post(&lending.sol.clone(), 87.654_321);
    let sol = lending.sol;
    let world = &lending.world;
    let account = world.chain.account(&sol.price_account).unwrap();
    let seen = Seen {
        key: &sol.price_account,
        owner: &account.owner,
        data: &account.data,
    };
    let clock: Clock = world.chain.clock();
    let mine = refreshed(&world.reserve(&sol), seen, None, &clock).unwrap();
    assert_ne!(mine.price.price, world.reserve(&sol).price.price);

    let guardian = world.guardian.insecure_clone();
    let refresh = world.refresh(&[sol]);
    lending.world.must(&[refresh], &[&guardian]);
    let theirs = lending.world.reserve(&sol);
    assert_eq!(bytemuck::bytes_of(&mine), bytemuck::bytes_of(&theirs));
}

#[test]
fn a_refresh_on_copies_refuses_what_the_program_refuses() {
    let lending = Lending::new();
    let token = lending.sol;
    let account = lending.world.chain.account(&token.price_account).unwrap();
    let clock = lending.world.chain.clock();
    let reserve = lending.world.reserve(&token);
    let stranger = Pubkey::new_unique();
    let seen = Seen {
        key: &token.price_account,
        owner: &stranger,
        data: &account.data,
    };
    let refused = refreshed(&reserve, seen, None, &clock).unwrap_err();
    assert_eq!(refused, LeveeError::WrongPriceAccountOwner.into());
    let other = lending.usdc;
    let account = lending.world.chain.account(&other.price_account).unwrap();
    let seen = Seen {
        key: &other.price_account,
        owner: &account.owner,
        data: &account.data,
    };
    let refused = refreshed(&reserve, seen, None, &clock).unwrap_err();
    assert_eq!(refused, LeveeError::WrongPriceFeed.into());
}

#[test]
fn one_unit_below_the_liquidation_price_the_program_liquidates_and_at_it_it_does_not() {
    for dollars in [7_500.0, 6_999.0, 1_234.567_891] {
        let mut lending = Lending::new();
        lending.owe(dollars);
        let (market, obligation) = (
            lending.world.lending_market(),
            lending.world.obligation(&lending.borrower),
        );
        let price = |feed: &[u8; 32]| {
            let moment = view::moment(&lending.world);
            liquidation_price(&market, &obligation, &copies(&lending), moment, feed).unwrap()
        };
        let (sol, usdc) = (lending.sol, lending.usdc);
        let lowest = price(&sol.feed).expect("SOL decides");
        // What is owed becomes dearer instead.
        let highest = price(&usdc.feed).expect("the dollar decides");
        assert!(highest > 100_000_000);

        let at = |lending: &mut Lending, price: u64| {
            lending.world.advance(1, 0);
            let spec = PriceSpec {
                price: price as i64,
                ema: price as i64,
                confidence: 0,
                exponent: -8,
                publish_ts: lending.world.now(),
            };
            lending.world.set_price(&lending.sol.clone(), &spec);
        };
        at(&mut lending, lowest);
        lending.refuse_liquidation(LeveeError::ObligationHealthy);
        at(&mut lending, lowest - 1);
        let liquidation = lending.liquidation((u64::MAX, 0));
        let liquidator = lending.liquidator.keypair.insecure_clone();
        let done = lending.world.chain.send(&liquidation, &[&liquidator]);
        assert!(done.is_ok(), "${dollars}: {done:?}");
    }
}

#[test]
fn without_debt_nothing_has_a_liquidation_price() {
    let lending = Lending::new();
    let (market, obligation) = (
        lending.world.lending_market(),
        lending.world.obligation(&lending.borrower),
    );
    let moment = view::moment(&lending.world);
    let feed = lending.sol.feed;
    let price = liquidation_price(&market, &obligation, &copies(&lending), moment, &feed).unwrap();
    assert_eq!(price, None);
    let stated = statement(&market, &obligation, &copies(&lending), moment).unwrap();
    assert_eq!(stated.health_factor_ppm_down(), None);
}

#[test]
fn a_statement_allows_exactly_what_the_program_lends() {
    let mut lending = Lending::new();
    lending.owe(5_000.0);
    view::refresh_all(&mut lending.world);
    let stated = {
        let world = &lending.world;
        let (market, obligation) = (world.lending_market(), world.obligation(&lending.borrower));
        statement(&market, &obligation, &copies(&lending), view::moment(world)).unwrap()
    };
    assert_eq!(stated.deposits[0].weight, Bps(8_000));
    assert_eq!(stated.borrows[0].atoms, Atoms(5_000_000_000));
    let limit = stated.limit.expect("prices are calm");
    // $7,500 are allowed in all: dollars in wads times basis points.
    let room = (limit.collateral.raw() - limit.debt.raw()) / 10_000 / 10u128.pow(12);
    assert_eq!(room, 2_500_000_000);

    let (borrower, usdc) = (lending.borrower.keypair.insecure_clone(), lending.usdc);
    let user = levee_tests::User {
        keypair: borrower,
        obligation: lending.borrower.obligation,
    };
    let refused = lending
        .world
        .borrow(&user, &usdc, room as u64 + 1)
        .unwrap_err();
    assert!(refused.is(LeveeError::LtvExceeded), "{refused}");
    lending.world.advance(1, 0);
    lending.world.borrow(&user, &usdc, room as u64).unwrap();
}

#[test]
fn an_offer_is_what_the_program_then_does() {
    let mut lending = Lending::fallen(7_500.0, 85.0);
    view::refresh_all(&mut lending.world);
    let (world, liquidator) = (&lending.world, &lending.liquidator);
    let obligation = world.obligation(&lending.borrower);
    let market = world.lending_market();
    let copies = copies(&lending);
    let situation = Situation {
        market: &market,
        reserves: &copies,
        moment: view::moment(world),
        restart_slot: 0,
    };
    let key = lending.borrower.obligation;
    let (usdc, sol) = (lending.usdc.keys.reserve, lending.sol.keys.reserve);
    assert_eq!(pairs(&situation, &obligation).unwrap(), [(usdc, sol)]);
    let held = Atoms(world.balance(liquidator, &lending.usdc));
    let offered = offer(&situation, &key, &obligation, |_| held, false).unwrap();
    let offered = offered.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((offered.repay, offered.seize), (usdc, sol));

    lending.liquidate(u64::MAX);
    let after = lending.world.obligation(&lending.borrower);
    let quoted = offered.quote.obligation;
    assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&quoted));
}

#[test]
fn a_healthy_obligation_gets_no_offer() {
    let mut lending = Lending::new();
    lending.owe(5_000.0);
    lending.world.advance(1, 0);
    let market = lending.world.lending_market();
    let copies = copies(&lending);
    let situation = Situation {
        market: &market,
        reserves: &copies,
        moment: view::moment(&lending.world),
        restart_slot: 0,
    };
    let obligation = lending.world.obligation(&lending.borrower);
    let key = lending.borrower.obligation;
    let refused = offer(&situation, &key, &obligation, |_| Atoms(u64::MAX), false).unwrap();
    assert_eq!(refused.err(), Some(LeveeError::ObligationHealthy));
}

#[test]
fn in_the_slot_of_its_borrow_a_healthy_obligation_is_called_healthy_and_an_unhealthy_one_must_wait()
{
    let mut lending = Lending::new();
    lending.owe(5_000.0);
    let (market, key) = (lending.world.lending_market(), lending.borrower.obligation);
    let obligation = lending.world.obligation(&lending.borrower);
    for (price, expected) in [
        (None, LeveeError::ObligationHealthy),
        (Some(1), LeveeError::CoolOff),
    ] {
        let mut copies = copies(&lending);
        let sol = copies.0.get_mut(&lending.sol.keys.reserve).unwrap();
        sol.price.price = price.unwrap_or(sol.price.price);
        let situation = Situation {
            market: &market,
            reserves: &copies,
            moment: view::moment(&lending.world),
            restart_slot: 0,
        };
        let refused = offer(&situation, &key, &obligation, |_| Atoms(u64::MAX), false).unwrap();
        assert_eq!(refused.err(), Some(expected));
    }
}

#[test]
fn the_markets_table_makes_room_for_many_reserves_in_one_transaction() {
    let mut lending = Lending::new();
    for _ in 0..11 {
        lending.world.add_token(9, 10.0, sol_config);
    }
    let tokens = lending.world.tokens.clone();
    let listed: Vec<_> = tokens
        .iter()
        .map(|token| (token.keys, token.prices()))
        .collect();
    let addresses = lookup_table::market_addresses(lending.world.market, &listed);
    // Of each token reserve, vault, mint and price; the market and the token program once.
    assert_eq!(addresses.len(), 4 * tokens.len() + 2);
    let table = AddressLookupTableAccount {
        key: Pubkey::new_unique(),
        addresses,
    };
    let prices: Vec<_> = tokens.iter().map(|token| token.prices()).collect();
    let refresh = [levee_client::instructions::refresh_reserves(&prices)];
    let repeated = [refresh.as_slice(), &lending.liquidation((u64::MAX, 0))].concat();
    let payer = lending.liquidator.key();
    let hash = Default::default();
    let long = compile(
        &payer,
        &[&repeated[..], &repeated[..]].concat(),
        Budget::MOST,
        &[],
        hash,
    );
    assert!(matches!(long, Err(AssemblyError::TooLarge(_))), "{long:?}");
    let short = compile(&payer, &repeated, Budget::MOST, &[table], hash).unwrap();
    assert!(size_bytes(&short) < 700, "{}", size_bytes(&short));
}
