//! What a liquidator without capital needs besides Levee: a market that sells what was seized. It also passes instructions on,
//! because what Levee allows at the top level of a transaction only must be refused from within a program.

// Anchor's error type is large, and its macros expand to code that these two lints dislike.
#![allow(clippy::result_large_err, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke;
use anchor_spl::token::{self, Token, TokenAccount, Transfer};

declare_id!("4YvGcV8a1dgvSGQPsUTFVZoS6jLCYkbuXN3kbR8LLVgV");

/// Seed of the address that owns both sides of every market.
pub const POOL_SEED: &[u8] = b"pool";

/// The instructions.
#[program]
pub mod levee_swap {
    use super::*;

    /// Takes `amount_in` and pays what keeps the product of both sides, rounded down; without a fee.
    pub fn swap(ctx: Context<Swap>, amount_in: u64) -> Result<()> {
        let accounts = &ctx.accounts;
        let out = amount_out(accounts.pool_in.amount, accounts.pool_out.amount, amount_in);
        let program = accounts.token_program.key();
        let pay = Transfer {
            from: accounts.user_in.to_account_info(),
            to: accounts.pool_in.to_account_info(),
            authority: accounts.user.to_account_info(),
        };
        token::transfer(CpiContext::new(program, pay), amount_in)?;
        let receive = Transfer {
            from: accounts.pool_out.to_account_info(),
            to: accounts.user_out.to_account_info(),
            authority: accounts.pool.to_account_info(),
        };
        let seeds: &[&[u8]] = &[POOL_SEED, &[ctx.bumps.pool]];
        token::transfer(CpiContext::new_with_signer(program, receive, &[seeds]), out)
    }

    /// Invokes `target` with the remaining accounts as they came, and `data`.
    pub fn forward<'info>(ctx: Context<'info, Forward<'info>>, data: Vec<u8>) -> Result<()> {
        let accounts = ctx.remaining_accounts;
        let meta = |info: &AccountInfo| AccountMeta {
            pubkey: *info.key,
            is_signer: info.is_signer,
            is_writable: info.is_writable,
        };
        let instruction = Instruction {
            program_id: *ctx.accounts.target.key,
            accounts: accounts.iter().map(meta).collect(),
            data,
        };
        invoke(&instruction, accounts)?;
        Ok(())
    }
}

/// `y·dx / (x + dx)`, rounded down: what a market of `x` and `y` pays for `dx`.
pub fn amount_out(x: u64, y: u64, dx: u64) -> u64 {
    let paid = u128::from(y) * u128::from(dx) / (u128::from(x) + u128::from(dx)).max(1);
    // At most y.
    paid as u64
}

#[derive(Accounts)]
pub struct Swap<'info> {
    pub user: Signer<'info>,
    #[account(mut)]
    pub user_in: Account<'info, TokenAccount>,
    #[account(mut)]
    pub user_out: Account<'info, TokenAccount>,
    #[account(mut, token::authority = pool)]
    pub pool_in: Account<'info, TokenAccount>,
    #[account(mut, token::authority = pool)]
    pub pool_out: Account<'info, TokenAccount>,
    /// CHECK: owns the market's tokens and signs for them.
    #[account(seeds = [POOL_SEED], bump)]
    pub pool: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
}

#[derive(Accounts)]
pub struct Forward<'info> {
    /// CHECK: whatever is to be invoked.
    pub target: UncheckedAccount<'info>,
}
