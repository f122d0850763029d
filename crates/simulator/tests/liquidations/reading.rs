//! Reading a history: in pieces, twice, from two processes, and what makes no sense in it.

use levee_simulator::liquidations::{decode, Gaps, Store};

use crate::chain::{read, store, Market, Record};

/// Five liquidations in a history of ten transactions, of which one failed.
fn market() -> Market {
    let mut market = Market::new();
    let users = [7_300.0, 7_320.0, 7_340.0, 7_360.0, 7_380.0].map(|dollars| market.long(dollars));
    market.price(85.0);
    for user in &users {
        market.liquidate(user, true);
        let now = market.world.now();
        market
            .record
            .add(now, &["Program log: something else".to_owned()]);
    }
    market.record.transactions[3].0.is_failed = true;
    market
}

#[test]
fn reading_twice_changes_nothing_and_reading_again_from_nothing_gives_the_same() {
    let market = market();
    let (_folder, mut once) = store();
    market.describe(&mut once);
    let progress = read(&mut once, &market.record).expect("the logs make sense");
    assert_eq!((progress.listed, progress.read, progress.facts), (10, 9, 5));
    let dump = once.dump().expect("it reads");
    assert_eq!(dump.matches("liquidations ").count(), 5);
    let again = read(&mut once, &market.record).expect("there is nothing new");
    assert_eq!((again.listed, again.read), (0, 0));
    assert_eq!(once.dump().expect("it reads"), dump);

    once.clear().expect("it empties");
    assert_eq!(once.dump().expect("it reads"), "");
    market.describe(&mut once);
    read(&mut once, &market.record).expect("the logs make sense");
    assert_eq!(once.dump().expect("it reads"), dump);
}

#[test]
fn whatever_interrupts_a_reading_the_next_one_ends_it_without_gap_or_double() {
    let mut market = market();
    let (_folder, mut whole) = store();
    read(&mut whole, &market.record).expect("the logs make sense");
    let expected = whole.dump().expect("it reads");
    // Six pages and nine transactions are fewer answers than that.
    for answers in 0..17 {
        let (_folder, mut store) = store();
        market.record.answers_left.set(Some(answers));
        let interrupted = read(&mut store, &market.record);
        market.record.answers_left.set(None);
        let is_short = answers < 15;
        assert_eq!(interrupted.is_err(), is_short, "after {answers} answers");
        read(&mut store, &market.record).expect("the cluster answers again");
        assert_eq!(
            store.dump().expect("it reads"),
            expected,
            "after {answers} answers"
        );
    }
    // What comes while a reading is interrupted is found as well.
    let (_folder, mut late) = store();
    market.record.answers_left.set(Some(2));
    assert!(read(&mut late, &market.record).is_err());
    market.record.answers_left.set(None);
    let user = market.long(5_500.0);
    market.price(65.0);
    market.liquidate(&user, true);
    let progress = read(&mut late, &market.record).expect("the cluster answers again");
    assert_eq!(progress.facts, 6);
    assert_eq!(late.gaps().expect("it reads"), Gaps::default());
}

#[test]
fn two_processes_may_have_a_database_open() {
    let market = market();
    let (folder, mut one) = store();
    let mut other = Store::open(&folder.path().join("liquidations.sqlite")).expect("it opens");
    market.record.answers_left.set(Some(3));
    assert!(read(&mut one, &market.record).is_err());
    market.record.answers_left.set(None);
    read(&mut other, &market.record).expect("the logs make sense");
    read(&mut one, &market.record).expect("the logs make sense");
    assert_eq!(
        one.dump().expect("it reads"),
        other.dump().expect("it reads")
    );
    assert_eq!(
        one.dump()
            .expect("it reads")
            .matches("liquidations ")
            .count(),
        5
    );
}

#[test]
fn a_database_belongs_to_one_chain_and_one_market() {
    let (_folder, mut store) = store();
    store.bind("a chain", "a market").expect("it is new");
    store.bind("a chain", "a market").expect("it is the same");
    for (chain, market) in [("another", "a market"), ("a chain", "another")] {
        let error = store.bind(chain, market).expect_err("it is bound");
        assert!(error.to_string().contains("--rebuild"), "{error}");
    }
    store.clear().expect("it empties");
    store.bind("another", "a market").expect("it forgot");
}

#[test]
fn other_programs_databases_newer_ones_and_other_files_are_refused_and_unchanged() {
    let folder = tempfile::tempdir().expect("there is room");
    let refuse = |name: &str, part: &str| {
        let error = Store::open(&folder.path().join(name))
            .err()
            .expect("it is refused");
        let line = format!("{error:#}");
        assert!(line.contains(name) && line.contains(part), "{line}");
    };
    let foreign = rusqlite::Connection::open(folder.path().join("foreign")).expect("it opens");
    foreign
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .expect("it is made");
    refuse("foreign", "another program");
    drop(Store::open(&folder.path().join("newer")).expect("it is made"));
    let newer = rusqlite::Connection::open(folder.path().join("newer")).expect("it opens");
    newer
        .pragma_update(None, "user_version", 99)
        .expect("it is set");
    refuse("newer", "newer Levee");
    let version: i32 = newer
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("it reads");
    assert_eq!(version, 99);
    std::fs::write(folder.path().join("text"), "no database at all, by far")
        .expect("it is written");
    refuse("text", "cannot open the database");
    refuse("missing/file", "cannot open the database");
}

