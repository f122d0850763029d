//! The pair of reserves of a liquidation or a batch, its token accounts, and the transfers at the end.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;

use crate::engine::{Held, Listed};
use crate::error::LeveeError;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation, Reserve};
use crate::token::{Transfer, VaultAuthority};

/// A liquidator, a pair of reserves, and the token accounts between them.
#[derive(Accounts)]
pub struct LiquidatedPair<'info> {
    /// Signs, pays the debt and takes the collateral.
    pub liquidator: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The debt's reserve.
    #[account(mut)]
    pub repay_reserve: AccountLoader<'info, Reserve>,
    /// May be the repaid reserve: then a deposit and a debt of it are netted and nobody pays.
    #[account(mut)]
    pub seize_reserve: AccountLoader<'info, Reserve>,
    /// The repaid reserve's token account.
    /// CHECK: must be the repaid reserve's.
    #[account(mut)]
    pub repay_vault: UncheckedAccount<'info>,
    /// The seized reserve's token account.
    /// CHECK: must be the seized reserve's.
    #[account(mut)]
    pub seize_vault: UncheckedAccount<'info>,
    /// Pays the debt: a token account of the liquidator.
    /// CHECK: the token program checks its mint and authority.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// Receives the collateral.
    /// CHECK: the token program checks its mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The repaid reserve's token.
    /// CHECK: must be the repaid reserve's.
    pub repay_mint: UncheckedAccount<'info>,
    /// The seized reserve's token.
    /// CHECK: must be the seized reserve's.
    pub seize_mint: UncheckedAccount<'info>,
    /// The repaid token's program.
    /// CHECK: must be the repaid reserve's.
    pub repay_token_program: UncheckedAccount<'info>,
    /// The seized token's program.
    /// CHECK: must be the seized reserve's.
    pub seize_token_program: UncheckedAccount<'info>,
}

/// How many accounts the obligation's list has without the pair's.
pub fn others_of(obligation: &Obligation, pair: &LiquidatedPair) -> usize {
    let (repay, seize) = pair.keys();
    let positions = obligation.deposits().iter().chain(obligation.borrows());
    positions
        .filter(|p| p.reserve != *repay && p.reserve != *seize)
        .count()
}

/// What the transfers need once all borrows have ended.
pub struct Flow<'a, 'info> {
    repay_decimals: u8,
    authority: VaultAuthority<'a, 'info>,
    as_deposit: bool,
}

impl<'a, 'info> Flow<'a, 'info> {
    /// Copies it out of the reserves.
    pub fn new<Others>(
        pair: &'a LiquidatedPair<'info>,
        held: &Held<Others>,
        as_deposit: bool,
    ) -> Self {
        Self {
            repay_decimals: held.repay.decimals,
            authority: VaultAuthority::new(pair.seize_reserve.as_ref(), held.seize()),
            as_deposit,
        }
    }

    /// One transfer each way; none out where the deposit changed hands instead.
    ///
    /// # Errors
    /// Those of [`Transfer`].
    pub fn transfer(&self, pair: &LiquidatedPair<'info>, paid: Atoms, seized: Atoms) -> Result<()> {
        pair.transfer_in()
            .receive(&pair.liquidator, self.repay_decimals, paid)?;
        if self.as_deposit {
            return Ok(());
        }
        pair.transfer_out().pay(&self.authority, seized)
    }
}

impl<'info> LiquidatedPair<'info> {
    /// Whether the pair is one reserve, so that it can only be netted.
    pub fn is_one_reserve(&self) -> bool {
        let (repay, seize) = self.keys();
        repay == seize
    }

    /// The addresses of both reserves: (repaid, seized).
    pub fn keys(&self) -> (&Pubkey, &Pubkey) {
        (
            self.repay_reserve.as_ref().key,
            self.seize_reserve.as_ref().key,
        )
    }

    /// The pair, loaded, with an obligation's other reserves.
    pub fn held<'a>(
        &'a self,
        repay: &'a mut Reserve,
        seize: Option<&'a mut Reserve>,
        others: &'a [AccountInfo<'info>],
    ) -> Held<'a, Listed<'a, 'info>> {
        let (repay_key, seize_key) = self.keys();
        Held {
            repay_key,
            seize_key,
            repay,
            seize,
            others: Listed(others),
        }
    }

    /// Refuses accounts that do not belong together, then asks the gate.
    ///
    /// # Errors
    /// Those of [`Reserve::check_accounts`] and of [`gate::check`].
    pub fn enter(
        &self,
        market: &LendingMarket,
        repay: &Reserve,
        seize: Option<&Reserve>,
    ) -> Result<()> {
        let market_key = self.market.as_ref().key;
        let seize = seize.unwrap_or(repay);
        repay.check_accounts(
            market_key,
            self.repay_vault.key,
            self.repay_mint.key,
            self.repay_token_program.key,
        )?;
        seize.check_accounts(
            market_key,
            self.seize_vault.key,
            self.seize_mint.key,
            self.seize_token_program.key,
        )?;
        let state = State::of_market(market)
            .with_reserve(repay)
            .with_reserve(seize);
        gate::check(Action::Liquidate, state)
    }

    /// The obligation of the liquidator's at the end of the list, if any.
    ///
    /// # Errors
    /// [`LeveeError::WrongReserveList`], [`LeveeError::WrongReceivingObligation`].
    pub fn receiver(
        &self,
        rest: &'info [AccountInfo<'info>],
    ) -> Result<Option<AccountLoader<'info, Obligation>>> {
        let info = match rest {
            [] => return Ok(None),
            [info] => info,
            _ => return err!(LeveeError::WrongReserveList),
        };
        let loader = AccountLoader::<Obligation>::try_from(info)
            .map_err(|_| error!(LeveeError::WrongReceivingObligation))?;
        Ok(Some(loader))
    }

    /// The receiving obligation for writing.
    ///
    /// # Errors
    /// [`LeveeError::WrongReceivingObligation`].
    pub fn load_receiver<'a>(
        &self,
        loader: &'a AccountLoader<'info, Obligation>,
    ) -> Result<std::cell::RefMut<'a, Obligation>> {
        let receiver = loader
            .load_mut()
            .map_err(|_| error!(LeveeError::WrongReceivingObligation))?;
        require!(
            receiver.owner == *self.liquidator.key && receiver.market == *self.market.as_ref().key,
            LeveeError::WrongReceivingObligation
        );
        Ok(receiver)
    }

    fn transfer_in(&self) -> Transfer<'_, 'info> {
        Transfer {
            token_program: &self.repay_token_program,
            mint: &self.repay_mint,
            vault: &self.repay_vault,
            user: &self.source,
        }
    }

    fn transfer_out(&self) -> Transfer<'_, 'info> {
        Transfer {
            token_program: &self.seize_token_program,
            mint: &self.seize_mint,
            vault: &self.seize_vault,
            user: &self.destination,
        }
    }
}
