//! The obligation: what one owner holds and owes in a lending market.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};

use super::limbs::Limbs;
use crate::error::LeveeError;

pub use levee_risk::sheet::{MAX_BORROWS, MAX_DEPOSITS};

/// A balance in one reserve; empty where the reserve is the zero address.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The reserve.
    pub reserve: Pubkey,
    /// The scaled balance.
    pub scaled: Limbs,
}

/// One obligation. Seeds: `obligation`, market, owner, id.
///
/// Used positions come first, without gaps, so that their order is the order in which instructions
/// name the reserves.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Obligation {
    /// The lending market.
    pub market: Pubkey,
    /// Who may withdraw and borrow.
    pub owner: Pubkey,
    /// A seed of the address.
    pub id: u64,
    /// Proven unhealthy time, which ages the position.
    pub unhealthy_slots: u64,
    /// Proven unhealthy time during which liquidation was permitted.
    pub auction_slots: u64,
    /// When it was last seen unhealthy; zero when last seen healthy.
    pub last_seen_unhealthy_slot: u64,
    /// When its owner last raised its risk.
    pub last_risk_increase_slot: u64,
    /// Number of used deposits.
    pub deposit_count: u8,
    /// Number of used borrows.
    pub borrow_count: u8,
    /// The elevation group; zero when none.
    pub elevation_group: u8,
    /// Of the address.
    pub bump: u8,
    /// Whether liquidation was permitted when it was last seen unhealthy: 1 or 0.
    pub last_seen_permitted: u8,
    /// Keeps the size a multiple of eight.
    pub unused: [u8; 3],
    /// Deposits, the used ones first.
    pub deposits: [Position; MAX_DEPOSITS],
    /// Borrows, the used ones first.
    pub borrows: [Position; MAX_BORROWS],
}

impl Obligation {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"obligation";

    /// The used deposits.
    pub fn deposits(&self) -> &[Position] {
        self.deposits
            .get(..usize::from(self.deposit_count))
            .unwrap_or(&[])
    }

    /// The used borrows.
    pub fn borrows(&self) -> &[Position] {
        self.borrows
            .get(..usize::from(self.borrow_count))
            .unwrap_or(&[])
    }

    /// Number of used positions of both kinds.
    pub fn position_count(&self) -> usize {
        usize::from(self.deposit_count).saturating_add(usize::from(self.borrow_count))
    }

    /// Whether it owes something that no deposit stands behind.
    pub fn is_bare_debt(&self) -> bool {
        self.borrow_count > 0 && self.deposit_count == 0
    }

    /// The scaled deposit in `reserve`; zero when there is none.
    pub fn deposit_in(&self, reserve: &Pubkey) -> ScaledSupply {
        find(self.deposits(), reserve)
            .map(|p| ScaledSupply::from_limbs(p.scaled.0))
            .unwrap_or(ScaledSupply::ZERO)
    }

    /// The scaled debt in `reserve`; zero when there is none.
    pub fn debt_in(&self, reserve: &Pubkey) -> ScaledDebt {
        find(self.borrows(), reserve)
            .map(|p| ScaledDebt::from_limbs(p.scaled.0))
            .unwrap_or(ScaledDebt::ZERO)
    }

    /// Sets the scaled deposit in `reserve`: opens, changes or closes the position.
    ///
    /// # Errors
    /// [`LeveeError::TooManyDeposits`].
    pub fn set_deposit(&mut self, reserve: &Pubkey, scaled: ScaledSupply) -> Result<()> {
        let count = set(
            &mut self.deposits,
            self.deposit_count,
            reserve,
            Limbs(scaled.to_limbs()),
        );
        self.deposit_count = count.ok_or(LeveeError::TooManyDeposits)?;
        Ok(())
    }

    /// Sets the scaled debt in `reserve`: opens, changes or closes the position.
    ///
    /// # Errors
    /// [`LeveeError::TooManyBorrows`].
    pub fn set_debt(&mut self, reserve: &Pubkey, scaled: ScaledDebt) -> Result<()> {
        let count = set(
            &mut self.borrows,
            self.borrow_count,
            reserve,
            Limbs(scaled.to_limbs()),
        );
        self.borrow_count = count.ok_or(LeveeError::TooManyBorrows)?;
        Ok(())
    }

