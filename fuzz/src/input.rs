//! Accounts in the form in which the runtime hands them to a program.

use anchor_lang::prelude::{AccountInfo, Pubkey};
use solana_program_entrypoint::{deserialize, MAX_PERMITTED_DATA_INCREASE, NON_DUP_MARKER};

/// One account.
#[derive(Clone)]
pub struct Account {
    pub key: Pubkey,
    pub owner: Pubkey,
    pub lamports: u64,
    pub data: Vec<u8>,
    pub is_signer: bool,
    pub is_writable: bool,
    pub is_executable: bool,
}

/// What a program is called with, in memory aligned as in the runtime. Reused from call to call.
#[derive(Default)]
pub struct Input {
    words: Vec<u64>,
    len: usize,
}

impl Input {
    /// Replaces the contents; `indexes` lists accounts in the instruction's order, and may name one twice.
    pub fn write(
        &mut self,
        program: &Pubkey,
        accounts: &[Account],
        indexes: &[usize],
        data: &[u8],
    ) {
        let room =
            |account: &usize| accounts[*account].data.len() + MAX_PERMITTED_DATA_INCREASE + 128;
        let len: usize = indexes.iter().map(room).sum::<usize>() + data.len() + 64;
        self.words.resize(self.words.len().max(len / 8 + 1), 0);
        self.len = 0;
        self.put(&(indexes.len() as u64).to_le_bytes());
        for (at, index) in indexes.iter().enumerate() {
            if let Some(first) = indexes[..at].iter().position(|earlier| earlier == index) {
                self.put(&(first as u64).to_le_bytes());
            } else {
                self.put_account(&accounts[*index]);
            }
        }
        self.put(&(data.len() as u64).to_le_bytes());
        self.put(data);
        self.put(program.as_ref());
    }

    /// Calls `entry` with the contents.
    pub fn call<T>(
        &mut self,
        entry: impl for<'info> FnOnce(&'info Pubkey, &'info [AccountInfo<'info>], &'info [u8]) -> T,
    ) -> T {
        // SAFETY: the memory holds what `write` put there in the form that the function reads, and outlives the accounts.
        let (program, accounts, data) = unsafe { deserialize(self.words.as_mut_ptr().cast()) };
        // SAFETY: nothing keeps the accounts: what `entry` returns cannot name their lifetime.
        let listed: &'static [AccountInfo<'static>] =
            unsafe { std::slice::from_raw_parts(accounts.as_ptr(), accounts.len()) };
        entry(program, listed, data)
    }

    fn put_account(&mut self, account: &Account) {
        self.put(&[
            NON_DUP_MARKER,
            u8::from(account.is_signer),
            u8::from(account.is_writable),
            u8::from(account.is_executable),
        ]);
        self.put(&[0; 4]);
        self.put(account.key.as_ref());
        self.put(account.owner.as_ref());
        self.put(&account.lamports.to_le_bytes());
        self.put(&(account.data.len() as u64).to_le_bytes());
        self.put(&account.data);
        self.len += MAX_PERMITTED_DATA_INCREASE;
        self.len = self.len.next_multiple_of(8);
        self.put(&u64::MAX.to_le_bytes());
    }

    fn put(&mut self, bytes: &[u8]) {
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut self.words);
        memory[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}
