//! Token transfers, each followed by a look at the vault, and which mints a reserve accepts.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token_2022::spl_token_2022::extension::transfer_fee::TransferFeeConfig;
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensions, ExtensionType, StateWithExtensions,
};
use anchor_spl::token_2022::spl_token_2022::state::Mint;
use levee_risk::units::Atoms;

use crate::cpi::{self, CpiAccount};
use crate::error::LeveeError;
use crate::state::Reserve;

/// Where the amount lies in a token account, of either token program.
const AMOUNT_OFFSET: usize = 64;
/// Where its state lies.
const STATE_OFFSET: usize = 108;
/// The state in which nothing can leave it.
const FROZEN: u8 = 2;
/// `TransferChecked` in both token programs.
const TRANSFER_CHECKED: u8 = 12;

/// Most decimals of a mint: 64-bit amounts of more would be worth nothing.
pub const MAX_DECIMALS: u8 = 18;

/// Extensions that neither change what arrives nor let anybody else move the vault's tokens.
///
/// A transfer fee must be zero, now and in the next epoch. Hooks, permanent delegates, default account
/// states, pausing, non-transferable and interest-bearing or scaled amounts are refused.
const ALLOWED_EXTENSIONS: [ExtensionType; 10] = [
    ExtensionType::TransferFeeConfig,
    ExtensionType::MintCloseAuthority,
    ExtensionType::ConfidentialTransferMint,
    ExtensionType::ConfidentialTransferFeeConfig,
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
    ExtensionType::GroupPointer,
    ExtensionType::TokenGroup,
    ExtensionType::GroupMemberPointer,
    ExtensionType::TokenGroupMember,
];

/// The accounts of one transfer between a user and a reserve's vault.
pub struct Transfer<'a, 'info> {
    /// SPL Token or Token-2022, as the reserve names it.
    pub token_program: &'a AccountInfo<'info>,
    /// The reserve's mint.
    pub mint: &'a AccountInfo<'info>,
    /// The reserve's vault.
    pub vault: &'a AccountInfo<'info>,
    /// The user's token account; the token program checks its mint.
    pub user: &'a AccountInfo<'info>,
}

/// What signs for a reserve's vault: the reserve's own address.
pub struct VaultAuthority<'a, 'info> {
    /// The reserve's account. No borrow of its data may be alive.
    pub reserve: &'a AccountInfo<'info>,
    /// A seed.
    pub market: Pubkey,
    /// A seed.
    pub mint: Pubkey,
    /// A seed.
    pub bump: u8,
    /// Of the mint.
    pub decimals: u8,
}

impl<'a, 'info> VaultAuthority<'a, 'info> {
    /// Copies the seeds out of `reserve`, so that its borrow can end before the transfer.
    pub fn new(info: &'a AccountInfo<'info>, reserve: &Reserve) -> Self {
        Self {
            reserve: info,
            market: reserve.market,
            mint: reserve.mint,
            bump: reserve.bump,
            decimals: reserve.decimals,
        }
    }
}

