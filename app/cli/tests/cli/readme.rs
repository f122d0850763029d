//! The README's own lines, typed one after the other.

use std::path::Path;

use crate::chain::{chain, Terminal};

/// The heading below which they are.
const HEADING: &str = "## From a terminal";

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(path).expect("the README")
}

/// The lines of the block that uses `levee`.
fn lines() -> Vec<String> {
    let readme = readme();
    let (_, section) = readme.split_once(HEADING).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let block = section
        .split("```")
        .find(|block| block.contains("\nlevee keygen\n"));
    let block = block.expect("a block with commands");
    // The first is the fence's language; the cluster of the test is another one, and has the program.
    let lines = block.lines().skip(1);
    let of_the_cluster = |line: &str| {
        line.starts_with("export LEVEE_URL=") || line.starts_with("cargo xtask deploy ")
    };
    let lines = lines.filter(|line| !line.is_empty() && !of_the_cluster(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_readmes_lines_lead_a_new_user_from_a_key_to_a_liquidation() {
    let chain = chain();
    let terminal = Terminal::at(&chain.rpc_url);
    let lines = lines();
    assert!(lines
        .iter()
        .any(|line| line.starts_with("levee market create")));
    assert!(lines.iter().any(|line| line.starts_with("levee liquidate")));

    let levee = Path::new(env!("CARGO_BIN_EXE_levee"));
    let folder = levee.parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut liquidated = String::new();
    for line in &lines {
        let output = terminal
            .command("bash")
            .env("PATH", format!("{}:{path}", folder.display()))
            .args(["-euo", "pipefail", "-c", line])
            .output()
            .expect("bash");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{out}\n{err}");
        if line.starts_with("levee liquidate") {
            liquidated = out;
        }
    }
    assert!(liquidated.starts_with("done"), "{liquidated}");
    assert!(liquidated.contains("liquidated"), "{liquidated}");
    let shown = terminal.json(&["position", "show", "--id", "1"]);
    assert_eq!(shown["is_unhealthy"], false, "{shown}");
}
