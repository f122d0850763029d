//! The sums against a recomputation with big numbers.

use levee_simulator::liquidations::{
    summarize, Decoded, Event, Fact, Liquidation, Listed, ReserveFacts, Window, WriteOff,
};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::chain::store;

/// SOL, a dollar, and a staking token.
fn reserves() -> Vec<ReserveFacts> {
    let facts = |name: &str, decimals, is_dollar| ReserveFacts {
        reserve: name.into(),
        market: "market".into(),
        mint: format!("mint of {name}"),
        decimals,
        exponent: -8,
        is_dollar,
    };
    vec![
        facts("sol", 9, false),
        facts("usdc", 6, true),
        facts("staked", 9, false),
    ]
}

#[derive(Clone, Debug)]
struct Row {
    ts: i64,
    pair: (usize, usize),
    obligation: u8,
    repaid: u64,
    seized: u64,
    prices: (u64, u64),
    loss: u64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let pair = (0usize..3, 0usize..3);
    let prices = (1u64..50_000_000_000, 1u64..50_000_000_000);
    let row = (
        0i64..1_000,
        pair,
        0u8..6,
        any::<u64>(),
        any::<u64>(),
        prices,
        any::<u64>(),
    );
    let row = row.prop_map(|(ts, pair, obligation, repaid, seized, prices, loss)| Row {
        ts,
        pair,
        obligation,
        // Amounts beyond what SQLite's integers hold, and everyday ones.
        repaid: repaid >> (loss % 48),
        seized: seized >> (loss % 48),
        prices,
        loss: loss >> 20,
    });
    proptest::collection::vec(row, 0..30)
}

/// Wad dollars of `atoms`, exact.
fn worth(reserve: &ReserveFacts, price: u64, atoms: u64) -> BigUint {
    BigUint::from(price) * atoms * BigUint::from(10u8).pow(18 - 8 - u32::from(reserve.decimals))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_sums_are_those_of_a_naive_recomputation(rows in rows(), from_ts in 0i64..1_000, length in 0i64..1_000) {
        let (_folder, mut store) = store();
        let known = reserves();
        store.describe(&known, &[("0".into(), "a".into()), ("1".into(), "a".into())]).unwrap();
        for (at, row) in rows.iter().enumerate() {
            let of = Listed {
                signature: format!("{at:03}"),
                slot: at as u64,
                block_ts: Some(row.ts),
                is_failed: false,
            };
            let liquidated = Fact::Liquidated(Liquidation {
                obligation: row.obligation.to_string(),
                repay_reserve: known[row.pair.0].reserve.clone(),
                seize_reserve: known[row.pair.1].reserve.clone(),
                repaid_atoms: row.repaid,
                seized_atoms: row.seized,
                insurance_atoms: row.repaid / 7,
                repay_price: row.prices.0,
                seize_price: row.prices.1,
                health_before_ppm: 900_000,
                health_after_ppm: u64::MAX,
                bonus_ppm: 1_000,
                unhealthy_slots: 1,
                bad_debt_atoms: row.loss / 3,
                insured_atoms: row.loss / 9,
                tier: 2,
            });
            let written_off = Fact::WrittenOff(WriteOff {
                obligation: row.obligation.to_string(),
                reserve: known[row.pair.0].reserve.clone(),
                loss_atoms: row.loss,
                insured_atoms: row.loss / 2,
            });
            let event = |event, fact| Event { instruction: 1, event, entry: 0, fact };
            let decoded = Decoded {
                events: vec![event(0, liquidated), event(1, written_off)],
                is_cut: false,
            };
            // Known already the second time.
            store.add(&of, &decoded).unwrap();
            store.add(&of, &decoded).unwrap();
        }
        let window = Window { from_ts, to_ts: from_ts + length };
        let inside: Vec<_> = rows.iter().enumerate().filter(|(_, row)| (from_ts..from_ts + length).contains(&row.ts)).collect();
        let repaid = |row: &Row| worth(&known[row.pair.0], row.prices.0, row.repaid);
        let seized = |row: &Row| worth(&known[row.pair.1], row.prices.1, row.seized);
        let sum = |of: &dyn Fn(&Row) -> BigUint| inside.iter().map(|(_, row)| of(row)).sum::<BigUint>();
        let most = BigUint::from(u128::MAX);
        let summary = summarize(&store, window, Some("market"));
        if sum(&repaid) > most || sum(&seized) > most {
            prop_assert!(summary.is_err());
            return Ok(());
        }
        let summary = summary.unwrap();
        prop_assert_eq!(summary.liquidations, inside.len() as u64);
        prop_assert_eq!(BigUint::from(summary.repaid.wad()), sum(&repaid));
        prop_assert_eq!(BigUint::from(summary.seized.wad()), sum(&seized));
        let side = |seizes_dollars: bool, repays_dollars: bool| {
            sum(&|row| match (row.pair.1 == 1, row.pair.0 == 1) == (seizes_dollars, repays_dollars) {
                true => repaid(row),
                false => BigUint::ZERO,
            })
        };
        prop_assert_eq!(BigUint::from(summary.long.wad()), side(false, true));
        prop_assert_eq!(BigUint::from(summary.short.wad()), side(true, false));
        prop_assert_eq!(BigUint::from(summary.neither.wad()), side(true, true) + side(false, false));
        let mut borrowers: Vec<_> = inside.iter().map(|(_, row)| row.obligation.max(1)).collect();
        borrowers.sort();
        borrowers.dedup();
        prop_assert_eq!(summary.borrowers, borrowers.len() as u64);
        let largest = inside.iter().max_by(|a, b| repaid(a.1).cmp(&repaid(b.1)).then(b.0.cmp(&a.0)));
        let largest = largest.map(|(at, _)| format!("{at:03}"));
        prop_assert_eq!(summary.largest.map(|largest| largest.signature), largest);
        for (at, reserve) in known.iter().enumerate() {
            let token = summary.tokens.get(&reserve.reserve).cloned().unwrap_or_default();
            let all = |of: &dyn Fn(&Row) -> u128| inside.iter().map(|(_, row)| of(row)).sum::<u128>();
            let repaying = |of: &dyn Fn(&Row) -> u64| all(&|row| if row.pair.0 == at { of(row).into() } else { 0 });
            prop_assert_eq!(token.repaid_atoms, repaying(&|row| row.repaid));
            prop_assert_eq!(token.insurance_atoms, repaying(&|row| row.repaid / 7));
            prop_assert_eq!(token.seized_atoms, all(&|row| if row.pair.1 == at { row.seized.into() } else { 0 }));
            prop_assert_eq!(token.bad_debt_atoms, repaying(&|row| row.loss / 3 + row.loss));
            prop_assert_eq!(token.insured_atoms, repaying(&|row| row.loss / 9 + row.loss / 2));
        }
    }
}
