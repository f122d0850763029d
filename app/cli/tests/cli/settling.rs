//! A debt that lost its collateral.

use std::time::{Duration, Instant};

use levee_client::instructions::{
    liquidate, other_reserves, reserve_list, Limits, LiquidatorKeys, PairKeys,
};
use levee_client::rpc::Connection;
use levee_client::tokens::{associated_account, TOKEN_PROGRAM};
use levee_client::transaction::{sign, Budget};
use levee_client::ReserveKeys;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::chain::{chain, Terminal};
use crate::session::{market, words};

fn key(value: &serde_json::Value) -> Pubkey {
    value.as_str().unwrap().parse().unwrap()
}

/// Sends without waiting: what follows may land in the same slot.
async fn post(connection: &Connection, signer: &Keypair, instruction: &Instruction) {
    let blockhash = connection.client.get_latest_blockhash().await.unwrap();
    let budget = Budget {
        compute_units: 300_000,
        ..Budget::MOST
    };
    let all = [instruction.clone()];
    let signed = sign(&signer.pubkey(), &all, budget, &[], blockhash, &[signer]).unwrap();
    // Refused where the slot has passed: then it is tried again.
    drop(connection.client.send_transaction(&signed).await);
}

/// Seizes all that `obligation` holds for its euros, while the reserve of its dollars can only be read: their loss stays open.
async fn seize_all(terminal: &Terminal, obligation: &Pubkey) {
    let connection = terminal.connection();
    let signer = terminal.keypair();
    let market = key(&terminal.json(&words("market show"))["market"]);
    let keys = |name: &str| {
        let shown = terminal.json(&["reserve", "show", name]);
        ReserveKeys::new(market, key(&shown["mint"]), TOKEN_PROGRAM)
    };
    let pair = PairKeys {
        repay: keys("EUR"),
        seize: keys("SOL"),
    };
    let wallet =
        |keys: &ReserveKeys| associated_account(&signer.pubkey(), &keys.mint, &keys.token_program);
    let parties = LiquidatorKeys {
        liquidator: signer.pubkey(),
        source: wallet(&pair.repay),
        destination: wallet(&pair.seize),
    };
    let started = Instant::now();
    loop {
        let state = connection.obligation(obligation).await.unwrap();
        if state.deposit_count == 0 {
            assert_eq!(state.borrow_count, 1);
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "never seized");
        let reserves = connection.reserves(&market).await.unwrap();
        let listed = reserve_list(&state);
        let named: Vec<_> = reserves
            .into_iter()
            .filter(|(key, _)| listed.contains(key))
            .collect();
        let prices = connection.price_keys_of(&named).await.unwrap();
        let prices: Vec<_> = prices.into_iter().map(Result::unwrap).collect();
        let refresh = levee_client::instructions::refresh_reserves(&prices);
        let others = other_reserves(&state, &pair, false);
        let seize = liquidate(&parties, &pair, *obligation, &others, None, Limits::NONE);
        post(&connection, &signer, &refresh).await;
        post(&connection, &signer, &seize).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn anybody_settles_a_debt_without_collateral_and_nothing_else() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    for line in [
        "token create EUR --decimals 6",
        "token mint EUR 1_000_000",
        "price push EUR 1",
        "reserve add EUR --ltv 80% --threshold 85%",
        "position deposit EUR 100_000",
        "position borrow USDC 1_000 --id 1",
        "position borrow EUR 1_000 --id 1",
    ] {
        terminal.ok(&words(line));
    }
    let weak = terminal.ok(&words("position address --id 1"));
    let weak = weak.trim();
    let refused = terminal.refused(&["settle", weak]);
    assert!(
        refused.contains(&format!("`levee liquidate {weak}`")),
        "{refused}"
    );
    let rich = terminal.ok(&words("position address"));
    let refused = terminal.refused(&["settle", rich.trim()]);
    assert!(refused.contains("owes nothing"), "{refused}");

    // $800 stand behind $2,000.
    terminal.ok(&words("price push SOL 40"));
    seize_all(&terminal, &weak.parse().unwrap()).await;
    let refused = terminal.refused(&["liquidate", weak]);
    assert!(
        refused.contains(&format!("`levee settle {weak}`")),
        "{refused}"
    );
    terminal.ok(&["settle", weak, "--dry-run"]);
    let done = terminal.json(&["settle", weak]);
    let lost = done["written_off"].as_str().unwrap();
    assert!(
        lost.starts_with("1,000.1") && lost.ends_with(" USDC"),
        "{done}"
    );
    let shown = terminal.json(&words("position show --id 1"));
    assert_eq!(shown["borrows"].as_array().unwrap().len(), 0);
}
