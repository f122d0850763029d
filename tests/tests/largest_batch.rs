//! As many obligations as one transaction can carry are liquidated within the chain's limits.

use levee_client::instructions::{self as ix, Limits};
use levee_tests::{
    free, pair_of, sol_config, stable_config, view, LiteChain, PriceSpec, Token, User, World,
};
use solana_compute_budget_interface::ComputeBudgetInstruction;

/// Most compute units of a transaction.
const COMPUTE_LIMIT: u32 = 1_400_000;
/// Most bytes of a transaction.
const PACKET: usize = 1_232;
/// More than the twenty that are promised.
const OBLIGATIONS: usize = 40;

struct Crowd {
    world: World<LiteChain>,
    sol: Token,
    usdc: Token,
    users: Vec<User>,
    liquidator: User,
}

/// Each user owes 7,300 dollars against 100 SOL, which stand at $84; a lookup table holds all that is named.
fn crowd() -> Crowd {
    let mut world = World::new(LiteChain::new());
    let sol = world.add_token(9, 100.0, free(sol_config));
    let usdc = world.add_token(6, 1.0, free(stable_config));
    world.supplier(&usdc, usdc.atoms(1e6));
    let users: Vec<_> = (0..OBLIGATIONS)
        .map(|_| {
            let user = world.supplier(&sol, sol.atoms(100.0));
            world.borrow(&user, &usdc, usdc.atoms(7_300.0)).unwrap();
            user
        })
        .collect();
    let liquidator = world.user();
    world.fund(&liquidator, &usdc, usdc.atoms(1e6));
    world.fund(&liquidator, &sol, 0);
    let mut table = vec![world.market, sol.keys.token_program];
    for token in [&sol, &usdc] {
        let keys = &token.keys;
        table.extend([keys.reserve, keys.vault, keys.mint, token.price_account]);
        table.push(liquidator.wallet(token));
    }
    table.extend(users.iter().map(|user| user.obligation));
    world.chain.use_lookup_table(table);
    world.advance(1, 0);
    let fallen = PriceSpec::usd(84.0, world.now());
    world.set_price(&sol, &fallen);
    Crowd {
        world,
        sol,
        usdc,
        users,
        liquidator,
    }
}

#[test]
fn forty_obligations_are_liquidated_in_one_transaction_refresh_included() {
    let mut crowd = crowd();
    let (sol, usdc) = (crowd.sol, crowd.usdc);
    let world = &mut crowd.world;
    let keys = world.liquidator_keys(&crowd.liquidator, &usdc, &sol);
    let list: Vec<_> = crowd
        .users
        .iter()
        .map(|user| (user.obligation, Vec::new()))
        .collect();
    let batch = [
        ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_LIMIT),
        world.refresh(&[usdc, sol]),
        ix::liquidate_batch(&keys, &pair_of(&usdc, &sol), &list, Limits::NONE),
    ];
    let receipt = world.must(&batch, &[&crowd.liquidator.keypair]);
    assert!(receipt.bytes <= PACKET, "{} bytes", receipt.bytes);
    let used = receipt.compute_units;
    assert!(used <= u64::from(COMPUTE_LIMIT), "{used} compute units");
    let left: Vec<_> = crowd
        .users
        .iter()
        .map(|user| {
            assert!(view::book(world, user).health.is_healthy());
            let owed = view::owed(world, user, &usdc);
            (owed, view::deposited(world, user, &sol))
        })
        .collect();
    // All are alike, so all end alike.
    assert!(left.iter().all(|one| *one == left[0]));
    assert!(left[0].0 < usdc.atoms(7_300.0));
}
