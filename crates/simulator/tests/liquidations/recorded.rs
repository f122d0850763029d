//! What the program did, in the database and in the sums, to the atom.

use levee_risk::units::Usd;
use levee_simulator::liquidations::{decode, summarize, Fact, Listed, ReserveFacts, Window};

use crate::chain::{read, store, Market};

const ALWAYS: Window = Window {
    from_ts: 0,
    to_ts: i64::MAX,
};

/// Millionths of a dollar, as wad dollars.
fn micro(micro: u64) -> Usd {
    Usd::from_wad(u128::from(micro) * 10u128.pow(12))
}

#[test]
fn a_liquidation_is_summed_up_to_the_atom_that_moved() {
    let mut market = Market::new();
    let borrower = market.long(7_400.0);
    market.price(85.0);
    let (usdc, sol) = (market.usdc, market.sol);
    let wallet = |market: &Market| {
        (
            market.world.balance(&market.liquidator, &usdc),
            market.world.balance(&market.liquidator, &sol),
        )
    };
    let before = wallet(&market);
    market.liquidate(&borrower, true);
    let after = wallet(&market);

    let (_folder, mut store) = store();
    market.describe(&mut store);
    read(&mut store, &market.record).expect("the logs make sense");
    let summary = summarize(&store, ALWAYS, None).expect("the reserves are known");
    let name = |token: &levee_testkit::Token| token.keys.reserve.to_string();
    let dollars = &summary.tokens[&name(&usdc)];
    assert_eq!(
        dollars.repaid_atoms + dollars.insurance_atoms,
        u128::from(before.0 - after.0)
    );
    let seized = u128::from(after.1 - before.1);
    assert_eq!(summary.tokens[&name(&sol)].seized_atoms, seized);
    assert_eq!(summary.liquidations, 1);
    assert_eq!(summary.borrowers, 1);
    let repaid = micro(dollars.repaid_atoms as u64);
    assert_eq!(summary.repaid, repaid);
    assert_eq!((summary.long, summary.short), (repaid, Usd::ZERO));
    // 85 dollars over 10⁹ atoms.
    assert_eq!(summary.seized.wad(), seized * 85 * 10u128.pow(9));
    let largest = summary.largest.expect("there is one");
    assert_eq!(
        (largest.repaid, largest.obligation),
        (repaid, borrower.obligation.to_string())
    );
}

#[test]
fn longs_shorts_and_bad_debt_are_told_apart() {
    let mut market = Market::new();
    let (fallen, risen) = (market.long(7_400.0), market.short(70.0));
    let lost = market.long(7_450.0);
    market.price(85.0);
    market.liquidate(&fallen, true);
    market.price(70.0);
    market.liquidate(&lost, true);
    market.price(130.0);
    market.liquidate(&risen, false);

    let (_folder, mut store) = store();
    market.describe(&mut store);
    read(&mut store, &market.record).expect("the logs make sense");
    let summary = summarize(&store, ALWAYS, None).expect("the reserves are known");
    assert_eq!((summary.liquidations, summary.borrowers), (3, 3));
    assert!(summary.long > Usd::ZERO && summary.short > Usd::ZERO);
    assert_eq!(summary.neither, Usd::ZERO);
    assert_eq!(
        summary.long.wad() + summary.short.wad(),
        summary.repaid.wad()
    );
    // $7,450 of debt on $7,000 of collateral, at a bonus of 2 %.
    let usdc = &summary.tokens[&market.usdc.keys.reserve.to_string()];
    let left = 7_450 * 1_000_000 - 6_862_745_099;
    assert!(
        usdc.bad_debt_atoms.abs_diff(left) < 2_000_000,
        "{}",
        usdc.bad_debt_atoms
    );
}

#[test]
fn each_liquidation_of_a_batch_is_one_of_its_own() {
    let mut market = Market::new();
    let users = [7_300.0, 7_350.0, 7_400.0].map(|dollars| market.long(dollars));
    market.price(84.0);
    market.liquidate_batch(&users.each_ref());
    let (_folder, mut store) = store();
    market.describe(&mut store);
    let progress = read(&mut store, &market.record).expect("the logs make sense");
    assert_eq!((progress.listed, progress.read, progress.facts), (1, 1, 3));
    let summary = summarize(&store, ALWAYS, None).expect("the reserves are known");
    assert_eq!((summary.liquidations, summary.borrowers), (3, 3));
    let owner = |user: &levee_testkit::User| (user.obligation.to_string(), "one owner".to_owned());
    store
        .describe(&[], &[owner(&users[0]), owner(&users[1])])
        .expect("the database takes it");
    let summary = summarize(&store, ALWAYS, None).expect("the reserves are known");
    assert_eq!(
        summary.borrowers, 2,
        "two obligations of one owner are one borrower"
    );
}

