//! Tables for people.

use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};

/// An empty table under `header`. Its first `names` columns are of words and begin at the left, the others are of numbers.
pub fn table(header: &[&str], names: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    for column in table.column_iter_mut().skip(names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
