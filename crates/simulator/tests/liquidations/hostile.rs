//! What other programs print in a transaction that liquidates: nothing of it is taken for the runtime's own lines.

use levee_simulator::liquidations::{decode, Event};

use crate::chain::Market;

const HOSTILE: &str = "Stake11111111111111111111111111111111111111";

/// The logs of one liquidation, and its event.
fn liquidation() -> (Vec<String>, Vec<Event>) {
    let mut market = Market::new();
    let borrower = market.long(7_400.0);
    market.price(85.0);
    market.liquidate(&borrower, true);
    let logs = market.record.transactions.remove(0).1;
    let events = decode(&logs).expect("the logs make sense").events;
    assert_eq!(events.len(), 1);
    (logs, events)
}

/// Everything that a program can print by the runtime's calls: a text, fields of bytes, its units, a value that it returns.
fn prints() -> Vec<String> {
    let id = levee_client::ID;
    let texts = [
        "success",
        "failed: custom program error: 0x1",
        "failed: ",
        "invoke [1]",
        "invoke [2]",
        "invoke [3]",
        "invoke [99999999999999999999999]",
        "invoke []",
        "Log truncated",
        "\nLog truncated",
        "Program data: AAAA",
        "\nProgram data: AAAA",
        "",
        " ",
    ];
    let mut texts: Vec<String> = texts.map(String::from).to_vec();
    for name in [id.to_string(), HOSTILE.to_owned()] {
        for rest in ["invoke [1]", "invoke [2]", "success", "failed: x"] {
            texts.push(format!("Program {name} {rest}"));
            texts.push(format!("\nProgram {name} {rest}"));
            texts.push(format!("{name} {rest}"));
        }
    }
    let mut lines: Vec<String> = texts
        .iter()
        .map(|text| format!("Program log: {text}"))
        .collect();
    lines.push("Program log:".into());
    lines.push("Program consumption: 1000 units remaining".into());
    lines.push(format!(
        "Program {HOSTILE} consumed 1 of 200000 compute units"
    ));
    lines
}

#[test]
fn no_line_that_a_program_prints_is_one_of_the_runtimes() {
    let (logs, events) = liquidation();
    for line in prints() {
        // At the top, between instructions, and inside of every program, Levee and the token program included.
        for at in 0..=logs.len() {
            let mut logs = logs.clone();
            logs.insert(at, line.clone());
            let decoded = decode(&logs).expect("the logs make sense");
            assert_eq!(decoded.events, events, "{line:?} as line {at}");
            assert!(!decoded.is_cut, "{line:?}");
        }
    }
}

#[test]
fn a_program_that_calls_the_liquidation_cannot_hide_or_forge_an_event_by_what_it_prints() {
    let (logs, events) = liquidation();
    let forged = logs
        .iter()
        .find(|line| line.starts_with("Program data: "))
        .expect("there is an event");
    let mut printed = prints();
    printed.push(forged.clone());
    printed.push("Program data: ".into());
    printed.push("Program data: AAAA AAAA".into());
    for id in [levee_client::ID.to_string(), HOSTILE.to_owned()] {
        printed.push(format!("Program return: {id} AAAA"));
        printed.push(format!("Program return: {id} success"));
    }
    // One level deeper, among all that.
    let mut wrapped = vec![format!("Program {HOSTILE} invoke [1]")];
    wrapped.extend(printed.clone());
    wrapped.extend(logs.iter().map(|line| {
        let depths = [("[3]", "[4]"), ("[2]", "[3]"), ("[1]", "[2]")];
        let depth = depths.iter().find(|(from, _)| line.ends_with(from));
        depth.map_or_else(|| line.clone(), |(from, to)| line.replace(from, to))
    }));
    wrapped.extend(printed);
    wrapped.push(format!("Program {HOSTILE} success"));
    let decoded = decode(&wrapped).expect("the logs make sense");
    assert_eq!(decoded.events.len(), 1);
    assert_eq!(decoded.events[0].fact, events[0].fact);
}

#[test]
fn after_a_cut_nothing_is_believed() {
    let (logs, _) = liquidation();
    let start = logs.iter().position(|line| line.contains("invoke [1]"));
    let mut cut = logs.clone();
    // What is shorter than the room that is left is still printed.
    cut.insert(start.expect("a program runs") + 1, "Log truncated".into());
    cut.retain(|line| !line.ends_with("success"));
    let decoded = decode(&cut).expect("a cut is no error");
    assert!(decoded.is_cut && decoded.events.is_empty());
}
