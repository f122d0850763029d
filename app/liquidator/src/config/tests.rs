//! The example and the parser.

use super::*;

const EXAMPLE: &str = include_str!("../../liquidator.example.toml");

#[test]
fn the_example_parses_and_its_values_are_the_defaults() {
    let config = Config::parse(EXAMPLE).unwrap();
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
    let config = Config::parse(EXAMPLE).unwrap();
    let debug = format!("{config:?}");
    let fields = debug
        .split_whitespace()
        .filter_map(|word| word.strip_suffix(':'));
    let mut seen = 0;
    for field in fields {
        let at = EXAMPLE
            .lines()
            .position(|line| {
                line.starts_with(&format!("{field} = "))
                    || line.contains(&format!("{{ {field} = "))
                    || line.contains(&format!(", {field} = "))
                    || line == format!("[{field}]")
            })
            .unwrap_or_else(|| panic!("{field} is missing"));
        let line = EXAMPLE.lines().nth(at).unwrap();
        let before = EXAMPLE.lines().nth(at.wrapping_sub(1)).unwrap_or("");
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
    ] {
        assert!(EXAMPLE.contains(from));
        assert!(Config::parse(&EXAMPLE.replace(from, to)).is_err(), "{to}");
    }
}
