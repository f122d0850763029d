//! The simulator against the chain: the same seed and book, the same liquidations.

use std::sync::Arc;

use levee_demo::market::{Market, BASE, LST, USDC};
use levee_demo::prices::{dollars, PricePath};
use levee_demo::{book, walk};
use levee_simulator::book::{Book, Opening};
use levee_simulator::engines::Levee;
use levee_simulator::market::{Asset, Costs, ImpactParams, OracleParams, SLOT_MS};
use levee_simulator::prices::{merge, Series, DOLLAR};
use levee_simulator::run::{run, Index, Settings};

/// The chain's path in the simulator's whole numbers.
fn simulated(path: &PricePath) -> levee_simulator::prices::PricePath {
    let series = Series {
        asset: "SOL".into(),
        bars: path.bars.clone(),
        bar_seconds: path.bar_seconds,
    };
    merge(&path.name, vec![series]).unwrap().0
}

/// What the chain holds once everybody has borrowed, as the simulator's opening. Borrowers keep their numbers.
fn opening(market: &Market, users: &book::Users) -> Opening {
    let keys = market.tokens.map(|token| token.keys.reserve);
    let mut positions = Book::new();
    for borrower in &users.borrowers {
        positions.push_account(&borrower.obligation, &keys);
    }
    for lender in &users.lenders {
        positions.push_account(&market.world.obligation(lender), &keys);
    }
    let mut sources = vec![0; keys.len()];
    sources[USDC] = 1;
    assert_eq!((sources[BASE], sources[LST]), (0, 0));
    Opening {
        names: ["SOL", "LST", "USDC"].map(String::from).to_vec(),
        market: market.rules,
        reserves: keys.into_iter().zip(market.reserves).collect(),
        sources,
        stakes: vec![None; keys.len()],
        depths: vec![(1, 0), (1, 0)],
        book: Arc::new(positions),
        moment: market.moment(),
    }
}

/// What moved: slot, borrower, tokens, atoms.
type Moved = (u64, usize, usize, usize, u64, u64, u64);

/// The liquidations of the chain and of the simulator.
fn both(borrowers: u32, seed: u64) -> (Vec<Moved>, Vec<Moved>) {
    let path = PricePath::october_2025();
    let mut market = Market::open(path.first().timestamp, dollars(path.first().open)).unwrap();
    let mut users = book::open(&mut market, borrowers, seed).unwrap();
    let opening = opening(&market, &users);
    let wait_slots = market.rules.config.mild_wait_slots;
    let on_chain = walk::walk(&mut market, &mut users, &path, || {}).unwrap();
    assert_eq!(on_chain.invariants.broken, 0);

    // As the chain's liquidator: it sells nothing, acts at any bonus, and looks again when those who wait have aged.
    let settings = Settings {
        impact: ImpactParams {
            factor_ppm: 0,
            ..ImpactParams::default()
        },
        oracle: OracleParams {
            delay_ms: 0,
            confidence: 0.001,
            confidence_of_move: 0.0,
        },
        costs: Costs {
            acts_at_a_loss: true,
            ..Costs::default()
        },
        look_slots: wait_slots,
        most_per_slot: 0,
        top_up_ppm: 0,
        seed: 0,
    };
    let path = simulated(&path);
    let index = Arc::new(Index::new(&opening, &path, &settings).unwrap());
    let mut engine = Levee::default();
    let simulated = run(&opening, &path, &index, &mut engine, &settings, &|| {}).unwrap();

    let chain = on_chain.liquidations.iter().map(|one| {
        let atoms = (one.repaid_atoms, one.seized_atoms, one.insurance_atoms);
        let (repaid, seized, insurance) = atoms;
        (
            one.slot,
            one.borrower,
            one.repay,
            one.seize,
            repaid,
            seized,
            insurance,
        )
    });
    let ours = simulated.liquidations.iter().map(|one| {
        let slot = opening.moment.slot + (one.at_ms / SLOT_MS).unsigned_abs();
        let deal = &one.deal;
        let atoms = (deal.repaid_atoms, deal.seized_atoms, deal.insurance_atoms);
        let (repaid, seized, insurance) = atoms;
        (
            slot,
            one.who as usize,
            deal.repay,
            deal.seize,
            repaid,
            seized,
            insurance,
        )
    });
    // Who waited is looked at again in another order; within a slot that changes nothing.
    let sorted = |moved: &mut dyn Iterator<Item = Moved>| {
        let mut moved: Vec<Moved> = moved.collect();
        moved.sort_unstable();
        moved
    };
    (
        sorted(&mut chain.into_iter()),
        sorted(&mut ours.into_iter()),
    )
}

#[test]
fn the_same_seed_and_book_give_the_same_liquidations_on_the_chain_and_in_the_simulator_to_the_atom()
{
    for (borrowers, seed) in [(200, 1), (60, 7)] {
        let (chain, ours) = both(borrowers, seed);
        assert!(chain.len() > 5, "{} liquidations", chain.len());
        assert_eq!(chain, ours);
    }
}

#[test]
fn the_simulators_configurations_are_those_of_the_chain() {
    let (at, feed) = (6, [7; 32]);
    let sol = Asset::new("SOL", at, 200 * DOLLAR).config;
    assert_eq!(sol, levee_testkit::sol_config(feed));
    let usdc = Asset::new("USDC", at, DOLLAR).config;
    assert_eq!(usdc, levee_testkit::stable_config(feed));
}
