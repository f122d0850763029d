//! Program-derived addresses.

use anchor_lang::prelude::Pubkey;
use levee::state::{LendingMarket, Obligation, Reserve};

fn find(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &levee::ID).0
}

/// The lending market number `id` of `creator`.
pub fn market(creator: &Pubkey, id: u64) -> Pubkey {
    find(&[LendingMarket::SEED, creator.as_ref(), &id.to_le_bytes()])
}

/// The reserve of `mint` in `market`.
pub fn reserve(market: &Pubkey, mint: &Pubkey) -> Pubkey {
    find(&[Reserve::SEED, market.as_ref(), mint.as_ref()])
}

/// The token account that holds the atoms of `reserve`.
pub fn vault(reserve: &Pubkey) -> Pubkey {
    find(&[Reserve::VAULT_SEED, reserve.as_ref()])
}

/// The obligation number `id` of `owner` in `market`.
pub fn obligation(market: &Pubkey, owner: &Pubkey, id: u64) -> Pubkey {
    find(&[
        Obligation::SEED,
        market.as_ref(),
        owner.as_ref(),
        &id.to_le_bytes(),
    ])
}
