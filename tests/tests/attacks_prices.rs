//! Attacks with prices: nothing can be borrowed on one that is old, foreign, unverified, absurd or chosen.

use anchor_lang::{AccountDeserialize, AnchorSerialize, Discriminator};
use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::{
    assert_refused, calls, exact, legacy_price_account, price_account, view, Chain, Lending,
    PriceSpec, Token,
};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// A borrow of $7,000 by the borrower after a refresh of both tokens.
fn borrow(lending: &Lending, dollars: f64) -> [Instruction; 2] {
    let (sol, usdc) = (lending.sol, lending.usdc);
    let list = [sol.keys.reserve, usdc.keys.reserve];
    let atoms = usdc.atoms(dollars);
    [
        lending.world.refresh(&[sol, usdc]),
        calls::borrow(&lending.borrower, &usdc, &list, atoms),
    ]
}

fn refuse(lending: &mut Lending, dollars: f64, error: LeveeError) {
    let instructions = borrow(lending, dollars);
    let signers = [&lending.borrower.keypair];
    assert_refused(&mut lending.world, &instructions, &signers, error);
}

/// Asserts that a borrow fails with `error` while `forge` stands where either token's price was, and passes again with
/// the honest one.
fn assert_useless(error: LeveeError, forge: impl Fn(&Lending, &Token, PriceSpec) -> Account) {
    for (at, dollars) in [(0, 100.0), (1, 1.0)] {
        let mut lending = Lending::new();
        let token = [lending.sol, lending.usdc][at];
        let honest = exact(&lending.world, dollars);
        let forged = forge(&lending, &token, honest);
        lending.world.chain.set_account(token.price_account, forged);
        refuse(&mut lending, 7_000.0, error);
        lending.world.set_price(&token, &honest);
        let instructions = borrow(&lending, 7_000.0);
        lending
            .world
            .must(&instructions, &[&lending.borrower.keypair]);
    }
}

/// [`assert_useless`] for what a well-formed update of the right feed may say.
fn assert_useless_spec(error: LeveeError, alter: impl Fn(&mut PriceSpec)) {
    assert_useless(error, |_, token, mut spec| {
        alter(&mut spec);
        price_account(token.feed, &spec)
    });
}

fn reserialized(account: Account, alter: impl Fn(&mut PriceUpdateV2)) -> Account {
    let mut update = PriceUpdateV2::try_deserialize(&mut &account.data[..]).expect("an update");
    alter(&mut update);
    let mut data = PriceUpdateV2::DISCRIMINATOR.to_vec();
    update.serialize(&mut data).expect("memory has room");
    data.resize(account.data.len(), 0);
    Account { data, ..account }
}

#[test]
fn a_stale_price_is_useless() {
    assert_useless_spec(LeveeError::PriceTooOld, |spec| spec.publish_ts -= 61);
}

#[test]
fn a_price_from_the_future_is_useless() {
    assert_useless_spec(LeveeError::PriceFromFuture, |spec| spec.publish_ts += 6);
    assert_useless_spec(LeveeError::PriceFromFuture, |spec| {
        spec.publish_ts = i64::MAX
    });
}

#[test]
fn a_price_of_another_feed_is_useless() {
    assert_useless(LeveeError::WrongPriceFeed, |lending, token, spec| {
        let other = if token.decimals == 9 {
            lending.usdc
        } else {
            lending.sol
        };
        price_account(other.feed, &spec)
    });
}

#[test]
fn a_partially_verified_price_is_useless() {
    for num_signatures in [0, 1, 12, 255] {
        assert_useless(LeveeError::PriceNotFullyVerified, |_, token, spec| {
            reserialized(price_account(token.feed, &spec), |update| {
                update.verification_level = VerificationLevel::Partial { num_signatures };
            })
        });
    }
}

#[test]
fn a_price_or_average_that_is_not_positive_is_useless() {
    for value in [0, -1, i64::MIN] {
        assert_useless_spec(LeveeError::PriceNotPositive, |spec| spec.price = value);
        assert_useless_spec(LeveeError::PriceNotPositive, |spec| spec.ema = value);
    }
}

#[test]
fn a_price_with_a_wide_confidence_interval_is_useless() {
    let error = LeveeError::PriceConfidenceTooWide;
    assert_useless_spec(error, |spec| {
        spec.confidence = spec.price.unsigned_abs() / 49
    });
    assert_useless_spec(error, |spec| spec.confidence = u64::MAX);
}

#[test]
fn a_price_far_from_its_average_is_useless() {
    let error = LeveeError::PriceDivergesFromAverage;
    assert_useless_spec(error, |spec| spec.ema = spec.price * 2);
    assert_useless_spec(error, |spec| spec.ema = 1);
}

#[test]
fn a_price_with_an_absurd_exponent_is_useless() {
    for exponent in [i32::MIN, -100, 100, i32::MAX] {
        assert_useless_spec(LeveeError::PriceExponentOutOfRange, |spec| {
            spec.exponent = exponent
        });
    }
}

