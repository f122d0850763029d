//! The test oracle: Levee takes its prices like Pyth's, and nobody pushes to another's feed or backwards in time.

use anchor_lang::{AccountDeserialize, AnchorSerialize};
use levee::error::LeveeError;
use levee::oracle::PYTH_RECEIVERS;
use levee_test_oracle::{feed_address, push, push_all, Feed, OracleError, DEVNET_ID, LOCALNET_ID};
use levee_testkit::{program_path, sol_config, Chain, LiteChain, Token, World};
use levee_tests::oracles::{accept_price, refuse_price};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const ID: [u8; 32] = [0xfe; 32];

/// A market on a chain with the test oracle at both of its addresses.
fn world() -> World<LiteChain> {
    let mut chain = LiteChain::new();
    for address in [LOCALNET_ID, DEVNET_ID] {
        let file = program_path("levee_test_oracle");
        chain.svm().add_program_from_file(address, file).unwrap();
    }
    World::new(chain)
}

fn feed(price: i64, publish_ts: i64) -> Feed {
    Feed {
        publish_ts: Some(publish_ts),
        ..Feed::steady(ID, price, -8)
    }
}

fn pushed(world: &World<LiteChain>, authority: &Keypair, id: &[u8; 32]) -> PriceUpdateV2 {
    let address = feed_address(&LOCALNET_ID, &authority.pubkey(), id);
    let account = world.chain.account(&address).unwrap();
    assert_eq!(account.owner, LOCALNET_ID);
    assert_eq!(account.data.len(), PriceUpdateV2::LEN);
    PriceUpdateV2::try_deserialize(&mut &account.data[..]).unwrap()
}

fn refuse(
    world: &mut World<LiteChain>,
    instruction: Instruction,
    signer: &Keypair,
    error: OracleError,
) {
    let failure = world.chain.send(&[instruction], &[signer]).unwrap_err();
    assert_eq!(failure.code(), Some(error as u32), "{failure}");
    assert!(
        failure
            .logs
            .iter()
            .any(|line| line.contains(error.message())),
        "{failure}"
    );
}

/// `token`, priced by `authority`'s feed of the oracle at `program`.
fn priced(token: Token, program: &Pubkey, authority: &Keypair) -> Token {
    Token {
        price_account: feed_address(program, &authority.pubkey(), &token.feed),
        ..token
    }
}

#[test]
fn levee_takes_what_was_pushed_as_it_takes_pyths_own() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let authority = world.keypair();
    let sol = priced(sol, &LOCALNET_ID, &authority);
    let said = Feed {
        id: sol.feed,
        price: 19_876_543_210,
        confidence: 12_345_678,
        exponent: -8,
        ema_price: 20_123_456_789,
        publish_ts: Some(world.now() - 3),
    };
    world.must(
        &[push(&LOCALNET_ID, &authority.pubkey(), &said)],
        &[&authority],
    );
    accept_price(&mut world, &sol);
    let cached = world.reserve(&sol).price;
    assert_eq!(cached.price, 19_876_543_210);
    assert_eq!(cached.confidence, 12_345_678);
    assert_eq!(cached.exponent, -8);
    assert_eq!(cached.ema, 20_123_456_789);
    assert_eq!(Some(cached.publish_ts), said.publish_ts);
    let update = pushed(&world, &authority, &sol.feed);
    assert_eq!(update.verification_level, VerificationLevel::Full);
    assert_eq!(update.write_authority, authority.pubkey());
    assert_eq!(update.posted_slot, world.slot());
}

#[test]
fn at_its_own_address_the_oracle_runs_but_levee_does_not_believe_it() {
    assert!(!PYTH_RECEIVERS.contains(&DEVNET_ID));
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let authority = world.keypair();
    let said = Feed::steady(sol.feed, 100, -8);
    let instruction = push(&DEVNET_ID, &authority.pubkey(), &said);
    world.must(&[instruction], &[&authority]);
    let sol = priced(sol, &DEVNET_ID, &authority);
    assert_eq!(
        world.chain.account(&sol.price_account).unwrap().owner,
        DEVNET_ID
    );
    refuse_price(&mut world, &sol, LeveeError::WrongPriceAccountOwner);
}

#[test]
fn a_build_with_test_feeds_believes_the_oracle_at_its_own_address() {
    let mut world = world();
    let file = program_path("levee_test_feeds");
    world
        .chain
        .svm()
        .add_program_from_file(levee::ID, file)
        .unwrap();
    let sol = world.add_token(9, 200.0, sol_config);
    let authority = world.keypair();
    let said = Feed::steady(sol.feed, 12_300_000_000, -8);
    let instruction = push(&DEVNET_ID, &authority.pubkey(), &said);
    world.must(&[instruction], &[&authority]);
    let sol = priced(sol, &DEVNET_ID, &authority);
    accept_price(&mut world, &sol);
    assert_eq!(world.reserve(&sol).price.price, 12_300_000_000);
}

#[test]
fn without_a_time_a_price_is_of_now() {
    let mut world = world();
    let authority = world.keypair();
    let instruction = push(
        &LOCALNET_ID,
        &authority.pubkey(),
        &Feed::steady(ID, 5_000, -3),
    );
    world.must(&[instruction], &[&authority]);
    let message = pushed(&world, &authority, &ID).price_message;
    assert_eq!(message.publish_time, world.now());
    assert_eq!(
        (message.price, message.conf, message.ema_price),
        (5_000, 5, 5_000)
    );
}

