//! The readers of Pyth's accounts on recorded bytes, whatever the program then thinks of what they say: also on prices that
//! do not trade or have no time.

use anchor_lang::AccountDeserialize;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use crate::assert_agrees;
use crate::recorded::recorded;

#[test]
fn every_legacy_price_reads_as_the_index_says() {
    let accounts = recorded(&["pyth", "pyth_legacy"]);
    let (mut read, mut timeless) = (0, 0);
    for recorded in accounts.iter().filter(|account| account.is_legacy()) {
        let data = &recorded.account.data;
        let price: Result<&SolanaPriceAccount, _> = load_price_account(data);
        let Some(printed) = recorded.field("agg") else {
            assert!(price.is_err(), "{} is no price", recorded.file);
            continue;
        };
        let price = price.unwrap_or_else(|error| panic!("{}: {error:?}", recorded.file));
        let what = &recorded.file;
        let field = |name| recorded.field(name).expect("the index has it");
        assert_eq!(price.expo, field("expo").parse::<i32>().unwrap(), "{what}");
        assert_agrees(price.agg.price.unsigned_abs(), price.expo, printed, what);
        assert_agrees(price.agg.conf, price.expo, field("conf"), what);
        let status = match field("status") {
            "0" => PriceStatus::Unknown,
            "1" => PriceStatus::Trading,
            other => panic!("{what}: status {other}"),
        };
        assert_eq!(price.agg.status, status, "{what}");
        assert_eq!(price.timestamp, recorded.publish_ts(), "{what}");
        read += 1;
        timeless += usize::from(price.timestamp == 0);
    }
    assert!(
        accounts.is_empty() || (read, timeless) == (4, 2),
        "{read}, {timeless}"
    );
}

#[test]
fn every_pulled_price_reads_as_the_index_says() {
    let accounts = recorded(&["pyth"]);
    let mut read = 0;
    for recorded in &accounts {
        let data = &mut &recorded.account.data[..];
        let update = PriceUpdateV2::try_deserialize(data);
        if recorded.is_legacy() {
            assert!(update.is_err(), "{} is no update", recorded.file);
            continue;
        }
        let update = update.unwrap_or_else(|error| panic!("{}: {error}", recorded.file));
        let (what, message) = (&recorded.file, &update.price_message);
        let field = |name| recorded.field(name).expect("the index has it");
        assert_eq!(field("verif"), "Full");
        assert_eq!(update.verification_level, VerificationLevel::Full, "{what}");
        let feed: String = message
            .feed_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(
            feed.starts_with(field("feed").trim_end_matches('…')),
            "{what}"
        );
        let price = message.price.unsigned_abs();
        assert_agrees(price, message.exponent, field("price"), what);
        assert_agrees(message.conf, message.exponent, field("conf"), what);
        assert_eq!(message.publish_time, recorded.publish_ts(), "{what}");
        assert_eq!(
            update.posted_slot,
            field("slot").parse::<u64>().unwrap(),
            "{what}"
        );
        read += 1;
    }
    assert!(accounts.is_empty() || read == 3, "{read}");
}
