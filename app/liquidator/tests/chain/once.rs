//! One pass with `--once`, with a lookup table, at the fees that others pay.

use levee_client::lookup_table;
use levee_client::transaction::MAX_TRANSACTION_BYTES;
use levee_testkit::Localnet;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use solana_sdk_ids::compute_budget;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::bots::Bot;
use crate::connect;
use crate::ledger::{send_all, send_all_at};
use crate::market::{Crowd, Market, SOL, USDC};

/// What somebody else pays for the same reserves: far above the floor, far below the cap.
const OTHERS_MICRO_LAMPORTS: u64 = 40_000;
const OBLIGATIONS: usize = 30;

/// A table of the market's addresses, made by transactions.
async fn table(market: &Market) -> Pubkey {
    let admin = market.admin.pubkey();
    let slot = market.connection.client.get_slot().await.unwrap();
    let (create, table) = lookup_table::create(admin, admin, slot - 1);
    let tokens = market.tokens.iter().enumerate();
    let reserves: Vec<_> = tokens
        .map(|(at, token)| (token.keys, market.price_keys(at)))
        .collect();
    let addresses = lookup_table::market_addresses(market.key, &reserves);
    send_all(&market.connection, &[(&market.admin, vec![create])]).await;
    for extend in lookup_table::extend(table, admin, admin, &addresses) {
        send_all(&market.connection, &[(&market.admin, vec![extend])]).await;
    }
    let made = market.connection.account(&table).await.unwrap().unwrap();
    let made = lookup_table::decode(table, &made.data).unwrap();
    assert_eq!(made.addresses, addresses);
    table
}

/// Bytes that a transaction would have if it named all accounts in full.
fn bytes_without_tables(wire: &[u8]) -> usize {
    let transaction: VersionedTransaction = bincode::deserialize(wire).unwrap();
    let VersionedMessage::V0(message) = &transaction.message else {
        panic!("it is of an old version");
    };
    let lookups = message.address_table_lookups.iter();
    lookups.fold(wire.len(), |bytes, lookup| {
        let indexes = lookup.writable_indexes.len() + lookup.readonly_indexes.len();
        // An index, or an address; the table's address and the two lengths.
        bytes + indexes * 31 - 34
    })
}

/// What it offers for a compute unit, in millionths of a lamport.
fn offered(wire: &[u8]) -> u64 {
    const SET_PRICE: u8 = 3;
    let transaction: VersionedTransaction = bincode::deserialize(wire).unwrap();
    let keys = transaction.message.static_account_keys();
    let mut prices = transaction
        .message
        .instructions()
        .iter()
        .filter_map(|instruction| {
            let program = keys[usize::from(instruction.program_id_index)];
            let price = instruction.data.strip_prefix(&[SET_PRICE])?;
            (program == compute_budget::ID).then(|| u64::from_le_bytes(price.try_into().unwrap()))
        });
    prices.next().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_clears_all_in_batches_that_need_a_lookup_table_at_the_fee_of_others_and_says_so() {
    let chain = Localnet::start();
    let market = Market::of(connect(&chain), Crowd::small(OBLIGATIONS)).await;
    let table = table(&market).await;
    let bot = Bot::new(&market, &chain.rpc_url, &chain.ws_url).await;
    bot.configure(|config| format!("{config}[strategy]\nlookup_table = \"{table}\"\n"));
    let said = |landed: &str| {
        let output = bot.once();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        assert!(stdout.starts_with(landed), "{stdout}{stderr}");
        assert!(stdout.ends_with("still unhealthy: 0\n"), "{stdout}{stderr}");
    };
    said("transactions landed: 0, for 0 obligations; failed: 0;");

    let refresh = market.refresh((&[SOL], &[USDC]));
    for _ in 0..3 {
        let paid = [(&market.admin, vec![refresh.clone()])];
        send_all_at(&market.connection, &paid, OTHERS_MICRO_LAMPORTS).await;
    }
    market.fall(SOL, 0.87).await;
    assert_eq!(market.unhealthy().await, (OBLIGATIONS, OBLIGATIONS + 1));
    said("transactions landed: 2, for 30 obligations; failed: 0;");
    assert_eq!(market.unhealthy().await, (0, OBLIGATIONS + 1));
    assert_eq!(bot.audit(&market).await, OBLIGATIONS);

    let landed = bot.landed();
    let mut sizes: Vec<usize> = landed.iter().map(|intent| intent.entries.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [6, 24]);
    for intent in &landed {
        assert_eq!(offered(&intent.wire), OTHERS_MICRO_LAMPORTS);
        let without = bytes_without_tables(&intent.wire);
        assert!(intent.wire.len() <= MAX_TRANSACTION_BYTES);
        assert_eq!(
            without > MAX_TRANSACTION_BYTES,
            intent.entries.len() == 24,
            "{without}"
        );
    }
    said("transactions landed: 0, for 0 obligations; failed: 0;");
    let unread = bot.once_unread();
    let stderr = String::from_utf8_lossy(&unread.stderr);
    assert!(unread.status.success(), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
