//! Address lookup tables: what lets a liquidation over many reserves, or of many obligations, fit a transaction.

use solana_address_lookup_table_interface::instruction::{
    create_lookup_table, extend_lookup_table,
};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_instruction::Instruction;
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;

use crate::accounts::DecodeError;
use crate::instructions::{PriceKeys, ReserveKeys};

/// Addresses that fit into one instruction of a transaction of their own.
const ADDRESSES_AT_ONCE: usize = 20;
/// Most addresses of one table.
pub const MAX_ADDRESSES: usize = 256;

/// The instruction that creates a table, and the table's address. `recent_slot` is one whose hash the cluster still knows.
pub fn create(authority: Pubkey, payer: Pubkey, recent_slot: u64) -> (Instruction, Pubkey) {
    create_lookup_table(authority, payer, recent_slot)
}

/// Instructions that add `addresses` to a table, each small enough for a transaction of its own.
pub fn extend(
    table: Pubkey,
    authority: Pubkey,
    payer: Pubkey,
    addresses: &[Pubkey],
) -> Vec<Instruction> {
    addresses
        .chunks(ADDRESSES_AT_ONCE)
        .map(|some| extend_lookup_table(table, authority, Some(payer), some.to_vec()))
        .collect()
}

/// Decodes the data of the table at `key`.
///
/// # Errors
/// [`DecodeError::WrongDiscriminator`] where it is not a table.
pub fn decode(key: Pubkey, data: &[u8]) -> Result<AddressLookupTableAccount, DecodeError> {
    let table =
        AddressLookupTable::deserialize(data).map_err(|_| DecodeError::WrongDiscriminator)?;
    Ok(AddressLookupTableAccount {
        key,
        addresses: table.addresses.to_vec(),
    })
}

/// The addresses of a market that liquidations name again and again, each once: what a liquidator's table should hold.
/// Programs are not among them, since a transaction must name those that it calls in full.
pub fn market_addresses(market: Pubkey, reserves: &[(ReserveKeys, PriceKeys)]) -> Vec<Pubkey> {
    let mut addresses = vec![market];
    for (keys, prices) in reserves {
        let named = [
            keys.reserve,
            keys.vault,
            keys.mint,
            keys.token_program,
            prices.price,
        ];
        for key in named.into_iter().chain(prices.rate) {
            if !addresses.contains(&key) {
                addresses.push(key);
            }
        }
    }
    addresses
}
