//! The figures in the README are those of the committed measurement.

const README: &str = include_str!("../../README.md");
const MEASURED: &str = include_str!("../../benches/compute_units.md");
/// The row above the table's figures, the same in both.
const HEADER: &str = "| | deposit | borrow | withdraw | repay | liquidate 1+1 | 4+2 | 8+5 |";

/// The rows of the table below `HEADER`: cells without the commas between thousands, and who is measured without the date.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut lines = text.lines().skip_while(|line| *line != HEADER);
    assert!(lines.next().is_some(), "the table is missing");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| -> Vec<String> {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace(',', "")).collect()
    };
    let mut rows: Vec<_> = rows.map(cells).collect();
    for row in &mut rows {
        row[0] = row[0].trim_end_matches(" late 2024").into();
    }
    rows
}

#[test]
fn the_compute_units_are_those_that_were_measured() {
    let measured = rows(MEASURED);
    assert_eq!(measured.len(), 4);
    assert_eq!(rows(README), measured);
}
