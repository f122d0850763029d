//! `init_reserve`: what a new reserve is, and which configurations and tokens are refused. Token-2022 has a file of its
//! own.

use anchor_lang::error::ErrorCode;
use levee::error::LeveeError;
use levee::state::{Limbs, OutflowWindow, PriceCache, ReserveConfig};
use levee_client::{instructions as ix, ReserveKeys};
use levee_tests::refusal::assert_refused_without_code;
use levee_tests::reserve_limits::{EDGE_CONFIGS, REFUSED_CONFIGS};
use levee_tests::{
    assert_refused, assert_refused_with, mint_account, sol_config, world, BanksChain, Chain,
    Foreign, World, TOKEN_2022,
};
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const TOKEN_PROGRAM: Pubkey = anchor_spl::token::ID;
const FEED: [u8; 32] = [3; 32];

/// A new mint that the market does not know.
fn unlisted(world: &mut World<BanksChain>, decimals: u8) -> ReserveKeys {
    let mint = world.keypair().pubkey();
    let account = mint_account(TOKEN_PROGRAM, decimals);
    world.chain.set_account(mint, account);
    ReserveKeys::new(world.market, mint, TOKEN_PROGRAM)
}

fn changed(change: fn(&mut ReserveConfig)) -> ReserveConfig {
    let mut config = sol_config(FEED);
    change(&mut config);
    config
}

#[test]
fn a_new_reserve_is_empty_open_and_configured() {
    let mut world = world();
    world.advance(3, 7);
    let keys = unlisted(&mut world, 9);
    let owner = world.owner.insecure_clone();
    let create = ix::init_reserve(owner.pubkey(), &keys, sol_config(FEED));
    world.must(&[create], &[&owner]);

    let reserve: levee::state::Reserve = world.read(&keys.reserve);
    assert_eq!(reserve.market, world.market);
    assert_eq!(reserve.mint, keys.mint);
    assert_eq!(reserve.token_program, TOKEN_PROGRAM);
    assert_eq!(reserve.vault, keys.vault);
    assert_eq!(reserve.available_atoms, 0);
    assert_eq!(reserve.supply_down().unwrap().0, 0);
    assert_eq!(reserve.debt_up().unwrap().0, 0);
    assert_eq!(reserve.supply_index, reserve.borrow_index);
    assert!(reserve.supply_index.get() > 0);
    assert_eq!(reserve.scaled_insurance, Limbs::default());
    assert_eq!(reserve.protocol_fees, Limbs::default());
    assert_eq!(reserve.last_accrual_ts, world.now());
    assert_eq!(reserve.flash_loan_atoms, 0);
    assert_eq!(reserve.price, PriceCache::default());
    let outflow = OutflowWindow {
        start_slot: world.slot(),
        net_atoms: 0,
    };
    assert_eq!(reserve.outflow, outflow);
    assert_eq!(reserve.config, sol_config(FEED));
    assert_eq!(reserve.pending_config_ts, 0);
    assert_eq!(reserve.decimals, 9);
    assert_eq!(reserve.status, 0);
    // The vault holds nothing, is the reserve's alone and of its mint.
    let vault = world.chain.account(&keys.vault).unwrap();
    assert_eq!(vault.owner, TOKEN_PROGRAM);
    assert_eq!(vault.data[..32], keys.mint.to_bytes());
    assert_eq!(vault.data[32..64], keys.reserve.to_bytes());
    assert_eq!(world.token_balance(&keys.vault), 0);
}

#[test]
fn every_configuration_beyond_a_limit_is_refused_by_its_own_error() {
    let mut world = world();
    let keys = unlisted(&mut world, 9);
    let owner = world.owner.insecure_clone();
    for (name, change, error) in REFUSED_CONFIGS {
        println!("{name}");
        let create = ix::init_reserve(owner.pubkey(), &keys, changed(*change));
        assert_refused(&mut world, &[create], &[&owner], *error);
    }
}

#[test]
fn every_configuration_at_a_limit_is_accepted() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    for (name, change) in EDGE_CONFIGS {
        println!("{name}");
        let keys = unlisted(&mut world, 9);
        let config = changed(*change);
        let create = ix::init_reserve(owner.pubkey(), &keys, config);
        world.must(&[create], &[&owner]);
        let reserve: levee::state::Reserve = world.read(&keys.reserve);
        assert_eq!(reserve.config, config);
    }
}

#[test]
fn a_mint_may_have_from_0_to_18_decimals() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    for decimals in [0, 18, 19, 255] {
        let keys = unlisted(&mut world, decimals);
        let create = ix::init_reserve(owner.pubkey(), &keys, sol_config(FEED));
        if decimals <= 18 {
            world.must(&[create], &[&owner]);
            let reserve: levee::state::Reserve = world.read(&keys.reserve);
            assert_eq!(reserve.decimals, decimals);
        } else {
            let error = LeveeError::TooManyDecimals;
            assert_refused(&mut world, &[create], &[&owner], error);
        }
    }
}

#[test]
fn nobody_but_the_owner_can_list_a_token() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    let keys = unlisted(&mut world, 9);
    let helpers = [&world.risk_admin, &world.guardian].map(Keypair::insecure_clone);
    let stranger = world.keypair();
    for other in helpers.iter().chain([&stranger, &foreign.owner]) {
        let create = ix::init_reserve(other.pubkey(), &keys, sol_config(FEED));
        assert_refused(&mut world, &[create], &[other], LeveeError::NotOwner);
    }
}

#[test]
fn a_token_cannot_be_listed_twice() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let owner = world.owner.insecure_clone();
    let create = ix::init_reserve(owner.pubkey(), &sol.keys, sol_config(FEED));
    let error = LeveeError::AddressInUse;
    assert_refused(&mut world, &[create], &[&owner], error);
}

#[test]
fn a_reserve_and_its_vault_lie_at_their_derived_addresses_only() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let keys = unlisted(&mut world, 9);
    let other = unlisted(&mut world, 9);
    for (at, address) in [(3, other.reserve), (4, other.vault)] {
        let mut create = ix::init_reserve(owner.pubkey(), &keys, sol_config(FEED));
        create.accounts[at].pubkey = address;
        let code = u32::from(ErrorCode::ConstraintSeeds);
        assert_refused_with(&mut world, &[create], &[&owner], code, "ConstraintSeeds");
    }
}

#[test]
fn a_mint_of_the_other_token_program_or_not_initialized_is_refused() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let keys = unlisted(&mut world, 9);
    let mut create = ix::init_reserve(owner.pubkey(), &keys, sol_config(FEED));
    create.accounts[5].pubkey = TOKEN_2022;
    let code = u32::from(ErrorCode::ConstraintMintTokenProgram);
    let name = "ConstraintMintTokenProgram";
    assert_refused_with(&mut world, &[create], &[&owner], code, name);

    let mut blank = mint_account(TOKEN_PROGRAM, 9);
    blank.data.fill(0);
    world.chain.set_account(keys.mint, blank);
    let create = ix::init_reserve(owner.pubkey(), &keys, sol_config(FEED));
    let error = InstructionError::UninitializedAccount;
    assert_refused_without_code(&mut world, &[create], &[&owner], error);
}