#[test]
fn nobody_pushes_to_the_feed_of_another() {
    let mut world = world();
    let (authority, stranger) = (world.keypair(), world.keypair());
    let now = world.now();
    let honest = push(&LOCALNET_ID, &authority.pubkey(), &feed(100, now));
    world.must(std::slice::from_ref(&honest), &[&authority]);
    let mut foreign = push(&LOCALNET_ID, &stranger.pubkey(), &feed(1, now));
    foreign.accounts[2] = honest.accounts[2].clone();
    refuse(
        &mut world,
        foreign,
        &stranger,
        OracleError::WrongFeedAccount,
    );
    let mut unsigned = push(&LOCALNET_ID, &authority.pubkey(), &feed(1, now));
    unsigned.accounts[0].is_signer = false;
    refuse(
        &mut world,
        unsigned,
        &stranger,
        OracleError::AuthorityMustSign,
    );
    let mut other_feed = push(&LOCALNET_ID, &authority.pubkey(), &feed(1, now));
    other_feed.accounts[2].pubkey = feed_address(&LOCALNET_ID, &authority.pubkey(), &[0; 32]);
    refuse(
        &mut world,
        other_feed,
        &authority,
        OracleError::WrongFeedAccount,
    );
    assert_eq!(pushed(&world, &authority, &ID).price_message.price, 100);
}

#[test]
fn each_price_without_a_time_is_newer_than_the_last_as_far_as_readers_believe() {
    let mut world = world();
    let authority = world.keypair();
    let mut times = Vec::new();
    for price in 0..6 {
        let said = Feed::steady(ID, 1_000 + price, -3);
        let instruction = push(&LOCALNET_ID, &authority.pubkey(), &said);
        world.must(&[instruction], &[&authority]);
        times.push(pushed(&world, &authority, &ID).price_message.publish_time - world.now());
    }
    assert_eq!(times, [0, 1, 2, 3, 4, 4]);
}

#[test]
fn publish_times_never_go_back_and_the_one_before_is_told() {
    let mut world = world();
    let authority = world.keypair();
    let now = world.now();
    for (price, publish_ts) in [(100, now - 9), (101, now - 4), (102, now - 4)] {
        let instruction = push(&LOCALNET_ID, &authority.pubkey(), &feed(price, publish_ts));
        world.must(&[instruction], &[&authority]);
    }
    let older = push(&LOCALNET_ID, &authority.pubkey(), &feed(1, now - 5));
    refuse(
        &mut world,
        older,
        &authority,
        OracleError::OlderThanPublished,
    );
    let later = push(&LOCALNET_ID, &authority.pubkey(), &feed(103, now));
    world.must(&[later], &[&authority]);
    let message = pushed(&world, &authority, &ID).price_message;
    assert_eq!(
        (
            message.price,
            message.publish_time,
            message.prev_publish_time
        ),
        (103, now, now - 4)
    );
}

#[test]
fn feeds_of_one_instruction_are_written_all_or_none() {
    let mut world = world();
    let authority = world.keypair();
    let now = world.now();
    let feeds: Vec<Feed> = (0..12)
        .map(|id| Feed {
            id: [id; 32],
            ..feed(100 + i64::from(id), now)
        })
        .collect();
    let key = authority.pubkey();
    world.must(&[push_all(&LOCALNET_ID, &key, &feeds)], &[&authority]);
    for feed in &feeds {
        let message = pushed(&world, &authority, &feed.id).price_message;
        assert_eq!(message.price, feed.price);
    }
    let mut mixed = feeds.clone();
    mixed.iter_mut().for_each(|feed| feed.price += 1);
    mixed[11].publish_ts = Some(now - 1);
    let instruction = push_all(&LOCALNET_ID, &key, &mixed);
    refuse(
        &mut world,
        instruction,
        &authority,
        OracleError::OlderThanPublished,
    );
    assert_eq!(
        pushed(&world, &authority, &[0; 32]).price_message.price,
        100
    );
}

#[test]
fn a_feed_opens_although_somebody_sent_lamports_to_its_address() {
    let mut world = world();
    let authority = world.keypair();
    let address = feed_address(&LOCALNET_ID, &authority.pubkey(), &ID);
    for lamports in [1, 1_000_000_000] {
        let account = solana_account::Account {
            lamports,
            ..solana_account::Account::default()
        };
        world.chain.set_account(address, account);
        let instruction = push(&LOCALNET_ID, &authority.pubkey(), &feed(7, world.now()));
        world.must(&[instruction], &[&authority]);
        assert_eq!(pushed(&world, &authority, &ID).price_message.price, 7);
    }
}

#[test]
fn malformed_data_and_missing_accounts_are_refused() {
    let mut world = world();
    let authority = world.keypair();
    let good = push(&LOCALNET_ID, &authority.pubkey(), &feed(7, world.now()));
    for length in [0, 1, 5, good.data.len() - 1] {
        let mut cut = good.clone();
        cut.data.truncate(length);
        refuse(
            &mut world,
            cut,
            &authority,
            OracleError::MalformedInstruction,
        );
    }
    let mut longer = good.clone();
    longer.data.push(0);
    refuse(
        &mut world,
        longer,
        &authority,
        OracleError::MalformedInstruction,
    );
    let mut endless = Vec::new();
    (0u8, u32::MAX).serialize(&mut endless).unwrap();
    let endless = Instruction {
        data: endless,
        ..good.clone()
    };
    refuse(
        &mut world,
        endless,
        &authority,
        OracleError::MalformedInstruction,
    );
    for accounts in [0, 1, 2] {
        let mut short = good.clone();
        short.accounts.truncate(accounts);
        refuse(
            &mut world,
            short,
            &authority,
            OracleError::WrongNumberOfAccounts,
        );
    }
}
