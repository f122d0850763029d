//! Calling another program with a few accounts, without the heap.
//!
//! `solana_cpi` copies accounts, metas and data into vectors first, which costs a third of what the call itself does. The
//! structs here are those of the runtime's C interface (`sol_invoke_signed_c`).

use anchor_lang::prelude::*;

/// An account of the call, and how the called program may use it.
pub struct CpiAccount<'a, 'info> {
    /// The account as this instruction was given it.
    pub info: &'a AccountInfo<'info>,
    /// Whether the called program may write it.
    pub is_writable: bool,
    /// Whether it signs.
    pub is_signer: bool,
}

/// Calls `program` with `data`. The caller has ended all borrows of the accounts' data and lamports.
///
/// # Errors
/// The called program's.
#[cfg(target_os = "solana")]
pub fn invoke_signed<const N: usize>(
    program: &Pubkey,
    accounts: &[CpiAccount<'_, '_>; N],
    data: &[u8],
    seeds: &[&[u8]],
) -> Result<()> {
    use anchor_lang::solana_program::program::syscalls::sol_invoke_signed_c;

    #[repr(C)]
    struct Meta {
        key: *const Pubkey,
        is_writable: bool,
        is_signer: bool,
    }
    #[repr(C)]
    struct Call {
        program: *const Pubkey,
        metas: *const Meta,
        metas_len: u64,
        data: *const u8,
        data_len: u64,
    }
    #[repr(C)]
    struct Info {
        key: *const Pubkey,
        lamports: *mut u64,
        data_len: u64,
        data: *mut u8,
        owner: *const Pubkey,
        rent_epoch: u64,
        is_signer: bool,
        is_writable: bool,
        is_executable: bool,
    }
    /// A signer's seeds: as the C interface, Rust's slice is an address and a length.
    #[repr(C)]
    struct Seeds {
        seeds: *const &'static [u8],
        len: u64,
    }

    let metas = accounts.each_ref().map(|account| Meta {
        key: account.info.key,
        is_writable: account.is_writable,
        is_signer: account.is_signer,
    });
    let infos = accounts.each_ref().map(|account| {
        let info = account.info;
        // SAFETY: the cells hold the references that the entrypoint made from the runtime's memory; they are only read here,
        // and no borrow of them is alive.
        let (lamports, data) = unsafe {
            let lamports: *mut u64 = *info.lamports.as_ptr();
            let data: &mut [u8] = *info.data.as_ptr();
            (lamports, data)
        };
        Info {
            key: info.key,
            lamports,
            data_len: data.len() as u64,
            data: data.as_mut_ptr(),
            owner: info.owner,
            rent_epoch: 0,
            is_signer: info.is_signer,
            is_writable: info.is_writable,
            is_executable: info.executable,
        }
    });
    let call = Call {
        program,
        metas: metas.as_ptr(),
        metas_len: N as u64,
        data: data.as_ptr(),
        data_len: data.len() as u64,
    };
    let signer = Seeds {
        seeds: seeds.as_ptr().cast(),
        len: seeds.len() as u64,
    };
    // SAFETY: every pointer is to one of the structs above or to what they borrow, all alive until the call returns, and laid
    // out as the runtime reads them. A slice of slices is an array of (address, length), as the C interface wants seeds.
    let code = unsafe {
        sol_invoke_signed_c(
            (&raw const call).cast(),
            infos.as_ptr().cast(),
            N as u64,
            (&raw const signer).cast(),
            u64::from(!seeds.is_empty()),
        )
    };
    match code {
        0 => Ok(()),
        code => Err(ProgramError::from(code).into()),
    }
}

/// The same on a host, through the library: there is no runtime to call.
///
/// # Errors
/// The library's.
#[cfg(not(target_os = "solana"))]
pub fn invoke_signed<const N: usize>(
    program: &Pubkey,
    accounts: &[CpiAccount<'_, '_>; N],
    data: &[u8],
    seeds: &[&[u8]],
) -> Result<()> {
    use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
    use anchor_lang::solana_program::program;

    let metas = accounts.iter().map(|account| AccountMeta {
        pubkey: *account.info.key,
        is_signer: account.is_signer,
        is_writable: account.is_writable,
    });
    let instruction = Instruction {
        program_id: *program,
        accounts: metas.collect(),
        data: data.to_vec(),
    };
    let infos = accounts.each_ref().map(|account| account.info.clone());
    let signers: &[&[&[u8]]] = if seeds.is_empty() { &[] } else { &[seeds] };
    program::invoke_signed(&instruction, &infos, signers)?;
    Ok(())
}
