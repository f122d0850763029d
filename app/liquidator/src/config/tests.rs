//! The example and the parser.

use super::*;

const EXAMPLE: &str = include_str!("../../liquidator.example.toml");

/// The example with what is commented out.
fn full() -> String {
    let lines = EXAMPLE.lines().map(|line| {
        let field = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
        let entry = line.strip_prefix("#  {").map(|rest| format!("  {{{rest}"));
        entry.unwrap_or_else(|| field.unwrap_or(line).to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_as_it_is_copied_sets_nothing_that_is_not_the_default_but_whom_it_is_for() {
    let config = Config::parse(EXAMPLE).unwrap();
    let Cluster {
        ws_url,
        genesis_hash,
        ..
    } = config.cluster;
    assert_eq!((ws_url, genesis_hash), (None, None));
    assert!(
        config.strategy.lookup_table.is_none() && config.strategy.receiver_obligation.is_none()
    );
    assert!(config.router.pairs.is_empty() && config.router.test_markets.is_empty());
    assert!(config.server.listen.is_none());
}

#[test]
fn the_example_with_all_that_is_optional_parses_and_its_values_are_the_defaults() {
    let config = Config::parse(&full()).unwrap();
    let minimal = Config::parse(
        "[cluster]\nrpc_url = \"a\"\nmarket = \"b\"\nkeypair = \"c\"\n[journal]\npath = \"d\"",
    )
    .unwrap();
    assert_eq!(
        format!("{:?}", config.watch),
        format!("{:?}", minimal.watch)
    );
    assert_eq!(
        format!("{:?}", config.profit),
        format!("{:?}", minimal.profit)
    );
    assert_eq!(format!("{:?}", config.fees), format!("{:?}", minimal.fees));
    assert_eq!(format!("{:?}", config.log), format!("{:?}", minimal.log));
    let mut strategy = config.strategy;
    assert!(strategy.lookup_table.take().is_some());
    assert!(strategy.receiver_obligation.take().is_some());
    assert_eq!(format!("{strategy:?}"), format!("{:?}", minimal.strategy));
}

#[test]
fn the_example_names_every_field_with_a_comment_before_it() {
    // The debug form names every field, whichever the structs have.
    let example = full();
    let config = Config::parse(&example).unwrap();
    let debug = format!("{config:?}");
    let fields = debug
        .split_whitespace()
        .filter_map(|word| word.strip_suffix(':'));
    let mut seen = 0;
    for field in fields {
        let at = example
            .lines()
            .position(|line| {
                line.starts_with(&format!("{field} = "))
                    || line.contains(&format!("{{ {field} = "))
                    || line.contains(&format!(", {field} = "))
                    || line == format!("[{field}]")
            })
            .unwrap_or_else(|| panic!("{field} is missing"));
        let line = example.lines().nth(at).unwrap();
        let before = example.lines().nth(at.wrapping_sub(1)).unwrap_or("");
        assert!(
            before.starts_with('#') || line.starts_with("  {"),
            "{field} has no comment"
        );
        seen += 1;
    }
    assert!(seen > 35, "{seen} fields");
}

#[test]
fn a_misspelt_field_and_a_broken_line_are_named_with_their_place() {
    let misspelt = EXAMPLE.replace("max_batch", "max_bach");
    let error = Config::parse(&misspelt).unwrap_err().to_string();
    assert!(
        error.contains("max_bach") && error.starts_with("line "),
        "{error}"
    );
    let error = Config::parse("[cluster]\nrpc_url = \n")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("line 2, column 1"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn senseless_values_are_refused() {
    for (from, to) in [
        ("max_batch = 24", "max_batch = 0"),
        ("mark_slots = 20", "mark_slots = 151"),
        ("tolerance_bps = 50", "tolerance_bps = 10000"),
        (
            "floor_micro_lamports = 1000",
            "floor_micro_lamports = 1000001",
        ),
        ("percentile = 75", "percentile = 0"),
        ("percentile = 75", "percentile = 101"),
        ("sweep_seconds = 20", "sweep_seconds = 0"),
        ("fallback_millis = 1000", "fallback_millis = 0"),
        ("stale_seconds = 15", "stale_seconds = 0"),
        ("gap_slots = 150", "gap_slots = 0"),
        ("sol_micro_usd = 200000000", "sol_micro_usd = 0"),
        ("poll_millis = 400", "poll_millis = 15000"),
        ("fallback_millis = 1000", "fallback_millis = 15000"),
    ] {
        assert!(EXAMPLE.contains(from));
        assert!(Config::parse(&EXAMPLE.replace(from, to)).is_err(), "{to}");
    }
}
