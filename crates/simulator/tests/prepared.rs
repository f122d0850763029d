//! Looks that are worked out ahead on all threads do what looks do that are worked out when their turn comes.

use std::sync::Arc;

use anyhow::Result;
use levee_simulator::book::{draw, open, stake, BookParams, Opening, StakeParams};
use levee_simulator::engines::{by_name, Engine, Look, Prepared, Seen, Settled, Turn, NAMES};
use levee_simulator::market::{add_stakes, listed, World};
use levee_simulator::prices::{generate, PricePath, Shape};
use levee_simulator::run::{run, Index, Outcome, Settings};
use proptest::prelude::*;

/// An engine that prepares as it does, and how often that was of use; or one that does not.
struct Watched {
    engine: Box<dyn Engine>,
    prepares: bool,
    acted: usize,
}

impl Engine for Watched {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        self.engine.look(world, seen)
    }

    fn prepare(&self, world: &World, seen: &Seen) -> Result<Option<Prepared>> {
        if !self.prepares {
            return Ok(None);
        }
        self.engine.prepare(world, seen)
    }

    fn take_turn(&mut self, world: &mut World, prepared: &Prepared) -> Result<Turn> {
        let turn = self.engine.take_turn(world, prepared)?;
        self.acted += usize::from(matches!(turn, Turn::Acted { .. }));
        Ok(turn)
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.engine.is_engaged(who)
    }

    fn engaged(&self) -> Vec<u32> {
        self.engine.engaged()
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        self.engine.take_due(world, due)
    }

    fn changed(&mut self, who: u32) {
        self.engine.changed(who);
    }

    fn wait(&mut self, world: &mut World, waiting: &[u32]) -> Result<()> {
        self.engine.wait(world, waiting)
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.engine.settle(world)
    }

    fn open_loss_micro_usd(&self, world: &World) -> Result<i64> {
        self.engine.open_loss_micro_usd(world)
    }
}

/// A path, and a book of which a part holds staked tokens.
fn scene(shape: Shape, seed: u64, borrowers: u32) -> (PricePath, Opening) {
    let path = generate(shape, 60, seed).unwrap();
    let (mut assets, mut prices) = listed(&path);
    let params = BookParams {
        borrowers,
        seed,
        collateral_usd: u64::from(borrowers) * 300_000,
    };
    let mut drafts = draw(&assets, &prices, &params).unwrap();
    add_stakes(&mut assets, &mut prices).unwrap();
    let params = StakeParams {
        share_bps: 2_000,
        seed,
    };
    stake(&mut drafts, &assets, &prices, &params).unwrap();
    let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
    (path, opening)
}

/// What happens, and how many liquidations were prepared.
fn outcome(
    (path, opening): &(PricePath, Opening),
    name: &str,
    settings: &Settings,
    prepares: bool,
) -> (Outcome, usize) {
    let index = Arc::new(Index::new(opening, path, settings).unwrap());
    let mut engine = Watched {
        engine: by_name(name).unwrap(),
        prepares,
        acted: 0,
    };
    let outcome = run(opening, path, &index, &mut engine, settings, &|| {}).unwrap();
    (outcome, engine.acted)
}

const SHAPES: [Shape; 5] = [
    Shape::Jump,
    Shape::Wick,
    Shape::Gap,
    Shape::Bleed,
    Shape::OracleFailure,
];

/// Enough for several threads.
#[test]
fn many_liquidations_of_a_rule_are_prepared_and_the_number_of_threads_changes_nothing() {
    let scene = scene(Shape::Bleed, 5, 3_000);
    let settings = Settings::default();
    let on = |threads: usize, name: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let run = || outcome(&scene, name, &settings, true);
        pool.build().unwrap().install(run)
    };
    for name in ["fx", "fluid", "klend"] {
        let (ahead, acted) = on(3, name);
        assert!(acted > ahead.liquidations.len() / 3, "{name}: {acted}");
        assert!(on(1, name).0 == ahead, "{name}");
        let (in_turn, none) = outcome(&scene, name, &settings, false);
        assert!(ahead == in_turn, "{name}");
        assert_eq!(none, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_prepared_changes_nothing_whatever_the_engine_the_path_and_the_settings(
        engine in 0..NAMES.len(),
        shape in 0..SHAPES.len(),
        seed in any::<u64>(),
        borrowers in 1u32..300,
        look_slots in 1u64..40,
        most_per_slot in 0u64..3,
        top_up_ppm in 0u64..=1_000_000,
        acts_at_a_loss: bool,
    ) {
        let mut settings = Settings {
            look_slots,
            most_per_slot,
            top_up_ppm,
            seed,
            ..Settings::default()
        };
        settings.costs.acts_at_a_loss = acts_at_a_loss;
        let scene = scene(SHAPES[shape], seed, borrowers);
        let (ahead, _) = outcome(&scene, NAMES[engine], &settings, true);
        let (in_turn, _) = outcome(&scene, NAMES[engine], &settings, false);
        prop_assert!(ahead == in_turn, "{}", NAMES[engine]);
    }
}
