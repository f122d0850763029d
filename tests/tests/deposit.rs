//! `deposit`.

use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::{assert_refused, sol_config, world};

#[test]
fn a_deposit_moves_the_tokens_and_becomes_a_position() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let user = world.user();
    world.fund(&user, &sol, 1_000);
    world.deposit(&user, &sol, 700).unwrap();
    assert_eq!(world.balance(&user, &sol), 300);
    assert_eq!(world.token_balance(&sol.keys.vault), 700);
    assert_eq!(world.reserve(&sol).available_atoms, 700);
    let obligation = world.obligation(&user);
    assert_eq!(obligation.deposit_count, 1);
    assert_eq!(
        obligation.deposit_in(&sol.keys.reserve),
        world.reserve(&sol).scaled_supply()
    );
}

#[test]
fn a_deposit_of_nothing_is_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let user = world.user();
    world.fund(&user, &sol, 1_000);
    let deposit = ix::deposit(user.key(), user.obligation, &sol.keys, user.wallet(&sol), 0);
    assert_refused(
        &mut world,
        &[deposit],
        &[&user.keypair],
        LeveeError::ZeroAmount,
    );
}
