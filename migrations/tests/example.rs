//! The example says what it says: read whole, it is the design's defaults.

use std::path::Path;

use levee::state::MarketConfig;
use levee_client::defaults::{elevation_group_config, reserve_config, stable_group_config};
use levee_migrations::file::{FeedId, MarketFile};
use solana_pubkey::Pubkey;

fn example() -> MarketFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("localnet.toml");
    MarketFile::read(&path).unwrap()
}

#[test]
fn the_market_has_the_designs_defaults() {
    let mut config = MarketConfig::DEFAULT;
    example().market.terms.apply(&mut config).unwrap();
    assert_eq!(config, MarketConfig::DEFAULT);
}

#[test]
fn the_first_reserve_spells_out_the_defaults_but_for_its_caps() {
    let file = example();
    let sol = &file.reserves[0];
    let feed: FeedId = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d"
        .parse()
        .unwrap();
    let mut config = reserve_config([0; 32]);
    sol.terms.apply(&mut config, 9).unwrap();
    let expected = levee::state::ReserveConfig {
        deposit_cap_atoms: 1_000_000_000_000_000,
        borrow_cap_atoms: 500_000_000_000_000,
        outflow_cap_atoms: 100_000_000_000_000,
        ..reserve_config(feed.0)
    };
    assert_eq!(config, expected);
}

#[test]
fn the_elevation_group_is_the_default_of_a_stable_pair() {
    let file = example();
    let group = &file.groups[0];
    let debt = Pubkey::new_from_array([1; 32]);
    let mut config = elevation_group_config(debt, 9_300, 9_500);
    group.auction.apply(&mut config.auction).unwrap();
    assert_eq!(config, stable_group_config(debt, 9_300, 9_500));
}

/// Comments stand for the fields that exclude others; uncommented one by one they must be fields.
#[test]
fn every_field_that_the_example_only_mentions_exists() {
    let text = include_str!("../localnet.toml");
    let address = "7FioTR6GrVzsZMHqRZSNeQ7aJkvpLT3hSoqDwEH9YmVs";
    let feed = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    let mut mentioned = 0;
    for line in text
        .lines()
        .filter(|line| line.starts_with("# ") && line.contains(" = \""))
    {
        let field = line.trim_start_matches("# ");
        let with = text
            .replacen(line, field, 1)
            .replace("<address>", address)
            .replace("<hexadecimal digits>", feed);
        levee_migrations::file::parse::<MarketFile>(&with).unwrap();
        mentioned += 1;
    }
    assert_eq!(mentioned, 7);
}