#[test]
fn a_window_ends_where_it_says_and_a_market_counts_its_own() {
    let mut market = Market::new();
    let users = [7_400.0, 7_400.0].map(|dollars| market.long(dollars));
    market.price(85.0);
    market.liquidate(&users[0], true);
    let first = market.world.now();
    market.world.advance(100, 100);
    market.price(85.0);
    market.liquidate(&users[1], true);
    let (_folder, mut store) = store();
    market.describe(&mut store);
    read(&mut store, &market.record).expect("the logs make sense");
    let count = |from_ts, to_ts, market: Option<&str>| {
        let window = Window { from_ts, to_ts };
        summarize(&store, window, market)
            .expect("the reserves are known")
            .liquidations
    };
    assert_eq!(count(first, first + 1, None), 1);
    assert_eq!(count(first + 1, first + 100, None), 0);
    assert_eq!(count(first - 5, first, None), 0);
    assert_eq!(
        count(0, i64::MAX, Some(&market.world.market.to_string())),
        2
    );
    assert_eq!(count(0, i64::MAX, Some("another")), 0);
}

#[test]
fn a_liquidation_in_another_market_is_counted_apart_and_stops_nothing() {
    let mut market = Market::new();
    let borrower = market.long(7_400.0);
    market.price(85.0);
    market.liquidate(&borrower, true);
    let (_folder, mut store) = store();
    market.describe(&mut store);
    read(&mut store, &market.record).expect("the logs make sense");
    // Anybody makes a market, liquidates in it, and names this one in the transaction.
    let (listed, logs) = &market.record.transactions[0];
    let mut decoded = decode(logs).expect("the logs make sense");
    for event in &mut decoded.events {
        if let Fact::Liquidated(liquidation) = &mut event.fact {
            liquidation.repay_reserve = "another market's".into();
            liquidation.repay_price = u64::MAX;
        }
    }
    let listed = Listed {
        signature: "foreign".into(),
        ..listed.clone()
    };
    store.add(&listed, &decoded).expect("the database takes it");
    for name in [None, Some(market.world.market.to_string())] {
        let summary = summarize(&store, ALWAYS, name.as_deref()).expect("nothing stops it");
        assert_eq!((summary.liquidations, summary.unknown), (1, 1), "{name:?}");
    }
}

#[test]
fn open_interest_is_what_borrowers_owe_and_the_skew_is_the_difference_of_rates() {
    let mut market = Market::new();
    let users = [
        market.long(5_000.0),
        market.long(1_000.0),
        market.short(50.0),
    ];
    let state = market.state(&users.each_ref());
    let (sol, usdc) = (market.sol.keys.reserve, market.usdc.keys.reserve);
    let pair = |collateral, debt| {
        let found = state
            .pairs
            .iter()
            .find(|pair| (pair.collateral, pair.debt) == (collateral, debt));
        found.map(|pair| (pair.owed, pair.obligations))
    };
    let owed =
        |token: &levee_testkit::Token| market.world.reserve(token).debt_up().expect("it fits").0;
    // Two debts are each rounded up, and their sum once.
    let (long, count) = pair(sol, usdc).expect("there are longs");
    assert!(long.wad().abs_diff(micro(owed(&market.usdc)).wad()) <= 10u128.pow(12));
    assert_eq!(count, 2);
    let (short, count) = pair(usdc, sol).expect("there is a short");
    assert_eq!(
        (short.wad(), count),
        (u128::from(owed(&market.sol)) * 100 * 10u128.pow(9), 1)
    );
    let of = |key| {
        state
            .reserves
            .iter()
            .find(|one| one.reserve == key)
            .expect("it is listed")
    };
    let (volatile, dollar) = (of(sol), of(usdc));
    assert!(!volatile.is_dollar && dollar.is_dollar);
    assert_eq!(dollar.skew_bps, None);
    let difference = i64::from(volatile.borrow_rate.0) - i64::from(dollar.borrow_rate.0);
    assert_eq!(volatile.skew_bps, Some(difference));
    // 6,000 and their fee of 1,010,000 are lent.
    assert_eq!(dollar.utilization.0, 59);
    let sol = ReserveFacts::of(&sol, &market.world.reserve(&market.sol));
    assert_eq!((sol.decimals, sol.exponent, sol.is_dollar), (9, -8, false));
}
