//! Where an obligation's reserves are found.

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use anchor_lang::Discriminator;

use crate::error::LeveeError;
use crate::state::Reserve;

/// The reserves behind an obligation's positions.
///
/// Positions are asked for in the obligation's own order, deposits first, with a cursor that begins at zero.
pub trait Reserves {
    /// Looks at the reserve `key`, the next one that is asked for.
    ///
    /// # Errors
    /// [`LeveeError::WrongReserveList`] where it is not the next one, and those of `look`.
    fn read<T>(
        &self,
        cursor: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T>,
    ) -> Result<T>;

    /// Changes the reserve `key`; `None` where it cannot be changed.
    ///
    /// # Errors
    /// Those of `change`.
    fn write<T>(
        &mut self,
        key: &Pubkey,
        change: impl FnOnce(&mut Reserve) -> Result<T>,
    ) -> Result<Option<T>>;

    /// Whether [`Reserves::write`] can change the reserve `key`.
    fn is_writable(&self, key: &Pubkey) -> bool;
}

/// Accounts that an instruction was given, in the obligation's order.
pub struct Listed<'a, 'info>(pub &'a [AccountInfo<'info>]);

impl Reserves for Listed<'_, '_> {
    #[inline(always)]
    fn read<T>(
        &self,
        cursor: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T>,
    ) -> Result<T> {
        let info = self.0.get(*cursor).ok_or(LeveeError::WrongReserveList)?;
        require!(info.key == key, LeveeError::WrongReserveList);
        *cursor = cursor.saturating_add(1);
        look(&*reserve_in(info)?)
    }

    fn write<T>(
        &mut self,
        key: &Pubkey,
        change: impl FnOnce(&mut Reserve) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.0.iter().find(|info| info.key == key) {
            Some(info) if info.is_writable => change(&mut *reserve_in_mut(info)?).map(Some),
            _ => Ok(None),
        }
    }

    fn is_writable(&self, key: &Pubkey) -> bool {
        let info = self.0.iter().find(|info| info.key == key);
        info.is_some_and(|info| info.is_writable)
    }
}

/// The pair of a liquidation, which is held for writing, and the other reserves.
pub struct Held<'a, Others> {
    /// Of the debt.
    pub repay_key: &'a Pubkey,
    /// Of the collateral.
    pub seize_key: &'a Pubkey,
    /// The debt's.
    pub repay: &'a mut Reserve,
    /// The collateral's; `None` where it is the debt's too.
    pub seize: Option<&'a mut Reserve>,
    /// All others.
    pub others: Others,
}

impl<Others> Held<'_, Others> {
    /// The collateral's reserve.
    pub fn seize(&self) -> &Reserve {
        self.seize.as_deref().unwrap_or(self.repay)
    }

    /// The same for writing.
    pub fn seize_mut(&mut self) -> &mut Reserve {
        match &mut self.seize {
            Some(seize) => seize,
            None => self.repay,
        }
    }
}

impl<Others: Reserves> Reserves for Held<'_, Others> {
    #[inline(always)]
    fn read<T>(
        &self,
        cursor: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T>,
    ) -> Result<T> {
        if key == self.repay_key {
            look(self.repay)
        } else if key == self.seize_key {
            look(self.seize())
        } else {
            self.others.read(cursor, key, look)
        }
    }

    fn write<T>(
        &mut self,
        key: &Pubkey,
        change: impl FnOnce(&mut Reserve) -> Result<T>,
    ) -> Result<Option<T>> {
        if key == self.repay_key {
            change(self.repay).map(Some)
        } else if key == self.seize_key {
            change(self.seize_mut()).map(Some)
        } else {
            self.others.write(key, change)
        }
    }

    fn is_writable(&self, key: &Pubkey) -> bool {
        key == self.repay_key || key == self.seize_key || self.others.is_writable(key)
    }
}

/// The reserve in `info`, whose address a position named. That was a checked reserve when it was written, and
/// program accounts never change their kind, so the address is proof enough.
fn reserve_in<'a>(info: &'a AccountInfo) -> Result<Ref<'a, Reserve>> {
    let data = info.try_borrow_data()?;
    Ref::filter_map(data, |data| {
        let bytes = data.get(Reserve::DISCRIMINATOR.len()..)?;
        let bytes = bytes.get(..core::mem::size_of::<Reserve>())?;
        bytemuck::try_from_bytes(bytes).ok()
    })
    .map_err(|_| error!(LeveeError::NotAReserve))
}

fn reserve_in_mut<'a>(info: &'a AccountInfo) -> Result<RefMut<'a, Reserve>> {
    let data = info.try_borrow_mut_data()?;
    RefMut::filter_map(data, |data| {
        let bytes = data.get_mut(Reserve::DISCRIMINATOR.len()..)?;
        let bytes = bytes.get_mut(..core::mem::size_of::<Reserve>())?;
        bytemuck::try_from_bytes_mut(bytes).ok()
    })
    .map_err(|_| error!(LeveeError::NotAReserve))
}
