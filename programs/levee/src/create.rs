//! New accounts at derived addresses.
//!
//! The system program's `CreateAccount` refuses an address that holds lamports already. All addresses here can be predicted,
//! so a lamport sent ahead would block a token's reserve for good. What is there is therefore topped up, and space and
//! owner are given one by one.

use anchor_lang::prelude::*;
use anchor_lang::system_program;
use anchor_lang::{Discriminator, ZeroCopy};
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensions, ExtensionType, StateWithExtensions,
};
use anchor_spl::token_2022::spl_token_2022::state::{Account as TokenAccount, Mint};

use crate::cpi::{self, CpiAccount};
use crate::error::LeveeError;

/// `InitializeAccount3` in both token programs.
const INITIALIZE_ACCOUNT_3: u8 = 18;

/// Who pays for a new account, and where it lies.
pub struct NewAccount<'a, 'info> {
    /// Signs.
    pub payer: &'a AccountInfo<'info>,
    /// The derived address.
    pub account: &'a AccountInfo<'info>,
    /// Of the address, the bump last.
    pub seeds: &'a [&'a [u8]],
}

impl<'info> NewAccount<'_, 'info> {
    /// Makes it an account of `owner` with `space` bytes, all zero, and the lamports that keep it.
    ///
    /// # Errors
    /// [`LeveeError::AddressInUse`], and the system program's where the payer lacks lamports.
    pub fn create(&self, space: usize, owner: &Pubkey) -> Result<()> {
        let account = self.account;
        require!(
            *account.owner == system_program::ID && account.data_is_empty(),
            LeveeError::AddressInUse
        );
        let needed = Rent::get()?.minimum_balance(space);
        let missing = needed.saturating_sub(account.lamports());
        if missing > 0 {
            let accounts = system_program::Transfer {
                from: self.payer.clone(),
                to: account.clone(),
            };
            system_program::transfer(CpiContext::new(system_program::ID, accounts), missing)?;
        }
        let signer = &[self.seeds];
        let accounts = system_program::Allocate {
            account_to_allocate: account.clone(),
        };
        let context = CpiContext::new_with_signer(system_program::ID, accounts, signer);
        let space = u64::try_from(space).map_err(|_| LeveeError::MathOverflow)?;
        system_program::allocate(context, space)?;
        let accounts = system_program::Assign {
            account_to_assign: account.clone(),
        };
        let context = CpiContext::new_with_signer(system_program::ID, accounts, signer);
        system_program::assign(context, owner)
    }

    /// Makes it one of this program's accounts that holds `value`.
    ///
    /// # Errors
    /// As [`NewAccount::create`].
    pub fn create_with<T: ZeroCopy + Discriminator>(&self, value: &T) -> Result<()> {
        let body = bytemuck::bytes_of(value);
        let start = T::DISCRIMINATOR.len();
        self.create(start.saturating_add(body.len()), &crate::ID)?;
        let mut data = self.account.try_borrow_mut_data()?;
        let (head, tail) = data
            .split_at_mut_checked(start)
            .ok_or(LeveeError::MathOverflow)?;
        head.copy_from_slice(T::DISCRIMINATOR);
        tail.copy_from_slice(body);
        Ok(())
    }

    /// Makes it an empty token account of `mint` that `authority` owns.
    ///
    /// # Errors
    /// As [`NewAccount::create`], and the token program's.
    pub fn create_token_account(
        &self,
        mint: &AccountInfo<'info>,
        authority: &Pubkey,
        token_program: &Pubkey,
    ) -> Result<()> {
        self.create(token_account_size(mint)?, token_program)?;
        let mut data = [0; 33];
        let (code, owner) = data.split_at_mut(1);
        code.copy_from_slice(&[INITIALIZE_ACCOUNT_3]);
        owner.copy_from_slice(authority.as_ref());
        let account = CpiAccount {
            info: self.account,
            is_writable: true,
            is_signer: false,
        };
        let mint = CpiAccount {
            info: mint,
            is_writable: false,
            is_signer: false,
        };
        let accounts = [account, mint];
        cpi::invoke_signed(token_program, &accounts, &data, &[])
    }
}

/// Bytes of a token account of `mint`, with room for the extensions that the mint asks of it.
fn token_account_size(mint: &AccountInfo) -> Result<usize> {
    let data = mint.try_borrow_data()?;
    let size = StateWithExtensions::<Mint>::unpack(&data)
        .and_then(|mint| mint.get_extension_types())
        .map(|types| ExtensionType::get_required_init_account_extensions(&types))
        .and_then(|types| ExtensionType::try_calculate_account_len::<TokenAccount>(&types));
    size.map_err(|_| error!(LeveeError::WrongMint))
}
