//! Addresses that hold lamports before the program's accounts are created there: nobody can block a creation.

use levee::error::LeveeError;
use levee::state::{LendingMarket, MarketConfig, Obligation, Reserve};
use levee_client::instructions as ix;
use levee_client::{pda, ReserveKeys};
use levee_tests::{assert_refused, mint_account, sol_config, world, BanksChain, Chain, World};
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// One lamport, nearly enough to keep the account, and more than enough.
const SENT_AHEAD: [u64; 3] = [1, 1_000_000, 1_000_000_000];

fn send_ahead(world: &mut World<BanksChain>, address: Pubkey, lamports: u64) {
    let account = Account {
        lamports,
        ..Account::default()
    };
    world.chain.set_account(address, account);
}

#[test]
fn a_market_is_created_at_an_address_that_holds_lamports() {
    for lamports in SENT_AHEAD {
        let mut world = world();
        let owner = world.owner.insecure_clone();
        let market = pda::market(&owner.pubkey(), 1);
        send_ahead(&mut world, market, lamports);
        let key = owner.pubkey();
        let create = ix::init_lending_market(key, 1, key, key, MarketConfig::DEFAULT);
        world.must(std::slice::from_ref(&create), &[&owner]);
        assert_eq!(world.read::<LendingMarket>(&market).owner, key);
        assert_refused(&mut world, &[create], &[&owner], LeveeError::AddressInUse);
    }
}

#[test]
fn a_reserve_and_its_vault_are_created_at_addresses_that_hold_lamports() {
    for lamports in SENT_AHEAD {
        let mut world = world();
        let owner = world.owner.insecure_clone();
        let mint = world.keypair().pubkey();
        let token = anchor_spl::token::ID;
        world.chain.set_account(mint, mint_account(token, 9));
        let keys = ReserveKeys::new(world.market, mint, token);
        send_ahead(&mut world, keys.reserve, lamports);
        send_ahead(&mut world, keys.vault, lamports);
        let create = ix::init_reserve(owner.pubkey(), &keys, sol_config([7; 32]));
        world.must(std::slice::from_ref(&create), &[&owner]);
        assert_eq!(world.read::<Reserve>(&keys.reserve).vault, keys.vault);
        let vault = world.chain.account(&keys.vault).expect("it was created");
        assert_eq!(vault.owner, token);
        assert_eq!(vault.data[32..64], keys.reserve.to_bytes());
        assert_refused(&mut world, &[create], &[&owner], LeveeError::AddressInUse);
    }
}

#[test]
fn an_obligation_is_created_at_an_address_that_holds_lamports() {
    for lamports in SENT_AHEAD {
        let mut world = world();
        let owner = world.keypair();
        let obligation = pda::obligation(&world.market, &owner.pubkey(), 0);
        send_ahead(&mut world, obligation, lamports);
        let create = ix::init_obligation(owner.pubkey(), world.market, 0);
        world.must(std::slice::from_ref(&create), &[&owner]);
        assert_eq!(world.read::<Obligation>(&obligation).owner, owner.pubkey());
        assert_refused(&mut world, &[create], &[&owner], LeveeError::AddressInUse);
    }
}
