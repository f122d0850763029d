//! Price accounts in refreshes of their own, and what becomes of them.

use levee::error::LeveeError;
use levee_testkit::{Chain, Token, World};
use solana_account::Account;

use crate::assert_refused;

/// Refreshes `token` alone, by anybody.
///
/// # Panics
/// Where the price is refused.
pub fn accept_price<C: Chain>(world: &mut World<C>, token: &Token) {
    let anybody = world.keypair();
    let refresh = world.refresh(&[*token]);
    world.must(&[refresh], &[&anybody]);
}

/// Asserts that a refresh of `token` is refused with `error`.
///
/// # Panics
/// Where it is not.
pub fn refuse_price<C: Chain>(world: &mut World<C>, token: &Token, error: LeveeError) {
    let anybody = world.keypair();
    let refresh = world.refresh(&[*token]);
    assert_refused(world, &[refresh], &[&anybody], error);
}

/// Changes the price account of `token`.
///
/// # Panics
/// Where there is none.
pub fn rewrite_price_account<C: Chain>(
    world: &mut World<C>,
    token: &Token,
    change: impl FnOnce(&mut Account),
) {
    let account = world.chain.account(&token.price_account);
    let mut account = account.expect("the price was posted");
    change(&mut account);
    world.chain.set_account(token.price_account, account);
}
