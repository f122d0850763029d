//! Attacks with accounts that belong elsewhere, in every slot of the instructions that move a user's tokens.

use levee::error::LeveeError;
use levee_client::{instructions as ix, pda};
use levee_tests::forge::{copy_under, with_account};
use levee_tests::{assert_refused_with, calls, view, Foreign, Lending, User};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use anchor_lang::error::ErrorCode;
use anchor_spl::token::spl_token::error::TokenError;

/// Account slots of deposit, withdraw, borrow and repay.
const MARKET: usize = 1;
const OBLIGATION: usize = 2;
const RESERVE: usize = 3;
const VAULT: usize = 4;
const USER_TOKENS: usize = 5;
const MINT: usize = 6;
const TOKEN_PROGRAM: usize = 7;

const TOKEN_2022: Pubkey = levee_tests::TOKEN_2022;

/// A wrong account, its slot, and the error that is due.
type Wrong = (&'static str, usize, Pubkey, u32);

/// The borrower owes $1,000 and holds SOL; all instructions below are about the dollar, of which it deposited too.
struct Attack {
    lending: Lending,
    foreign: Foreign,
    /// The borrower's obligation in the foreign market.
    foreign_obligation: Pubkey,
}

fn attack() -> Attack {
    let mut lending = Lending::new();
    lending.owe(1_000.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.deposit(user, &usdc, 10_000_000).unwrap();
    let foreign = Foreign::new(world, &usdc);
    let init = ix::init_obligation(user.key(), foreign.market, 0);
    world.must(&[init], &[&user.keypair]);
    let foreign_obligation = pda::obligation(&foreign.market, &user.key(), 0);
    // The foreign market's vault is full and its obligation has a deposit, so that only the mixing is wrong.
    let tokens = user.wallet(&usdc);
    let keys = &foreign.token.keys;
    let deposit = ix::deposit(user.key(), foreign_obligation, keys, tokens, 10_000_000);
    world.must(&[deposit], &[&user.keypair]);
    world.fund(&lending.lender, &sol, 1_000_000);
    world.fund(&lending.lender, &usdc, 1_000_000);
    view::refresh_all(world);
    Attack {
        lending,
        foreign,
        foreign_obligation,
    }
}

impl Attack {
    /// What is wrong for whoever moves dollars, with the error that each instruction has for it.
    fn wrong(&mut self) -> Vec<Wrong> {
        let error = u32::from;
        let (sol, usdc) = (self.lending.sol.keys, self.lending.usdc.keys);
        let foreign = self.foreign.token.keys;
        let lender_tokens = self.lending.lender.wallet(&self.lending.usdc);
        let world = &mut self.lending.world;
        let market = world.market;
        let fakes = [market, self.lending.borrower.obligation, usdc.reserve]
            .map(|address| copy_under(world, &address, TOKEN_2022));
        let fake_vault = copy_under(world, &usdc.vault, usdc.token_program);
        let fake_mint = copy_under(world, &usdc.mint, usdc.token_program);
        let foreign_owner = u32::from(ErrorCode::AccountOwnedByWrongProgram);
        let other_kind = u32::from(ErrorCode::AccountDiscriminatorMismatch);
        let foreign_market = error(LeveeError::ForeignMarket);
        let wrong_vault = error(LeveeError::WrongVault);
        let wrong_mint = error(LeveeError::WrongMint);
        let wrong_program = error(LeveeError::WrongTokenProgram);
        vec![
            (
                "a foreign market",
                MARKET,
                self.foreign.market,
                foreign_market,
            ),
            ("a fake market", MARKET, fakes[0], foreign_owner),
            ("a reserve as market", MARKET, usdc.reserve, other_kind),
            (
                "a foreign obligation",
                OBLIGATION,
                self.foreign_obligation,
                foreign_market,
            ),
            ("a fake obligation", OBLIGATION, fakes[1], foreign_owner),
            (
                "a reserve as obligation",
                OBLIGATION,
                sol.reserve,
                other_kind,
            ),
            (
                "a foreign reserve of the same mint",
                RESERVE,
                foreign.reserve,
                foreign_market,
            ),
            ("another reserve", RESERVE, sol.reserve, wrong_vault),
            (
                "a fake reserve with the right bytes",
                RESERVE,
                fakes[2],
                foreign_owner,
            ),
            ("a market as reserve", RESERVE, market, other_kind),
            ("a foreign vault", VAULT, foreign.vault, wrong_vault),
            ("another vault", VAULT, sol.vault, wrong_vault),
            ("a fake vault", VAULT, fake_vault, wrong_vault),
            (
                "a user's tokens as vault",
                VAULT,
                lender_tokens,
                wrong_vault,
            ),
            ("another mint", MINT, sol.mint, wrong_mint),
            ("a fake mint", MINT, fake_mint, wrong_mint),
            (
                "another token program",
                TOKEN_PROGRAM,
                TOKEN_2022,
                wrong_program,
            ),
            (
                "this program as token program",
                TOKEN_PROGRAM,
                levee::ID,
                wrong_program,
            ),
        ]
    }

    /// Asserts that `instruction` fails with each wrong account and passes without.
    fn run(mut self, instruction: Instruction, more: &[Wrong]) {
        let mut wrong = self.wrong();
        wrong.extend_from_slice(more);
        let Lending {
            world, borrower, ..
        } = &mut self.lending;
        let signers = [&borrower.keypair];
        for (name, slot, key, code) in wrong {
            let altered = with_account(&instruction, slot, key);
            assert_refused_with(world, &[altered], &signers, code, name);
        }
        world.must(&[instruction], &signers);
    }

    fn list(&self) -> Vec<Pubkey> {
        self.lending.world.reserve_list(&self.lending.borrower)
    }
}

/// Tokens that the user may not spend, or of another mint.
fn wrong_source(lending: &Lending) -> [Wrong; 2] {
    let owner = TokenError::OwnerMismatch as u32;
    let mint = TokenError::MintMismatch as u32;
    let foreign = lending.lender.wallet(&lending.usdc);
    let other = lending.lender.wallet(&lending.sol);
    [
        ("somebody else's tokens", USER_TOKENS, foreign, owner),
        ("tokens of another mint", USER_TOKENS, other, mint),
    ]
}

#[test]
fn a_deposit_takes_no_account_from_elsewhere() {
    let attack = attack();
    let (lender, user) = (&attack.lending.lender, &attack.lending.borrower);
    let deposit = calls::deposit(user, &attack.lending.usdc, 1_000);
    let mut more = wrong_source(&attack.lending).to_vec();
    more.push(of_somebody_else(lender, LeveeError::NotObligationOwner));
    attack.run(deposit, &more);
}

#[test]
fn a_repayment_takes_no_account_from_elsewhere() {
    let attack = attack();
    let repay = calls::repay(&attack.lending.borrower, &attack.lending.usdc, 1_000);
    let mut more = wrong_source(&attack.lending).to_vec();
    // Anybody may repay for anybody, but the lender owes nothing.
    more.push(of_somebody_else(&attack.lending.lender, LeveeError::NoDebt));
    attack.run(repay, &more);
}

#[test]
fn a_withdrawal_takes_no_account_from_elsewhere() {
    let attack = attack();
    let list = attack.list();
    let (user, usdc) = (&attack.lending.borrower, &attack.lending.usdc);
    let withdraw = calls::withdraw(user, usdc, &list, 1_000);
    let more = [
        wrong_source(&attack.lending)[1],
        of_somebody_else(&attack.lending.lender, LeveeError::NotObligationOwner),
    ];
    attack.run(withdraw, &more);
}

#[test]
fn a_borrow_takes_no_account_from_elsewhere() {
    let attack = attack();
    let list = attack.list();
    let (user, usdc) = (&attack.lending.borrower, &attack.lending.usdc);
    let borrow = calls::borrow(user, usdc, &list, 1_000);
    let more = [
        wrong_source(&attack.lending)[1],
        of_somebody_else(&attack.lending.lender, LeveeError::NotObligationOwner),
    ];
    attack.run(borrow, &more);
}

fn of_somebody_else(somebody: &User, error: LeveeError) -> Wrong {
    let obligation = somebody.obligation;
    (
        "somebody else's obligation",
        OBLIGATION,
        obligation,
        error.into(),
    )
}

#[test]
fn the_reserves_that_value_an_obligation_cannot_be_swapped_for_fakes() {
    let mut attack = attack();
    let list = attack.list();
    let (user, usdc) = (&attack.lending.borrower, &attack.lending.usdc);
    let world = &mut attack.lending.world;
    for at in 0..list.len() {
        // The same bytes under another program, and a foreign market's reserve of the same mint and feed.
        let fake = copy_under(world, &list[at], TOKEN_2022);
        for wrong in [fake, attack.foreign.token.keys.reserve] {
            let mut altered = list.clone();
            altered[at] = wrong;
            let borrow = calls::borrow(user, usdc, &altered, 1_000);
            let code = LeveeError::WrongReserveList.into();
            let name = "WrongReserveList";
            assert_refused_with(world, &[borrow], &[&user.keypair], code, name);
        }
    }
}
