//! Programs that the chain has from the beginning, as accounts of the upgradeable loader.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use solana_account::Account;
use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rent::Rent;

/// The upgradeable loader.
const LOADER: Pubkey = Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");

/// What every program file begins with.
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// The two accounts of a program, in the order in which they must be created.
#[derive(Debug)]
pub struct Program {
    pub address: Pubkey,
    pub file: PathBuf,
    pub data: (Pubkey, Account),
    pub account: Account,
}

/// Reads the files.
pub fn load(programs: &[(Pubkey, PathBuf)], authority: Option<Pubkey>) -> Result<Vec<Program>> {
    programs
        .iter()
        .map(|(address, file)| {
            let elf = read(file)?;
            let (data, account) = accounts(address, &elf, authority)?;
            Ok(Program {
                address: *address,
                file: file.clone(),
                data: (get_program_data_address(address), data),
                account,
            })
        })
        .collect()
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let shown = file.display();
    let elf = fs::read(file).with_context(|| {
        format!("cannot read the program {shown}: is it built, and the path right?")
    })?;
    ensure!(
        elf.starts_with(ELF_MAGIC),
        "{shown} is no program: it is not an ELF file"
    );
    Ok(elf)
}

/// The program's data account and the program account.
fn accounts(
    address: &Pubkey,
    elf: &[u8],
    upgrade_authority_address: Option<Pubkey>,
) -> Result<(Account, Account)> {
    let mut data = state(
        &UpgradeableLoaderState::ProgramData {
            slot: 0,
            upgrade_authority_address,
        },
        UpgradeableLoaderState::size_of_programdata_metadata(),
    )?;
    data.extend_from_slice(elf);
    let program = state(
        &UpgradeableLoaderState::Program {
            programdata_address: get_program_data_address(address),
        },
        UpgradeableLoaderState::size_of_program(),
    )?;
    let account = |data: Vec<u8>, executable| Account {
        lamports: Rent::default().minimum_balance(data.len()),
        data,
        owner: LOADER,
        executable,
        rent_epoch: u64::MAX,
    };
    Ok((account(data, false), account(program, true)))
}

/// A loader's state, in as many bytes as the loader gives it.
fn state(state: &UpgradeableLoaderState, size: usize) -> Result<Vec<u8>> {
    let mut bytes = bincode_of(state)?;
    bytes.resize(size, 0);
    Ok(bytes)
}

fn bincode_of(state: &UpgradeableLoaderState) -> Result<Vec<u8>> {
    bincode::serialize(state).context("cannot write a loader's state")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_no_program_is_refused_by_name() {
        let address = Pubkey::new_from_array([1; 32]);
        let error = load(&[(address, "/nowhere/levee.so".into())], None).unwrap_err();
        assert!(error.to_string().contains("/nowhere/levee.so"), "{error}");
        let error = load(&[(address, "Cargo.toml".into())], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Cargo.toml is no program: it is not an ELF file"
        );
    }

    #[test]
    fn the_accounts_are_those_of_a_deployment() {
        let (address, authority) = (
            Pubkey::new_from_array([1; 32]),
            Pubkey::new_from_array([2; 32]),
        );
        let (data, program) = accounts(&address, b"\x7fELF and more", Some(authority)).unwrap();
        assert_eq!(data.data.len(), 45 + 13);
        assert_eq!(data.data[45..], *b"\x7fELF and more");
        assert_eq!(data.data[13..45], authority.to_bytes());
        assert!(program.executable && !data.executable);
        assert_eq!(program.data.len(), 36);
        let named = &program.data[4..];
        assert_eq!(named, get_program_data_address(&address).to_bytes());
    }

    #[test]
    fn without_an_authority_the_code_still_begins_where_the_loader_reads_it() {
        let (data, _) = accounts(&Pubkey::new_from_array([1; 32]), b"\x7fELF", None).unwrap();
        assert_eq!(data.data[45..], *b"\x7fELF");
        assert_eq!(data.data[12], 0);
    }
}
