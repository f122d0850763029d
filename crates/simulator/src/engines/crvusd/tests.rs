use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::watch::has_moved;
use super::*;
use crate::book::{draw, open, stake, BookParams, Opening, StakeParams};
use crate::engines::one_borrower::{fall, look, nine_million_against, BORROWER, COLLATERAL};
use crate::market::{add_stakes, listed};
use crate::prices::{generate, PricePath, Shape, DOLLAR};
use crate::run::{run, Index, Outcome, Settings};

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
    let mut engine = CrvUsd {
        looks_at_all: true,
        ..CrvUsd::default()
    };
    let mut percent = 20.0;
    while !engine.is_engaged(BORROWER) {
        percent += 0.5;
        fall(&mut world, percent);
        engine.settle(&mut world).unwrap();
        if !world.value_of(BORROWER).unwrap().health.is_healthy() {
            look(&mut engine, &mut world);
        }
    }
    let slot = engine.loans.first(BORROWER).unwrap();
    let pair = engine.loans[slot].pair();
    let prices = |engine: &mut CrvUsd, world: &World| {
        let prices = engine.averages.noted_ratios(world, pair.0, pair.1);
        prices.unwrap()
    };
    let mut seen = prices(&mut engine, &world);
    let (mut found, mut all) = (0, 0);
    for step in 0..400 {
        // Up and down around the bands, in steps that are no multiples of the bound.
        percent += if step % 97 < 49 { 0.07 } else { -0.11 };
        fall(&mut world, percent);
        let now = prices(&mut engine, &world);
        let scanned = has_moved(now, seen);
        let mut due = Vec::new();
        engine.take_due(&world, &mut due).unwrap();
        assert_eq!(due.contains(&BORROWER), scanned, "{step}: {percent}");
        all += 1;
        if scanned {
            found += 1;
            seen = now;
            look(&mut engine, &mut world);
        }
        engine.settle(&mut world).unwrap();
        if !engine.is_engaged(BORROWER) {
            break;
        }
    }
    assert!(found > 20 && all - found > 20, "{found} of {all}");
}

/// A book and a path of this shape, with tokens that are claims on others.
fn crash(shape: Shape, seed: u64) -> (Opening, PricePath) {
    let path = generate(shape, 1_440, seed).unwrap();
    let (mut assets, mut prices) = listed(&path);
    let params = BookParams {
        borrowers: 1_500,
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
    (opening, path)
}

fn replayed((opening, path): &(Opening, PricePath), engine: &mut dyn Engine) -> Outcome {
    let settings = Settings::default();
    let index = Arc::new(Index::new(opening, path, &settings).unwrap());
    run(opening, path, &index, engine, &settings, &|| {}).unwrap()
}

const SHAPES: [(Shape, u64); 4] = [
    (Shape::Jump, 1),
    (Shape::Wick, 2),
    (Shape::Gap, 3),
    (Shape::Bleed, 4),
];

/// The first difference alone is said: an outcome fills pages.
fn assert_same(one: Outcome, other: Outcome) {
    let pairs = one.liquidations.iter().zip(&other.liquidations);
    for (one, other) in pairs {
        assert_eq!(one, other);
    }
    let pairs = one.unhealthy_ms.iter().zip(&other.unhealthy_ms);
    for (at, (one, other)) in pairs.enumerate() {
        assert_eq!(one, other, "time {at}");
    }
    assert!(one == other);
}

#[test]
fn along_a_path_bounds_spare_looks_and_nothing_else() {
    let (mut trades, mut spared, mut top_ups) = (0, 0, 0);
    for (shape, seed) in SHAPES {
        let crash = crash(shape, seed);
        let mut bounded = replayed(&crash, &mut CrvUsd::default());
        let mut scanned = CrvUsd {
            looks_at_all: true,
            ..CrvUsd::default()
        };
        let mut scanned = replayed(&crash, &mut scanned);
        trades += bounded.liquidations.len();
        // Whoever was looked at for nothing.
        spared += std::mem::take(&mut scanned.stuck) - std::mem::take(&mut bounded.stuck);
        top_ups += bounded.top_ups;
        assert_same(bounded, scanned);
    }
    assert!(
        trades > 5_000 && spared > 20_000 && top_ups > 20,
        "{trades} {spared} {top_ups}"
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let crash = crash(Shape::Jump, 5);
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| replayed(&crash, &mut CrvUsd::default()))
    };
    assert_same(of(1), of(3));
}

/// The engine, beside a count of what is on its lists.
#[derive(Default)]
struct Counted {
    engine: CrvUsd,
    looks: usize,
    borrowers_of_many: BTreeSet<u32>,
}

impl Counted {
    fn count(&mut self) {
        let mut listed: BTreeMap<u32, usize> = BTreeMap::new();
        for (pair, lists) in &mut self.engine.watch.pairs {
            for entry in lists.all() {
                if self.engine.loans.holds(entry.slot, entry.stamp) {
                    assert_eq!(self.engine.loans[entry.slot].pair(), *pair);
                    assert_eq!(self.engine.loans[entry.slot].who, entry.who);
                    *listed.entry(entry.slot).or_default() += 1;
                }
            }
        }
        for who in self.engine.engaged() {
            let mut at = self.engine.loans.first(who);
            while let Some(slot) = at {
                at = self.engine.loans.next(slot);
                if at.is_some() {
                    self.borrowers_of_many.insert(who);
                }
                assert_eq!(listed.remove(&slot), Some(1), "{who}");
            }
        }
        assert!(listed.is_empty());
    }
}

impl Engine for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.engine.is_engaged(who)
    }

    fn engaged(&self) -> Vec<u32> {
        self.engine.engaged()
    }

    fn changed(&mut self, who: u32) {
        self.engine.changed(who);
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        self.looks += 1;
        if self.looks.is_multiple_of(16) {
            self.count();
        }
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
fn between_moments_every_loan_is_on_one_list_of_its_pair() {
    let mut many = 0;
    for (shape, seed) in SHAPES {
        let mut counted = Counted::default();
        replayed(&crash(shape, seed), &mut counted);
        assert!(counted.looks > 1_440, "{shape:?}");
        many += counted.borrowers_of_many.len();
    }
    assert!(many > 10, "{many}");
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
