//! What Levee's users need of the token programs: their accounts, and test tokens.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program_error::ProgramError;
use anchor_spl::token::spl_token;
use anchor_spl::token::spl_token::instruction::TokenInstruction;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;

/// SPL Token's address.
pub const TOKEN_PROGRAM: Pubkey = anchor_spl::token::ID;
/// The mint of SOL as a token.
pub const WRAPPED_SOL: Pubkey = spl_token::native_mint::ID;
/// Bytes of a mint's account.
pub const MINT_BYTES: usize = 82;

/// After the mint authority and the supply.
const DECIMALS_OFFSET: usize = 36 + 8;
/// After mint and owner.
const AMOUNT_OFFSET: usize = 64;

/// Where `owner` keeps the token `mint`.
pub fn associated_account(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(owner, mint, token_program)
}

/// Creates that account, paid by `payer`, unless it exists.
pub fn create_associated_account(
    payer: &Pubkey,
    owner: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    create_associated_token_account_idempotent(payer, owner, mint, token_program)
}

/// Decimals of a mint, from its account's data.
pub fn decimals(mint: &[u8]) -> Option<u8> {
    (mint.len() >= MINT_BYTES).then(|| mint.get(DECIMALS_OFFSET).copied())?
}

/// Balance of a token account in atoms, from its data.
pub fn balance(account: &[u8]) -> Option<u64> {
    let bytes = account.get(AMOUNT_OFFSET..AMOUNT_OFFSET + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Makes a test token that `authority` may mint: the instructions, and the token's address, which follows from the authority
/// and the name. `rent_lamports` is what an account of [`MINT_BYTES`] must hold.
///
/// # Errors
/// A name longer than 32 bytes.
pub fn create_mint(
    authority: &Pubkey,
    name: &str,
    decimals: u8,
    rent_lamports: u64,
) -> Result<(Vec<Instruction>, Pubkey), String> {
    let mint = mint_address(authority, name)?;
    let create = solana_system_interface::instruction::create_account_with_seed(
        authority,
        &mint,
        authority,
        name,
        rent_lamports,
        MINT_BYTES as u64,
        &TOKEN_PROGRAM,
    );
    let initialize =
        spl_token::instruction::initialize_mint2(&TOKEN_PROGRAM, &mint, authority, None, decimals)
            .map_err(|error| error.to_string())?;
    Ok((vec![create, initialize], mint))
}

/// The address of the test token `name` of `authority`.
///
/// # Errors
/// A name longer than 32 bytes.
pub fn mint_address(authority: &Pubkey, name: &str) -> Result<Pubkey, String> {
    Pubkey::create_with_seed(authority, name, &TOKEN_PROGRAM).map_err(|error| error.to_string())
}

/// Mints atoms of a test token.
///
/// # Errors
/// Another program than a token program.
pub fn mint_to(
    token_program: &Pubkey,
    mint: &Pubkey,
    account: &Pubkey,
    authority: &Pubkey,
    atoms: u64,
) -> Result<Instruction, ProgramError> {
    spl_token::instruction::mint_to(token_program, mint, account, authority, &[], atoms)
}

/// Puts `lamports` of `owner` into its account of wrapped SOL, which exists.
pub fn wrap_sol(owner: &Pubkey, lamports: u64) -> [Instruction; 2] {
    let account = associated_account(owner, &WRAPPED_SOL, &TOKEN_PROGRAM);
    [
        solana_system_interface::instruction::transfer(owner, &account, lamports),
        of_token_program(
            TokenInstruction::SyncNative,
            vec![AccountMeta::new(account, false)],
        ),
    ]
}

/// Closes `owner`'s account of wrapped SOL: all of it becomes SOL.
pub fn unwrap_sol(owner: &Pubkey) -> Instruction {
    let account = associated_account(owner, &WRAPPED_SOL, &TOKEN_PROGRAM);
    let accounts = vec![
        AccountMeta::new(account, false),
        AccountMeta::new(*owner, false),
        AccountMeta::new_readonly(*owner, true),
    ];
    of_token_program(TokenInstruction::CloseAccount, accounts)
}

/// The library's own builders can fail, because they take any program's address.
fn of_token_program(instruction: TokenInstruction, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id: TOKEN_PROGRAM,
        accounts,
        data: instruction.pack(),
    }
}
