//! The reserve: one token of a lending market.

use anchor_lang::prelude::*;
use levee_risk::fixed::{BorrowIndex, FractionalAtoms, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::interest::{accrue, ReserveTotals};
use levee_risk::policy::Moment;
use levee_risk::price::Quote;
use levee_risk::rate::{Rate, RateCap};
use levee_risk::sheet::Source;
use levee_risk::units::{Atoms, Bps, Usd};

use super::elevation_group::ThresholdRamp;
use super::limbs::Limbs;
use super::micro_usd::{micro_usd, micro_usd_up};
use super::reserve_caches::{OutflowWindow, PriceCache, RateAnchor, SlotUsage};
use super::reserve_config::ReserveConfig;
use crate::error::{math, LeveeError};

/// One reserve. Seeds: `reserve`, market, mint.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Reserve {
    /// The lending market.
    pub market: Pubkey,
    /// The token.
    pub mint: Pubkey,
    /// SPL Token or Token-2022.
    pub token_program: Pubkey,
    /// Holds `available_atoms`, and whatever was donated.
    pub vault: Pubkey,
    /// What can be paid out.
    pub available_atoms: u64,
    /// All supply claims: deposits and insurance.
    pub scaled_supply: Limbs,
    /// All debts.
    pub scaled_debt: Limbs,
    /// Grows with interest, falls with socialized loss.
    pub supply_index: Limbs,
    /// Grows with interest.
    pub borrow_index: Limbs,
    /// The insurance's part of the supply.
    pub scaled_insurance: Limbs,
    /// The protocol's claim, in atoms with 64 fractional bits.
    pub protocol_fees: Limbs,
    /// Interest is accrued until then.
    pub last_accrual_ts: i64,
    /// Lent by a flash loan that is not repaid yet.
    pub flash_loan_atoms: u64,
    /// The last price.
    pub price: PriceCache,
    /// The observation from which the rate's cap grows.
    pub rate_anchor: RateAnchor,
    /// The slot of the latest refresh that found the cluster's clock to have jumped; zero when none did.
    pub clock_jump_slot: u64,
    /// What has left lately.
    pub outflow: OutflowWindow,
    /// What was liquidated lately.
    pub liquidated: SlotUsage,
    /// A lowered threshold on its way down.
    pub threshold_ramp: ThresholdRamp,
    /// The configuration.
    pub config: ReserveConfig,
    /// An announced configuration.
    pub pending_config: ReserveConfig,
    /// From then on the announced one may be applied; zero when there is none.
    pub pending_config_ts: i64,
    /// Of the mint.
    pub decimals: u8,
    /// Status bits, see [`crate::gate::State`].
    pub status: u8,
    /// Of the address.
    pub bump: u8,
    /// Keeps the size a multiple of eight.
    pub unused: [u8; 5],
}

impl Reserve {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"reserve";
    /// First seed of the vault's address.
    pub const VAULT_SEED: &'static [u8] = b"vault";

    /// The supply index.
    pub fn supply_index(&self) -> SupplyIndex {
        SupplyIndex::from_limbs(self.supply_index.0)
    }

    /// The borrow index.
    pub fn borrow_index(&self) -> BorrowIndex {
        BorrowIndex::from_limbs(self.borrow_index.0)
    }

    /// All supply claims.
    pub fn scaled_supply(&self) -> ScaledSupply {
        ScaledSupply::from_limbs(self.scaled_supply.0)
    }

    /// All debts.
    pub fn scaled_debt(&self) -> ScaledDebt {
        ScaledDebt::from_limbs(self.scaled_debt.0)
    }

    /// The insurance's claim.
    pub fn scaled_insurance(&self) -> ScaledSupply {
        ScaledSupply::from_limbs(self.scaled_insurance.0)
    }

