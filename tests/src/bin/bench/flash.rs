//! A flash loan and its repayment in one transaction.

use anyhow::Result;
use levee_client::instructions as ix;
use levee_testkit::Chain;

use crate::scene::Scene;
use crate::Row;

/// `flash_borrow` with the `flash_repay` that must follow it.
pub fn rows() -> Result<Vec<Row>> {
    let mut scene = Scene::new(1, 1)?;
    let (user, debt) = (&scene.liquidator, scene.debt[0]);
    let (key, wallet) = (user.key(), user.wallet(&debt));
    let borrow = ix::flash_borrow(key, &debt.keys, wallet, debt.atoms(1_000.0));
    let repay = ix::flash_repay(key, &debt.keys, wallet);
    let receipt = scene.world.chain.send(&[borrow, repay], &[&user.keypair])?;
    Ok(vec![Row::new("flash_borrow + flash_repay", "-", &receipt)])
}
