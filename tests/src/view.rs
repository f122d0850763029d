//! What accounts say, in the numbers that tests compare.

use levee::error::LeveeError;
use levee_client::quote::{self, Copies, Quote, Request};
use levee_risk::fixed::SupplyIndex;
use levee_risk::liquidation::Plan;
use levee_risk::policy::Moment;
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;
use solana_pubkey::Pubkey;

use crate::{Chain, Token, User, World};

/// Refreshes all tokens of the market in a transaction of its own.
///
/// # Panics
/// Where a price is refused.
pub fn refresh_all<C: Chain>(world: &mut World<C>) {
    let guardian = world.guardian.insecure_clone();
    let tokens = world.tokens.clone();
    for some in tokens.chunks(8) {
        let refresh = world.refresh(some);
        world.must(&[refresh], &[&guardian]);
    }
}

/// What `user` owes in `token` by the index of the last accrual.
pub fn owed<C: Chain>(world: &World<C>, user: &User, token: &Token) -> u64 {
    let scaled = world.obligation(user).debt_in(&token.keys.reserve);
    let index = world.reserve(token).borrow_index();
    scaled.atoms_up(index).expect("the debt has a number").0
}

/// What `user` holds in `token` by the index of the last accrual.
pub fn deposited<C: Chain>(world: &World<C>, user: &User, token: &Token) -> u64 {
    let scaled = world.obligation(user).deposit_in(&token.keys.reserve);
    let index = world.reserve(token).supply_index();
    scaled
        .atoms_down(index)
        .expect("the deposit has a number")
        .0
}

/// The insurance of `token` in atoms.
pub fn insurance<C: Chain>(world: &World<C>, token: &Token) -> u64 {
    let reserve = world.reserve(token);
    let scaled = reserve.scaled_insurance();
    let atoms = scaled.atoms_down(reserve.supply_index());
    atoms.expect("the insurance has a number").0
}

/// Whether the supply of `token` grows by nothing and lost nothing yet.
pub fn supply_is_whole<C: Chain>(world: &World<C>, token: &Token) -> bool {
    world.reserve(token).supply_index() == SupplyIndex::ONE
}

/// The obligation's books at the cached prices.
pub fn book<C: Chain>(world: &World<C>, user: &User) -> Book {
    let reserves = reserves(world);
    let (market, obligation) = (world.lending_market(), world.obligation(user));
    let find = |key: &Pubkey| reserves.0.get(key);
    quote::book(&market, &obligation, find, moment(world)).expect("all is priced")
}

/// The chain's time.
pub fn moment<C: Chain>(world: &World<C>) -> Moment {
    Moment {
        slot: world.slot(),
        now_ts: world.now(),
    }
}

/// The obligation's health factor at the cached prices.
pub fn health<C: Chain>(world: &World<C>, user: &User) -> f64 {
    let health = book(world, user).health;
    health.collateral.raw() as f64 / health.debt.raw() as f64
}

/// What liquidating would move at the prices posted now, which it caches first.
///
/// # Errors
/// The program's refusal.
///
/// # Panics
/// Where nothing is paid because netting is enough.
pub fn plan<C: Chain>(
    world: &mut World<C>,
    of: &User,
    repay: &Token,
    seize: &Token,
    limit: u64,
) -> Result<Plan, LeveeError> {
    let quote = quote(world, of, repay, seize, limit)?;
    Ok(quote.done.plan.expect("somebody is paid"))
}

/// What liquidating would do at the prices posted now, which it caches first.
///
/// # Errors
/// The program's refusal.
pub fn quote<C: Chain>(
    world: &mut World<C>,
    of: &User,
    repay: &Token,
    seize: &Token,
    limit: u64,
) -> Result<Quote, LeveeError> {
    refresh_all(world);
    let request = Request {
        repay: repay.keys.reserve,
        seize: seize.keys.reserve,
        limit: Atoms(limit),
        has_receiver: false,
    };
    let outcome = quote::liquidation(
        &world.lending_market(),
        &of.obligation,
        &world.obligation(of),
        &reserves(world),
        moment(world),
        0,
        &request,
    );
    outcome.expect("the accounts make sense")
}

fn reserves<C: Chain>(world: &World<C>) -> Copies {
    let read = |token: &Token| (token.keys.reserve, world.reserve(token));
    Copies(world.tokens.iter().map(read).collect())
}
