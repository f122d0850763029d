//! Mints and token accounts, written rather than created: tests are about lending.

use anchor_spl::token::spl_token::state::{Account as TokenState, AccountState, Mint};
use solana_account::Account;
use solana_program_option::COption;
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;

const LAMPORTS: u64 = 10_000_000;

/// A mint of SPL Token, or without extensions of Token-2022.
pub fn mint_account(token_program: Pubkey, decimals: u8) -> Account {
    let mint = Mint {
        mint_authority: COption::None,
        supply: u64::MAX,
        decimals,
        is_initialized: true,
        freeze_authority: COption::None,
    };
    let mut data = vec![0; Mint::LEN];
    Mint::pack(mint, &mut data).expect("a mint fits its length");
    Account {
        lamports: LAMPORTS,
        data,
        owner: token_program,
        ..Account::default()
    }
}

/// A token account that holds `atoms`.
pub fn token_account(token_program: Pubkey, mint: Pubkey, owner: Pubkey, atoms: u64) -> Account {
    let state = TokenState {
        mint,
        owner,
        amount: atoms,
        delegate: COption::None,
        state: AccountState::Initialized,
        is_native: COption::None,
        delegated_amount: 0,
        close_authority: COption::None,
    };
    let mut data = vec![0; TokenState::LEN];
    TokenState::pack(state, &mut data).expect("a token account fits its length");
    Account {
        lamports: LAMPORTS,
        data,
        owner: token_program,
        ..Account::default()
    }
}

/// The amount in a token account of either token program; zero where there is none.
pub fn token_amount(account: &Account) -> u64 {
    let bytes = account.data.get(64..72).and_then(|b| b.try_into().ok());
    u64::from_le_bytes(bytes.unwrap_or_default())
}
