//! What a refresh would make of a reserve, by the program's own code on copies of accounts.

use anchor_lang::prelude::{AccountInfo, Clock, Pubkey, Result};
use levee::error::LeveeError;
use levee::state::Reserve;
use levee::{oracle, rate};

/// An account as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its address.
    pub key: &'a Pubkey,
    /// Its program.
    pub owner: &'a Pubkey,
    /// Its bytes.
    pub data: &'a [u8],
}

impl Seen<'_> {
    fn read<T>(&self, look: impl FnOnce(&AccountInfo) -> Result<T>) -> Result<T> {
        // The program's readers take what the runtime hands them, which is writable memory.
        let (mut lamports, mut data) = (0, self.data.to_vec());
        look(&AccountInfo::new(
            self.key,
            false,
            false,
            &mut lamports,
            &mut data,
            self.owner,
            false,
        ))
    }
}

/// Accrues interest and reads the prices of `reserve` as `refresh_reserves` would at `clock`. `rate` is its stake pool or
/// redemption feed, where it has one.
///
/// # Errors
/// Those of the instruction: a price account that is not the reserve's, or says what the program refuses;
/// [`LeveeError::UnpairedPriceAccounts`] where a rate is needed and not given.
pub fn refreshed(
    reserve: &Reserve,
    price: Seen,
    rate: Option<Seen>,
    clock: &Clock,
) -> Result<Reserve> {
    let mut reserve = *reserve;
    reserve.accrue(clock.unix_timestamp)?;
    price.read(|account| oracle::refresh(&mut reserve, account, clock))?;
    if rate::is_needed(&reserve) {
        let rate = rate.ok_or(LeveeError::UnpairedPriceAccounts)?;
        rate.read(|account| rate::refresh(&mut reserve, account, clock))?;
    }
    Ok(reserve)
}