    /// All debts in atoms, rounded up.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn debt_up(&self) -> Result<Atoms> {
        self.scaled_debt()
            .atoms_up(self.borrow_index())
            .map_err(math)
    }

    /// All supply claims in atoms, rounded down.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn supply_down(&self) -> Result<Atoms> {
        self.scaled_supply()
            .atoms_down(self.supply_index())
            .map_err(math)
    }

    /// The protocol's claim, to the fraction of an atom.
    pub fn protocol_fees(&self) -> FractionalAtoms {
        FractionalAtoms::from_limbs(self.protocol_fees.0)
    }

    /// Accrues interest until `now_ts`. Comes before anything else that reads a balance.
    ///
    /// # Errors
    /// [`LeveeError::MathOverflow`].
    pub fn accrue(&mut self, now_ts: i64) -> Result<()> {
        let elapsed = now_ts.saturating_sub(self.last_accrual_ts);
        if elapsed <= 0 {
            return Ok(());
        }
        let fees = self.protocol_fees().atoms_down().0;
        let totals = ReserveTotals {
            // Fees that wait to be claimed are nobody's supply: interest on them would be stranded.
            available: Atoms(self.available_atoms.saturating_sub(fees)),
            debt: self.scaled_debt(),
            supply_index: self.supply_index(),
            borrow_index: self.borrow_index(),
        };
        let accrual = accrue(
            &totals,
            self.config.curve(),
            Bps(self.config.take_rate_bps),
            elapsed.unsigned_abs(),
        )
        .map_err(math)?;
        self.supply_index = Limbs(accrual.supply_index.to_limbs());
        self.borrow_index = Limbs(accrual.borrow_index.to_limbs());
        let fees = self
            .protocol_fees()
            .checked_add(accrual.fees)
            .map_err(math)?;
        self.protocol_fees = Limbs(fees.to_limbs());
        self.last_accrual_ts = now_ts;
        Ok(())
    }

    /// The cached price of the base with this reserve's limits, for an action that takes none older than the reserve's
    /// `max_price_age_seconds`.
    ///
    /// # Errors
    /// [`LeveeError::ReserveNotRefreshed`] unless refreshed in this slot, [`LeveeError::PriceTooOld`].
    #[inline(always)]
    pub fn source(&self, moment: Moment) -> Result<Source> {
        require!(
            self.price.refreshed_slot == moment.slot && self.price.price > 0,
            LeveeError::ReserveNotRefreshed
        );
        let source = self.cached_source();
        require!(
            !source
                .quote
                .is_older(self.config.max_price_age_seconds, moment.now_ts),
            LeveeError::PriceTooOld
        );
        Ok(source)
    }

    /// The cached price of the base, whatever its age.
    #[inline(always)]
    pub fn cached_source(&self) -> Source {
        Source {
            feed: bytemuck::cast(self.config.oracle_feed),
            quote: Quote {
                price: self.price.price,
                confidence: self.price.confidence,
                ema: self.price.ema,
                exponent: self.price.exponent,
                publish_ts: self.price.publish_ts,
            },
            limits: self.config.doubt_limits(),
            max_mild_age: self.config.max_mild_price_age_seconds,
        }
    }

    /// What a token is worth in the base that the oracle prices.
    #[inline(always)]
    pub fn rate(&self) -> Rate {
        known_rate(self.price.rate)
    }

    /// The same as far as new risk believes it.
    pub fn capped_rate(&self) -> Rate {
        known_rate(self.price.capped_rate)
    }

    /// Whether this collateral belongs to elevation group `number`.
    pub fn is_in_group(&self, number: u8) -> bool {
        let bit = u32::from(number).checked_sub(1);
        bit.is_some_and(|bit| self.config.elevation_groups.checked_shr(bit).unwrap_or(0) & 1 == 1)
    }

    /// The cap on the rate that grows from its anchor; nothing where none was observed yet.
    pub fn rate_cap(&self) -> Option<RateCap> {
        (self.rate_anchor.observed_ts != 0).then_some(RateCap {
            observed: Rate(self.rate_anchor.rate),
            observed_ts: self.rate_anchor.observed_ts,
            growth_per_year: Bps(self.config.max_rate_growth_bps),
        })
    }

    /// What mild and aged liquidations of this collateral may still repay in `slot`.
    pub fn ceiling_room(&mut self, slot: u64) -> Usd {
        if self.liquidated.slot != slot {
            self.liquidated = SlotUsage { slot, micro_usd: 0 };
        }
        let ceiling = self.config.liquidation_ceiling_micro_usd;
        micro_usd(ceiling.saturating_sub(self.liquidated.micro_usd))
    }

    /// Counts what one repaid in the slot of [`Reserve::ceiling_room`]; rounded up.
    pub fn count_liquidated(&mut self, value: Usd) {
        let used = self.liquidated.micro_usd;
        self.liquidated.micro_usd = used.saturating_add(micro_usd_up(value));
    }

    /// What must hold after every instruction: claims never exceed what backs them.
    ///
    /// # Errors
    /// [`LeveeError::InvariantBroken`].
    pub fn check_backing(&self) -> Result<()> {
        let claims = u128::from(self.supply_down()?.0)
            .saturating_add(u128::from(self.protocol_fees().atoms_down().0));
        let backing = u128::from(self.available_atoms)
            .saturating_add(u128::from(self.flash_loan_atoms))
            .saturating_add(u128::from(self.debt_up()?.0));
        require!(claims <= backing, LeveeError::InvariantBroken);
        Ok(())
    }

    /// Refuses accounts that do not belong to this reserve.
    ///
    /// # Errors
    /// [`LeveeError::ForeignMarket`], [`LeveeError::WrongVault`], [`LeveeError::WrongMint`],
    /// [`LeveeError::WrongTokenProgram`].
    pub fn check_accounts(
        &self,
        market: &Pubkey,
        vault: &Pubkey,
        mint: &Pubkey,
        token_program: &Pubkey,
    ) -> Result<()> {
        require!(self.market == *market, LeveeError::ForeignMarket);
        require!(self.vault == *vault, LeveeError::WrongVault);
        require!(self.mint == *mint, LeveeError::WrongMint);
        require!(
            self.token_program == *token_program,
            LeveeError::WrongTokenProgram
        );
        Ok(())
    }
}

/// A cached rate; a reserve without a rate kind caches none.
#[inline(always)]
fn known_rate(cached: u64) -> Rate {
    if cached == 0 {
        Rate::ONE
    } else {
        Rate(cached)
    }
}
