use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::book::{draw, open, stake, BookParams, StakeParams};
use crate::engines::one_borrower::{fall, look, nine_million_against, BORROWER, COLLATERAL};
use crate::market::{add_stakes, listed};
use crate::prices::{generate, Shape, DOLLAR};
use crate::run::{run, Index, Settings};

const MONTH_MS: i64 = 30 * 86_400_000;

/// The price stands still, and the loan is never due for its sake.
#[test]
fn interest_alone_leads_to_hard_liquidation() {
    let mut world = nine_million_against(5_000_000);
    let mut engine = CrvUsd::default();
    let price = 9 * DOLLAR;
    let mut percent = 0.0;
    let mut seen = Look::Healthy;
    while seen == Look::Healthy {
        percent += 1.0;
        fall(&mut world, percent);
        engine.settle(&mut world).unwrap();
        seen = match world.value_of(BORROWER).unwrap().health.is_healthy() {
            true => Look::Healthy,
            false => look(&mut engine, &mut world),
        };
    }
    assert!(engine.is_engaged(BORROWER));
    let price = price - (price as f64 * percent / 100.0) as u64;
    let mut months = 0;
    let mut looks = 0;
    while engine.is_engaged(BORROWER) {
        months += 1;
        assert!(months < 600, "it is never liquidated");
        world.advance(months * MONTH_MS, &[price, DOLLAR]).unwrap();
        let mut due = Vec::new();
        engine.take_due(&world, &mut due).unwrap();
        if !due.is_empty() {
            looks += 1;
            look(&mut engine, &mut world);
        }
        engine.settle(&mut world).unwrap();
    }
    assert_eq!(world.obligation(BORROWER).borrow_count, 0);
    assert!(looks > 1 && months > 1, "{looks} {months}");
}

/// All loans that were looked at are found again, and no others, when prices have moved by half of the fee.
#[test]
fn a_loan_is_due_when_a_price_has_moved_by_half_of_the_fee_and_not_before() {
    let mut world = nine_million_against(5_000_000);
    let mut engine = CrvUsd::default();
    let mut percent = 20.0;
    while !engine.is_engaged(BORROWER) {
        percent += 0.5;
        fall(&mut world, percent);
        engine.settle(&mut world).unwrap();
        if !world.value_of(BORROWER).unwrap().health.is_healthy() {
            look(&mut engine, &mut world);
        }
    }
    let (mut found, mut all) = (0, 0);
    for step in 0..400 {
        // Up and down around the bands, in steps that are no multiples of the bound.
        percent += if step % 97 < 49 { 0.07 } else { -0.11 };
        fall(&mut world, percent);
        let scanned = {
            let loan = &engine.loans[engine.loans.first(BORROWER).unwrap()];
            let prices = engine.averages.noted_ratios(&world, loan.held, loan.owed);
            let (market, oracle) = prices.unwrap();
            loan.is_due(market, oracle)
        };
        let mut due = Vec::new();
        engine.take_due(&world, &mut due).unwrap();
        assert_eq!(due.contains(&BORROWER), scanned, "{step}: {percent}");
        all += 1;
        if scanned {
            found += 1;
            look(&mut engine, &mut world);
        }
        engine.settle(&mut world).unwrap();
        if !engine.is_engaged(BORROWER) {
            break;
        }
    }
    assert!(found > 20 && all - found > 20, "{found} of {all}");
}

/// The engine, beside a scan of all its loans.
#[derive(Default)]
struct Scanned {
    engine: CrvUsd,
    looks: usize,
    due: usize,
    quiet: usize,
    borrowers_of_many: BTreeSet<u32>,
}

impl Scanned {
    fn scan(&mut self, world: &World) -> BTreeSet<u32> {
        let mut due = BTreeSet::new();
        for who in self.engine.engaged() {
            let mut at = self.engine.loans.first(who);
            while let Some(slot) = at {
                at = self.engine.loans.next(slot);
                if at.is_some() {
                    self.borrowers_of_many.insert(who);
                }
                let loan = &self.engine.loans[slot];
                let averages = &mut self.engine.averages;
                let prices = averages.noted_ratios(world, loan.held, loan.owed);
                let (market, oracle) = prices.unwrap();
                if loan.is_due(market, oracle) {
                    due.insert(who);
                } else {
                    self.quiet += 1;
                }
            }
        }
        due
    }
}

impl Engine for Scanned {
    fn name(&self) -> &'static str {
        "scanned"
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.engine.is_engaged(who)
    }

    fn engaged(&self) -> Vec<u32> {
        self.engine.engaged()
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        let scanned = self.scan(world);
        let mut moved = Vec::new();
        self.engine.take_moved(world, &mut moved)?;
        let listed: BTreeSet<u32> = moved.iter().copied().collect();
        assert_eq!(listed, scanned, "at {} ms", world.now_ms());
        self.looks += 1;
        self.due += scanned.len();
        due.extend(moved);
        // Nobody else's price has moved: what is left is due for interest.
        self.engine.take_due(world, due)
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.engine.settle(world)
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        self.engine.look(world, seen)
    }
}

#[test]
fn along_a_path_exactly_those_are_due_whom_a_scan_of_all_loans_finds() {
    let (mut due, mut quiet, mut many) = (0, 0, 0);
    for (shape, seed) in [
        (Shape::Jump, 1),
        (Shape::Wick, 2),
        (Shape::Gap, 3),
        (Shape::Bleed, 4),
    ] {
        let path = generate(shape, 1_440, seed).unwrap();
        let (mut assets, mut prices) = listed(&path);
        let params = BookParams {
            borrowers: 500,
            seed,
            collateral_usd: 30_000_000,
        };
        let mut drafts = draw(&assets, &prices, &params).unwrap();
        add_stakes(&mut assets, &mut prices).unwrap();
        let params = StakeParams {
            share_bps: 2_000,
            seed,
        };
        stake(&mut drafts, &assets, &prices, &params).unwrap();
        let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
        let settings = Settings::default();
        let index = Arc::new(Index::new(&opening, &path, &settings).unwrap());
        let mut scanned = Scanned::default();
        run(&opening, &path, &index, &mut scanned, &settings, &|| {}).unwrap();
        assert!(scanned.looks > 1_440, "{shape:?}");
        due += scanned.due;
        quiet += scanned.quiet;
        many += scanned.borrowers_of_many.len();
    }
    assert!(
        due > 10_000 && quiet > 10_000 && many > 10,
        "{due} {quiet} {many}"
    );
}

#[test]
fn a_hard_liquidation_that_does_not_pay_is_tried_again_though_no_price_moves() {
    let mut world = nine_million_against(5_000_000);
    let mut engine = CrvUsd::default();
    let usual = world.costs;
    world.costs.fee_ppm = 900_000;
    fall(&mut world, 45.0);
    engine.settle(&mut world).unwrap();
    assert_eq!(look(&mut engine, &mut world), Look::Waits);
    // The driver looks again at whoever waits; the engine itself asks for it within a minute.
    let price = world.exchange.price(world.source(COLLATERAL));
    let mut due = Vec::new();
    let later_ms = world.now_ms() + 60_000;
    world.advance(later_ms, &[price, DOLLAR]).unwrap();
    engine.take_moved(&world, &mut due).unwrap();
    assert!(due.is_empty(), "a price has moved");
    engine.take_due(&world, &mut due).unwrap();
    assert_eq!(due, [BORROWER]);
    world.costs = usual;
    assert!(matches!(look(&mut engine, &mut world), Look::Acted(_)));
    assert!(!engine.is_engaged(BORROWER));
}
