//! `close_obligation`.

use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::{
    assert_refused, assert_refused_somehow, sol_config, stable_config, world, BanksChain, Chain,
    World,
};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

#[test]
fn closing_returns_the_rent_to_the_owner_and_removes_the_account() {
    let mut world = world();
    let user = world.user();
    let payer = world.keypair();
    let lamports = |world: &World<BanksChain>, key: Pubkey| {
        world
            .chain
            .account(&key)
            .map_or(0, |account| account.lamports)
    };
    let rent = lamports(&world, user.obligation);
    let before = lamports(&world, user.key());
    assert!(rent > 0);
    let close = ix::close_obligation(user.key(), user.obligation);
    world.must(&[close], &[&payer, &user.keypair]);
    assert_eq!(lamports(&world, user.key()), before + rent);
    assert!(world.chain.account(&user.obligation).is_none());
}

#[test]
fn a_closed_obligation_is_of_no_use_and_can_be_created_again() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let user = world.supplier(&sol, 1_000);
    world.withdraw(&user, &sol, u64::MAX).unwrap();
    let close = ix::close_obligation(user.key(), user.obligation);
    world.must(std::slice::from_ref(&close), &[&user.keypair]);
    let deposit = ix::deposit(user.key(), user.obligation, &sol.keys, user.wallet(&sol), 1);
    for late in [close, deposit] {
        assert_refused_somehow(&mut world, &[late], &[&user.keypair], "a missing account");
    }
    let create = ix::init_obligation(user.key(), world.market, 0);
    world.must(&[create], &[&user.keypair]);
    world.deposit(&user, &sol, 1_000).unwrap();
    assert_eq!(world.obligation(&user).deposit_count, 1);
}

#[test]
fn an_obligation_that_still_holds_or_owes_is_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let usdc = world.add_token(6, 1.0, stable_config);
    world.supplier(&usdc, 1_000_000_000);
    let user = world.supplier(&sol, 10_000_000_000);
    let close = ix::close_obligation(user.key(), user.obligation);
    let error = LeveeError::ObligationNotEmpty;
    assert_refused(
        &mut world,
        std::slice::from_ref(&close),
        &[&user.keypair],
        error,
    );
    world.borrow(&user, &usdc, 100_000_000).unwrap();
    assert_refused(&mut world, &[close], &[&user.keypair], error);
}

#[test]
fn nobody_but_the_owner_can_close_an_obligation() {
    let mut world = world();
    let user = world.user();
    let admins = [&world.owner, &world.risk_admin, &world.guardian].map(|k| k.insecure_clone());
    let stranger = world.user().keypair;
    for other in admins.iter().chain([&stranger]) {
        let close = ix::close_obligation(other.pubkey(), user.obligation);
        assert_refused(
            &mut world,
            &[close],
            &[other],
            LeveeError::NotObligationOwner,
        );
    }
}