    /// The balances of deposit and borrow `at`.
    ///
    /// # Errors
    /// [`LeveeError::EmptyPair`] where there is no such position.
    pub fn pair_at(&self, (deposit, borrow): (usize, usize)) -> Result<(ScaledSupply, ScaledDebt)> {
        let deposit = self.deposits().get(deposit).ok_or(LeveeError::EmptyPair)?;
        let borrow = self.borrows().get(borrow).ok_or(LeveeError::EmptyPair)?;
        Ok((
            ScaledSupply::from_limbs(deposit.scaled.0),
            ScaledDebt::from_limbs(borrow.scaled.0),
        ))
    }

    /// Replaces the balances of deposit and borrow `at`; one that becomes zero is closed.
    ///
    /// # Errors
    /// [`LeveeError::EmptyPair`] where there is no such position.
    pub fn set_pair_at(
        &mut self,
        (deposit, borrow): (usize, usize),
        held: ScaledSupply,
        owing: ScaledDebt,
    ) -> Result<()> {
        let count = set_at(
            &mut self.deposits,
            self.deposit_count,
            deposit,
            Limbs(held.to_limbs()),
        );
        self.deposit_count = count.ok_or(LeveeError::EmptyPair)?;
        let count = set_at(
            &mut self.borrows,
            self.borrow_count,
            borrow,
            Limbs(owing.to_limbs()),
        );
        self.borrow_count = count.ok_or(LeveeError::EmptyPair)?;
        Ok(())
    }

    /// Notes that its owner raised its risk in `slot`, and was found healthy by stricter weights than a liquidation asks.
    pub fn raise_risk(&mut self, slot: u64) {
        self.last_risk_increase_slot = slot;
        self.set_clocks(Clocks::default());
    }

    /// The two clocks.
    pub fn clocks(&self) -> Clocks {
        Clocks {
            unhealthy_slots: self.unhealthy_slots,
            auction_slots: self.auction_slots,
            last_seen_slot: self.last_seen_unhealthy_slot,
            permitted: self.last_seen_permitted == 1,
        }
    }

    /// Replaces the clocks; [`Clocks::default`] forgets them, as when the obligation was seen healthy.
    pub fn set_clocks(&mut self, clocks: Clocks) {
        self.unhealthy_slots = clocks.unhealthy_slots;
        self.auction_slots = clocks.auction_slots;
        self.last_seen_unhealthy_slot = clocks.last_seen_slot;
        self.last_seen_permitted = u8::from(clocks.permitted);
    }
}

fn find<'a>(positions: &'a [Position], reserve: &Pubkey) -> Option<&'a Position> {
    positions.iter().find(|p| p.reserve == *reserve)
}

/// The new count, or `None` where there is no room.
fn set(positions: &mut [Position], count: u8, reserve: &Pubkey, scaled: Limbs) -> Option<u8> {
    let used = usize::from(count);
    let at = positions
        .iter()
        .take(used)
        .position(|p| p.reserve == *reserve);
    match at {
        Some(at) => set_at(positions, count, at, scaled),
        None if scaled == Limbs::default() => Some(count),
        None => {
            let slot = positions.get_mut(used)?;
            slot.reserve = *reserve;
            slot.scaled = scaled;
            count.checked_add(1)
        }
    }
}

/// The new count, or `None` where there is no such position. A closed position's successors move up by one, so
/// the order of the others stays.
#[inline(always)]
fn set_at(positions: &mut [Position], count: u8, at: usize, scaled: Limbs) -> Option<u8> {
    let used = positions.get_mut(..usize::from(count))?;
    if scaled != Limbs::default() {
        used.get_mut(at)?.scaled = scaled;
        return Some(count);
    }
    let tail = used.get_mut(at..)?;
    tail.rotate_left(1);
    *tail.last_mut()? = Position::default();
    count.checked_sub(1)
}
