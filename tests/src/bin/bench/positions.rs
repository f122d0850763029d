//! What users and liquidators do with obligations of several sizes.

use anyhow::Result;
use levee_testkit::{Chain, Receipt};

use crate::scene::Scene;
use crate::Row;

/// The instructions of one obligation.
pub fn rows(deposits: usize, borrows: usize) -> Result<Vec<Row>> {
    let mut scene = Scene::new(deposits, borrows)?;
    let (first, debt) = (scene.collateral[0], scene.debt[0]);
    let positions = format!("{deposits}+{borrows}");
    let mut rows = Vec::new();
    let mut note = |instruction, receipt: Receipt| {
        rows.push(Row::new(instruction, &positions, &receipt));
    };
    scene.pass(200.0);
    let tokens = scene.world.tokens.clone();
    let refresh = scene.world.refresh(&tokens);
    let payer = scene.user.keypair.insecure_clone();
    note(
        "refresh_reserves",
        scene.world.chain.send(&[refresh], &[&payer])?,
    );
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("deposit", world.deposit(user, &first, first.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("withdraw", world.withdraw(user, &first, first.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("borrow", world.borrow(user, &debt, debt.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("repay", world.repay(user, &debt, debt.atoms(1.0))?);
    scene.pass(175.0);
    let (world, by) = (&mut scene.world, &scene.liquidator);
    note("mark_unhealthy", world.mark(by, &[&scene.user])?);
    scene.pass(175.0);
    let receipt = scene
        .world
        .liquidate(&scene.liquidator, &scene.user, &debt, &first, u64::MAX)?;
    note("liquidate", receipt);
    Ok(rows)
}