#[test]
fn a_database_of_the_first_version_becomes_one_of_the_newest() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("old");
    drop(Store::open(&path).expect("it is made"));
    let indexes = |connection: &rusqlite::Connection| -> i64 {
        let sql = "SELECT count(*) FROM sqlite_master WHERE name LIKE '%by_time'";
        connection
            .query_row(sql, [], |row| row.get(0))
            .expect("it reads")
    };
    let old = rusqlite::Connection::open(&path).expect("it opens");
    old.execute_batch(
        "DROP INDEX liquidations_by_time; DROP INDEX write_offs_by_time;
        ALTER TABLE reserves ADD COLUMN rate TEXT; PRAGMA user_version = 1",
    )
    .expect("it is as before");
    assert_eq!(indexes(&old), 0);
    drop(Store::open(&path).expect("it is migrated"));
    assert_eq!(indexes(&old), 2);
    assert!(old.prepare("SELECT rate FROM reserves").is_err());
}

/// The line of the first recorded liquidation that is its event.
fn event_at(record: &Record) -> usize {
    let lines = &record.transactions[0].1;
    let data = |line: &String| line.starts_with("Program data: ");
    lines.iter().position(data).expect("there is an event")
}

#[test]
fn an_event_that_makes_no_sense_stops_the_reading_with_its_transaction_and_line() {
    let mut market = market();
    let at = event_at(&market.record);
    let signature = market.record.transactions[0].0.signature.clone();
    let sound = market.record.transactions[0].1.clone();
    let event = sound[at].clone();
    let cases = [
        ("Program data: ???".to_owned(), "no base64"),
        ("Program data: AAAA".to_owned(), "shorter than its kind"),
        ("Program data: AAAAAAAAAAAAAAAA".to_owned(), "unknown event"),
        (event[..event.len() - 8].to_owned(), "another layout"),
    ];
    for (line, part) in cases {
        market.record.transactions[0].1[at] = line;
        let (_folder, mut store) = store();
        let error = read(&mut store, &market.record).expect_err("it makes no sense");
        let text = format!("{error:#}");
        let place = format!("transaction {signature}: log line {}: ", at + 1);
        assert!(text.starts_with(&place) && text.contains(part), "{text}");
        assert!(!text.contains('\n'));
        assert_eq!(
            store
                .dump()
                .expect("it reads")
                .matches("liquidations ")
                .count(),
            0
        );
        // Once it makes sense, the reading goes on.
        market.record.transactions[0].1.clone_from(&sound);
        let progress = read(&mut store, &market.record).expect("the logs make sense");
        assert_eq!(progress.facts, 5);
    }
}

#[test]
fn only_what_the_program_itself_emits_is_an_event() {
    let market = market();
    let lines = &market.record.transactions[0].1;
    assert_eq!(decode(lines).expect("it makes sense").events.len(), 1);
    let forged: Vec<_> = lines
        .iter()
        .map(|line| {
            line.replace(
                &levee_client::ID.to_string(),
                "So11111111111111111111111111111111111111112",
            )
        })
        .collect();
    assert!(decode(&forged).expect("it makes sense").events.is_empty());
    let torn: Vec<_> = lines
        .iter()
        .filter(|line| !line.contains("invoke [1]"))
        .cloned()
        .collect();
    assert!(
        decode(&torn).is_err(),
        "programs that end without having begun"
    );
}

#[test]
fn cut_logs_are_reported() {
    let mut market = market();
    let at = event_at(&market.record);
    market.record.transactions[0].1.truncate(at);
    market.record.transactions[0].1.push("Log truncated".into());
    let (_folder, mut store) = store();
    let progress = read(&mut store, &market.record).expect("a cluster may cut logs");
    assert_eq!(progress.facts, 4);
    let gaps = store.gaps().expect("it reads");
    assert_eq!((gaps.unread, gaps.cut), (0, 1));
}

#[test]
fn a_block_time_that_the_list_lacks_comes_with_the_transaction_or_is_reported_missing() {
    let mut market = market();
    market.record.transactions[0].0.block_ts = None;
    let (_folder, mut undated) = store();
    read(&mut undated, &market.record).expect("the logs make sense");
    assert_eq!(undated.gaps().expect("it reads").undated, 1);
    market.record.late_ts = Some(77);
    let (_folder, mut dated) = store();
    read(&mut dated, &market.record).expect("the logs make sense");
    assert_eq!(dated.gaps().expect("it reads").undated, 0);
    assert_eq!(dated.liquidations(77, 78).expect("it reads").len(), 1);
}
