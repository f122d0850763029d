//! What cannot be done is said in one line that tells what to do, with exit code 1.

use levee_testkit::LocalnetOptions;

use crate::chain::{chain, Terminal};

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn a_cluster_that_does_not_answer_or_is_none_is_refused() {
    let terminal = Terminal::at("http://127.0.0.1:1");
    let refused = terminal.refused(&words("market show"));
    assert!(refused.contains("does not answer"), "{refused}");
    let refused = terminal.refused(&words("market show --url devnot"));
    assert!(refused.contains("`devnot` is no cluster"), "{refused}");
}

#[test]
fn a_missing_key_and_an_empty_wallet_are_refused() {
    let chain = chain();
    let terminal = Terminal::at(&chain.rpc_url);
    let refused = terminal.refused(&words("market create"));
    assert!(refused.contains("is no keypair"), "{refused}");
    terminal.ok(&["keygen"]);
    let refused = terminal.refused(&words("market create"));
    assert!(refused.contains("is empty"), "{refused}");
    let refused = terminal.refused(&["keygen"]);
    assert!(refused.contains("keys are never overwritten"), "{refused}");
}

#[test]
fn a_chain_without_levee_is_refused() {
    let chain = LocalnetOptions::new().oracle().start();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    let refused = terminal.refused(&words("market create"));
    assert!(refused.contains("Levee is not on"), "{refused}");
    assert!(refused.contains("cargo xtask deploy"), "{refused}");
}

#[test]
fn unknown_markets_reserves_tokens_and_malformed_quantities_are_refused() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    let refused = terminal.refused(&words("market show"));
    assert!(refused.contains("no market is named"), "{refused}");
    let nobody = "11111111111111111111111111111112";
    let refused = terminal.refused(&["market", "show", "--market", nobody]);
    assert!(refused.contains("there is no lending market"), "{refused}");
    // An account of another program.
    let token_program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    let refused = terminal.refused(&["market", "show", "--market", token_program]);
    assert!(refused.contains("is no lending market"), "{refused}");

    for line in [
        "token create SOL",
        "price push SOL 150",
        "market create",
        "reserve add SOL",
        "position open",
    ] {
        terminal.ok(&words(line));
    }
    let says = |line: &str, part: &str| {
        let refused = terminal.refused(&words(line));
        assert!(refused.contains(part), "{line}: {refused}");
    };
    says(
        "reserve show BONK",
        "the market has no reserve of `BONK`: it has SOL",
    );
    says("position deposit SOL 1,5", "is no amount");
    says("position deposit SOL 1", "refused");
    says("position deposit SOL all", "nothing to move");
    says("position borrow SOL all", "say how much");
    for act in ["deposit", "withdraw", "borrow", "repay"] {
        let line = format!("position {act} SOL unlimited");
        says(&line, "`unlimited` is no amount here");
    }
    says(
        "token mint SOL unlimited",
        "`unlimited` is no amount here: write one like 1_000.5",
    );
    says(
        "position deposit SOL 1 --id 7",
        "open it with `levee position open`",
    );
    says("price push DOGE 1", "there is no token named DOGE");
    says("price push SOL -1", "is no number");
    says("price push SOL 0", "above zero");
    says("reserve set SOL", "nothing would change");
    says("reserve set SOL --ltv 0.00001%", "too fine");
    says(
        "token create SOL",
        "there is a token named SOL here already",
    );
    says(&format!("liquidate {nobody}"), "there is no obligation");
    says("liquidate nonsense", "is no address");
    says(&format!("settle {nobody}"), "there is no obligation");
}

#[test]
fn a_dry_run_of_what_sends_no_transaction_is_refused_and_does_nothing() {
    let chain = chain();
    let terminal = Terminal::at(&chain.rpc_url);
    let refused = terminal.refused(&words("keygen --dry-run"));
    assert!(refused.contains("leave --dry-run out"), "{refused}");
    terminal.ok(&["keygen"]);
    let refused = terminal.refused(&words("airdrop 1 --dry-run"));
    assert!(refused.contains("leave --dry-run out"), "{refused}");
    let refused = terminal.refused(&words("market create"));
    assert!(refused.contains("is empty"), "{refused}");
    let refused = terminal.refused(&words("liquidations --dry-run"));
    assert!(refused.contains("--offline"), "{refused}");
    assert!(!terminal.home().join("liquidations.sqlite").exists());
}

#[test]
fn a_malformed_configuration_of_the_solana_cli_is_refused() {
    let chain = chain();
    let terminal = Terminal::at(&chain.rpc_url);
    let file = terminal.home().join("config.yml");
    std::fs::write(&file, "json_rpc_url: [").unwrap();
    let path = file.to_str().unwrap();
    let refused = terminal.refused(&["market", "show", "-C", path]);
    assert!(
        refused.contains("is no configuration of the Solana CLI"),
        "{refused}"
    );
}
