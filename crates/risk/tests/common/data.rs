//! Real data, where it is at hand: `LEVEE_DATA`, or `../shared/data` beside the workspace.

use std::path::PathBuf;

/// The text of a data file; without it a note is printed and the caller's test has nothing to prove.
pub fn read(name: &str) -> Option<String> {
    let data = std::env::var_os("LEVEE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = data.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            println!("skipped: {}: {error}", path.display());
            None
        }
    }
}

/// The same for a JSON file.
pub fn read_json(name: &str) -> Option<serde_json::Value> {
    Some(serde_json::from_str(&read(name)?).expect("the file is JSON"))
}
