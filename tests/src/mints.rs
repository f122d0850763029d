//! Mints of Token-2022 with any extensions, written rather than created.

use anchor_spl::token_2022::spl_token_2022::extension::{
    AccountType, ExtensionType, StateWithExtensionsMut,
};
use anchor_spl::token_2022::spl_token_2022::state::Mint;
use levee_testkit::mint_account;
use solana_account::Account;
use solana_pubkey::Pubkey;

/// Token-2022's address.
pub const TOKEN_2022: Pubkey = anchor_spl::token_2022::ID;

/// Where the account type stands: behind the length of a token account.
const TYPE_OFFSET: usize = 165;
/// Type and length in front of every extension.
const HEADER: usize = 4;
/// A name, a symbol and a link.
const METADATA_LEN: usize = 200;

/// A mint with `extensions`, all zero.
pub fn extended_mint(decimals: u8, extensions: &[ExtensionType]) -> Account {
    let mut account = mint_account(TOKEN_2022, decimals);
    if extensions.is_empty() {
        return account;
    }
    account.data.resize(TYPE_OFFSET, 0);
    account.data.push(u8::from(AccountType::Mint));
    for extension in extensions {
        let len = extension_len(*extension);
        account.data.extend(u16::from(*extension).to_le_bytes());
        account.data.extend((len as u16).to_le_bytes());
        account.data.resize(account.data.len() + len, 0);
    }
    account
}

/// As [`extended_mint`], then filled in by `fill`.
pub fn filled_mint(
    extensions: &[ExtensionType],
    fill: impl FnOnce(&mut StateWithExtensionsMut<Mint>),
) -> Account {
    let mut account = extended_mint(6, extensions);
    let mut state = StateWithExtensionsMut::unpack(&mut account.data).expect("the mint is valid");
    fill(&mut state);
    account
}

fn extension_len(extension: ExtensionType) -> usize {
    if extension == ExtensionType::TokenMetadata {
        return METADATA_LEN;
    }
    let len = ExtensionType::try_calculate_account_len::<Mint>(&[extension]);
    len.expect("all others have a fixed length") - TYPE_OFFSET - 1 - HEADER
}
