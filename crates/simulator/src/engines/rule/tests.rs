use super::super::fx::Fx;
use super::super::one_borrower::{fall, look, nine_million_against, see, BORROWER};
use super::super::{Engine, Look, Prepared, Turn};
use super::RuleEngine;
use crate::market::World;

fn prepare(engine: &impl Engine, world: &mut World) -> Option<Prepared> {
    see(world, |world, seen| engine.prepare(world, seen).unwrap())
}

/// A borrower a little beyond the line.
fn unhealthy() -> World {
    let mut world = nine_million_against(5_000_000);
    let mut percent = 0.0;
    while world.value_of(BORROWER).unwrap().health.is_healthy() {
        percent += 0.5;
        fall(&mut world, percent);
    }
    world
}

#[test]
fn a_turn_leaves_the_balances_and_the_health_that_a_look_leaves() {
    let (mut world, mut same) = (unhealthy(), unhealthy());
    let mut engine = RuleEngine::new(Fx);
    let prepared = prepare(&engine, &mut world).unwrap();
    let Turn::Acted {
        deal, left, health, ..
    } = engine.take_turn(&mut world, &prepared).unwrap()
    else {
        panic!("it was prepared");
    };
    world.set_pair(BORROWER, &left);
    let Look::Acted(looked) = look(&mut RuleEngine::new(Fx), &mut same) else {
        panic!("it is unhealthy");
    };
    assert_eq!(deal, *looked);
    let (one, other) = (world.obligation(BORROWER), same.obligation(BORROWER));
    assert_eq!(bytemuck::bytes_of(&one), bytemuck::bytes_of(&other));
    let valued = world.value_of(BORROWER).unwrap().health;
    assert_eq!(health, crate::run::ratio(&valued));
}

#[test]
fn what_was_prepared_before_a_loss_was_written_off_is_looked_at_anew() {
    let mut engine = RuleEngine::new(Fx);
    let mut world = unhealthy();
    let prepared = prepare(&engine, &mut world).unwrap();
    let mut bankrupt = nine_million_against(5_000_000);
    bankrupt.costs.acts_at_a_loss = true;
    fall(&mut bankrupt, 90.0);
    let Look::Acted(deal) = look(&mut engine, &mut bankrupt) else {
        panic!("all of the collateral is seized");
    };
    assert!(!deal.losses.is_empty());
    let turn = engine.take_turn(&mut world, &prepared).unwrap();
    assert_eq!(turn, Turn::Anew);
}
