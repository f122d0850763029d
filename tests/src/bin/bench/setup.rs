//! The instructions of admins, and those that open and close things.

use anyhow::Result;
use levee::state::{Limbs, MarketConfig, Obligation, Reserve};
use levee_client::instructions as ix;
use levee_risk::fixed::ScaledSupply;
use levee_testkit::{sol_config, stable_config, Chain, LiteChain, World};
use levee_tests::every_instruction::group_config;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::Row;

/// What happens once or rarely.
pub fn rows() -> Result<Vec<Row>> {
    let mut world = World::new(LiteChain::new());
    let mut rows = Vec::new();
    let owner = world.owner.insecure_clone();
    let helper = world.keypair();
    let mut run = |world: &mut World<LiteChain>,
                   instruction: &'static str,
                   what: Instruction,
                   signer: &Keypair|
     -> Result<()> {
        let receipt = world.chain.send(&[what], &[signer])?;
        rows.push(Row::new(instruction, "-", &receipt));
        Ok(())
    };
    let (key, market) = (owner.pubkey(), world.market);
    let config = MarketConfig::DEFAULT;
    let create = ix::init_lending_market(key, 1, key, key, config);
    run(&mut world, "init_lending_market", create, &owner)?;
    let update = ix::update_lending_market(key, market, key, key, config);
    run(&mut world, "update_lending_market", update, &owner)?;
    let propose = ix::propose_owner(key, market, helper.pubkey());
    run(&mut world, "propose_owner", propose, &owner)?;
    let accept = ix::accept_owner(helper.pubkey(), market);
    run(&mut world, "accept_owner", accept, &helper)?;
    let back = ix::propose_owner(helper.pubkey(), market, key);
    world.must(&[back], &[&helper]);
    world.must(&[ix::accept_owner(key, market)], &[&owner]);
    let status = ix::set_status(key, market, None, 0);
    run(&mut world, "set_status", status, &owner)?;

    let token = world.add_token(6, 1.0, stable_config);
    let other = levee_client::ReserveKeys::new(market, token.keys.mint, token.keys.token_program);
    let update = ix::update_reserve(key, &other, stable_config(token.feed));
    run(&mut world, "update_reserve", update, &owner)?;
    let mint = world.keypair().pubkey();
    world
        .chain
        .set_account(mint, levee_testkit::mint_account(anchor_spl::token::ID, 9));
    let fresh = levee_client::ReserveKeys::new(market, mint, anchor_spl::token::ID);
    let create = ix::init_reserve(key, &fresh, sol_config(token.feed));
    run(&mut world, "init_reserve", create, &owner)?;

    let group = ix::update_elevation_group(key, market, 1, group_config(token.keys.reserve));
    run(&mut world, "update_elevation_group", group, &owner)?;
    let staked = world.add_staked(&token, 1.2, sol_config);
    let refresh = world.refresh(&[staked]);
    run(&mut world, "refresh_reserves", refresh, &owner)?;
    let anchor = ix::anchor_rate(key, &staked.keys);
    run(&mut world, "anchor_rate", anchor, &owner)?;

    let user = world.keypair();
    let create = ix::init_obligation(user.pubkey(), market, 0);
    run(&mut world, "init_obligation", create, &user)?;
    let obligation = levee_client::pda::obligation(&market, &user.pubkey(), 0);
    let join = ix::set_elevation_group(user.pubkey(), market, obligation, &[], 1);
    run(&mut world, "set_elevation_group", join, &user)?;
    let close = ix::close_obligation(user.pubkey(), obligation);
    run(&mut world, "close_obligation", close, &user)?;

    // Fees to claim: an origination fee is due at once.
    let supplier = world.supplier(&token, token.atoms(100_000.0));
    let sol = world.add_token(9, 200.0, sol_config);
    let borrower = world.supplier(&sol, sol.atoms(100.0));
    world.borrow(&borrower, &token, token.atoms(10_000.0))?;
    let claim = ix::claim_protocol_fees(key, &token.keys, supplier.wallet(&token));
    run(&mut world, "claim_protocol_fees", claim, &owner)?;

    // A debt whose collateral is gone, as liquidations leave it.
    let collateral = sol.keys.reserve;
    let deposit = world.obligation(&borrower).deposit_in(&collateral);
    world.rewrite::<Obligation>(&borrower.obligation, |obligation| {
        obligation
            .set_deposit(&collateral, ScaledSupply::ZERO)
            .expect("the position exists");
    });
    world.rewrite::<Reserve>(&collateral, |reserve| {
        let rest = reserve.scaled_supply().checked_sub(deposit);
        reserve.scaled_supply = Limbs(rest.expect("its own deposit").to_limbs());
    });
    let settle = ix::settle_bad_debt(market, borrower.obligation, token.keys.reserve);
    run(&mut world, "settle_bad_debt", settle, &owner)?;
    Ok(rows)
}