#[test]
fn a_price_account_of_any_other_program_is_useless() {
    for owner in [levee::ID, Pubkey::default(), anchor_spl::token::ID] {
        assert_useless(LeveeError::WrongPriceAccountOwner, |_, token, spec| {
            Account {
                owner,
                ..price_account(token.feed, &spec)
            }
        });
    }
}

#[test]
fn a_price_account_of_pyths_other_kind_is_useless() {
    assert_useless(LeveeError::WrongPriceAccountOwner, |_, _, spec| {
        legacy_price_account(&spec)
    });
}

#[test]
fn a_malformed_price_account_is_useless() {
    for length in [0, 7, 8, 60] {
        assert_useless(LeveeError::MalformedPriceAccount, |_, token, spec| {
            let mut account = price_account(token.feed, &spec);
            account.data.truncate(length);
            account
        });
    }
}

/// Posts `spec` for SOL at an address of the attacker's choice and returns a refresh that reads it there.
fn posted_elsewhere(lending: &mut Lending, spec: &PriceSpec) -> Instruction {
    let elsewhere = lending.world.keypair();
    let address = solana_signer::Signer::pubkey(&elsewhere);
    let account = price_account(lending.sol.feed, spec);
    lending.world.chain.set_account(address, account);
    ix::refresh_reserves(&[ix::PriceKeys {
        price: address,
        ..lending.sol.prices()
    }])
}

#[test]
fn an_older_update_after_a_newer_one_in_the_same_slot_changes_nothing() {
    let mut lending = Lending::new();
    let now = exact(&lending.world, 80.0);
    let sol = lending.sol;
    lending.world.set_price(&sol, &now);
    let higher = PriceSpec {
        publish_ts: now.publish_ts - 1,
        ..exact(&lending.world, 100.0)
    };
    let older = posted_elsewhere(&mut lending, &higher);
    view::refresh_all(&mut lending.world);
    // $7,000 are too much at $80, and would not be at $100.
    let [_, call] = borrow(&lending, 7_000.0);
    let signers = [&lending.borrower.keypair];
    let error = LeveeError::LtvExceeded;
    assert_refused(&mut lending.world, &[older.clone(), call], &signers, error);
    lending.world.must(&[older], &signers);
    assert_eq!(lending.world.reserve(&sol).price.price, 8_000_000_000);
    assert_eq!(lending.world.reserve(&sol).price.publish_ts, now.publish_ts);
}

#[test]
fn nobody_chooses_between_two_updates_of_one_second() {
    let mut lending = Lending::new();
    let sol = lending.sol;
    let first = exact(&lending.world, 80.0);
    lending.world.set_price(&sol, &first);
    let higher = exact(&lending.world, 100.0);
    let another = posted_elsewhere(&mut lending, &higher);
    view::refresh_all(&mut lending.world);
    // $7,000 are too much at $80, and would not be at $100.
    let [_, call] = borrow(&lending, 7_000.0);
    let signers = [&lending.borrower.keypair];
    let error = LeveeError::LtvExceeded;
    assert_refused(&mut lending.world, &[another, call], &signers, error);
}

#[test]
fn an_older_update_does_not_return_in_a_later_slot() {
    let mut lending = Lending::new();
    let sol = lending.sol;
    let old = exact(&lending.world, 100.0);
    let older = posted_elsewhere(&mut lending, &old);
    lending.world.advance(1, 1);
    lending.post(&sol, 80.0);
    view::refresh_all(&mut lending.world);
    lending.world.advance(1, 1);
    let [_, call] = borrow(&lending, 7_000.0);
    let dollar = lending.world.refresh(&[lending.usdc]);
    let signers = [&lending.borrower.keypair];
    let error = LeveeError::LtvExceeded;
    assert_refused(&mut lending.world, &[older, dollar, call], &signers, error);
}

#[test]
fn a_newer_update_after_an_older_one_in_the_same_slot_counts() {
    let mut lending = Lending::new();
    view::refresh_all(&mut lending.world);
    let newer = PriceSpec {
        publish_ts: lending.world.now() + 1,
        ..exact(&lending.world, 80.0)
    };
    let sol = lending.sol;
    lending.world.set_price(&sol, &newer);
    refuse(&mut lending, 7_000.0, LeveeError::LtvExceeded);
    let instructions = borrow(&lending, 6_000.0);
    lending
        .world
        .must(&instructions, &[&lending.borrower.keypair]);
}

#[test]
fn a_borrower_cannot_take_the_price_at_its_peak_and_be_liquidated_by_itself_in_one_slot() {
    let mut lending = Lending::new();
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.owe(7_500.0);
    let newer = PriceSpec {
        publish_ts: lending.world.now() + 1,
        ..exact(&lending.world, 80.0)
    };
    lending.world.set_price(&sol, &newer);
    let (world, user) = (&mut lending.world, &lending.borrower);
    let list = world.liquidation(user, user, &usdc, &sol, u64::MAX, 0);
    assert_refused(world, &list, &[&user.keypair], LeveeError::CoolOff);
}