impl<'info> Transfer<'_, 'info> {
    /// Moves `atoms` from the user, who signed, into the vault.
    ///
    /// # Errors
    /// The token program's, and [`LeveeError::VaultMismatch`] unless the vault gained exactly that.
    pub fn receive(&self, payer: &AccountInfo<'info>, decimals: u8, atoms: Atoms) -> Result<()> {
        let before = amount(self.vault)?;
        self.invoke(self.user, self.vault, payer, decimals, atoms, &[])?;
        require!(
            amount(self.vault)?.checked_sub(before) == Some(atoms.0),
            LeveeError::VaultMismatch
        );
        Ok(())
    }

    /// Moves `atoms` from the vault to the user.
    ///
    /// # Errors
    /// The token program's, and [`LeveeError::VaultMismatch`] unless the vault lost exactly that.
    pub fn pay(&self, authority: &VaultAuthority<'_, 'info>, atoms: Atoms) -> Result<()> {
        let before = amount(self.vault)?;
        let bump = [authority.bump];
        let seeds: &[&[u8]] = &[
            Reserve::SEED,
            authority.market.as_ref(),
            authority.mint.as_ref(),
            &bump,
        ];
        self.invoke(
            self.vault,
            self.user,
            authority.reserve,
            authority.decimals,
            atoms,
            seeds,
        )?;
        require!(
            before.checked_sub(amount(self.vault)?) == Some(atoms.0),
            LeveeError::VaultMismatch
        );
        Ok(())
    }

    /// `TransferChecked`, signed by `authority` or by the reserve's `seeds`.
    fn invoke(
        &self,
        from: &AccountInfo<'info>,
        to: &AccountInfo<'info>,
        authority: &AccountInfo<'info>,
        decimals: u8,
        atoms: Atoms,
        seeds: &[&[u8]],
    ) -> Result<()> {
        let [a, b, c, d, e, f, g, h] = atoms.0.to_le_bytes();
        let data = [TRANSFER_CHECKED, a, b, c, d, e, f, g, h, decimals];
        let account = |info, is_writable, is_signer| CpiAccount {
            info,
            is_writable,
            is_signer,
        };
        let accounts = [
            account(from, true, false),
            account(self.mint, false, false),
            account(to, true, false),
            account(authority, false, true),
        ];
        cpi::invoke_signed(self.token_program.key, &accounts, &data, seeds)
    }
}

/// The amount in a token account.
fn amount(account: &AccountInfo) -> Result<u64> {
    let data = account.try_borrow_data()?;
    let bytes = data
        .get(AMOUNT_OFFSET..)
        .and_then(|tail| tail.first_chunk::<8>())
        .ok_or(LeveeError::WrongVault)?;
    Ok(u64::from_le_bytes(*bytes))
}

/// Whether the token's issuer froze a token account, of either token program.
///
/// # Errors
/// [`LeveeError::WrongVault`] where it is none.
pub fn is_frozen(account: &AccountInfo) -> Result<bool> {
    let data = account.try_borrow_data()?;
    let state = data.get(STATE_OFFSET).ok_or(LeveeError::WrongVault)?;
    Ok(*state == FROZEN)
}

/// Refuses a mint that could change or block what moves, and returns its decimals.
///
/// # Errors
/// [`LeveeError::MintExtensionNotAllowed`], [`LeveeError::TooManyDecimals`], [`LeveeError::WrongMint`] where it is
/// no initialized mint.
pub fn check_mint(mint: &AccountInfo) -> Result<u8> {
    let data = mint.try_borrow_data()?;
    let state =
        StateWithExtensions::<Mint>::unpack(&data).map_err(|_| error!(LeveeError::WrongMint))?;
    let extensions = state
        .get_extension_types()
        .map_err(|_| error!(LeveeError::MintExtensionNotAllowed))?;
    for extension in extensions {
        require!(
            ALLOWED_EXTENSIONS.contains(&extension),
            LeveeError::MintExtensionNotAllowed
        );
    }
    if let Ok(fees) = state.get_extension::<TransferFeeConfig>() {
        let fee = |bps: [u8; 2]| u16::from_le_bytes(bps);
        let charges = [&fees.older_transfer_fee, &fees.newer_transfer_fee]
            .iter()
            .any(|f| fee(f.transfer_fee_basis_points.0) != 0);
        require!(!charges, LeveeError::MintExtensionNotAllowed);
    }
    require!(
        state.base.decimals <= MAX_DECIMALS,
        LeveeError::TooManyDecimals
    );
    Ok(state.base.decimals)
}

/// [`check_mint`] again on a deposit, where the mint can carry extensions at all: a fee may have been set since.
///
/// # Errors
/// As [`check_mint`].
pub fn recheck_mint(mint: &AccountInfo) -> Result<()> {
    if mint.data_len() > Mint::LEN {
        check_mint(mint)?;
    }
    Ok(())
}
