//! Who lends and who borrows: drafts drawn from a seed, opened by real transactions.

use anyhow::{anyhow, Result};
use levee::state::Obligation;
use levee_testkit::User;

use crate::market::{Market, BASE, LST, TOKENS, USDC};

/// Collateral of the smallest and the largest borrower, in dollars.
const SIZES: (f64, f64) = (1_000.0, 1_000_000.0);
/// How much of the borrowing limit is used.
const USAGES: (f64, f64) = (0.35, 0.97);
/// Of those few who stand right at it. Beyond this the price's confidence stops the loan.
const NEAR_LIMIT_USAGES: (f64, f64) = (0.985, 0.995);
const NEAR_LIMIT_SHARE: f64 = 0.06;
/// Lent over borrowed, for each token.
const LIQUIDITY: f64 = 1.35;
/// Lent of each token besides.
const LEAST_LIQUIDITY_USD: f64 = 250_000.0;
/// How the lenders of a token share its pool.
const LENDERS: [f64; 3] = [0.5, 0.3, 0.2];

/// A borrower with the obligation as it was last read.
pub struct Borrower {
    pub user: User,
    pub obligation: Obligation,
}

/// Everybody with a deposit.
pub struct Users {
    pub lenders: Vec<User>,
    pub borrowers: Vec<Borrower>,
}

/// Dollars of each token.
#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    deposits: [f64; TOKENS],
    borrows: [f64; TOKENS],
}

/// Opens the market to lenders and `count` borrowers.
///
/// # Errors
/// Where the program refuses one of them.
pub fn open(market: &mut Market, count: u32, seed: u64) -> Result<Users> {
    let ltvs = market.reserves.map(|r| f64::from(r.config.ltv_bps) / 1e4);
    let mut random = Random(seed);
    let drafts: Vec<_> = (0..count).map(|_| draw(&mut random, &ltvs)).collect();

    let mut lenders = Vec::new();
    for token in 0..TOKENS {
        let borrowed: f64 = drafts.iter().map(|draft| draft.borrows[token]).sum();
        let pool = borrowed * LIQUIDITY + LEAST_LIQUIDITY_USD;
        for share in LENDERS {
            let lender = market.user();
            deposit(market, &lender, token, pool * share)?;
            lenders.push(lender);
        }
    }
    let borrowers = drafts.iter().map(|draft| borrower(market, draft));
    let borrowers = borrowers.collect::<Result<_>>()?;
    market.reload()?;
    Ok(Users { lenders, borrowers })
}

fn borrower(market: &mut Market, draft: &Draft) -> Result<Borrower> {
    let user = market.user();
    for token in (0..TOKENS).filter(|token| draft.deposits[*token] > 0.0) {
        deposit(market, &user, token, draft.deposits[token])?;
    }
    for token in (0..TOKENS).filter(|token| draft.borrows[*token] > 0.0) {
        let atoms = market.atoms(token, draft.borrows[token]);
        let borrowed = market.world.borrow(&user, &market.tokens[token], atoms);
        borrowed.map_err(|failure| anyhow!("a borrow was refused: {}", failure.error))?;
    }
    let obligation = market.world.obligation(&user);
    Ok(Borrower { user, obligation })
}

fn deposit(market: &mut Market, user: &User, token: usize, dollars: f64) -> Result<()> {
    let atoms = market.atoms(token, dollars);
    let token = market.tokens[token];
    market.world.fund(user, &token, atoms);
    let deposited = market.world.deposit(user, &token, atoms);
    deposited.map_err(|failure| anyhow!("a deposit was refused: {}", failure.error))?;
    Ok(())
}

fn draw(random: &mut Random, ltvs: &[f64; TOKENS]) -> Draft {
    let mut draft = Draft::default();
    let size = log_between(SIZES, random.unit());
    let kind = random.unit();
    let split = between((0.3, 0.7), random.unit());
    // The parts of the debt in the base asset and in USDC follow from the kind.
    let base_debt = match kind {
        k if k < 0.40 => {
            draft.deposits[BASE] = size;
            0.0
        }
        k if k < 0.60 => {
            draft.deposits[LST] = size;
            0.0
        }
        k if k < 0.75 => {
            draft.deposits[BASE] = size * split;
            draft.deposits[LST] = size * (1.0 - split);
            0.0
        }
        k if k < 0.83 => {
            draft.deposits[LST] = size;
            split / 2.0
        }
        k if k < 0.88 => {
            draft.deposits[LST] = size * split;
            draft.deposits[USDC] = size * (1.0 - split);
            1.0
        }
        _ => {
            draft.deposits[USDC] = size;
            1.0
        }
    };
    let usage = if random.unit() < NEAR_LIMIT_SHARE {
        between(NEAR_LIMIT_USAGES, random.unit())
    } else {
        // The root: more borrowers near the upper end, as on real markets.
        between(USAGES, random.unit().sqrt())
    };
    let limits = draft.deposits.iter().zip(ltvs);
    let debt = usage * limits.map(|(dollars, ltv)| dollars * ltv).sum::<f64>();
    draft.borrows[BASE] = debt * base_debt;
    draft.borrows[USDC] = debt * (1.0 - base_debt);
    draft
}

fn between((from, to): (f64, f64), unit: f64) -> f64 {
    from + (to - from) * unit
}

fn log_between((from, to): (f64, f64), unit: f64) -> f64 {
    from * (to / from).powf(unit)
}

/// SplitMix64: the same numbers on every machine and in every version.
struct Random(u64);

impl Random {
    /// From zero to one, one excluded.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LTVS: [f64; TOKENS] = [0.75, 0.70, 0.80];

    #[test]
    fn a_seed_gives_the_same_borrowers_every_time() {
        let draws = |seed| {
            let mut random = Random(seed);
            (0..50)
                .map(|_| draw(&mut random, &LTVS))
                .collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }

    #[test]
    fn no_borrower_is_drawn_beyond_the_limit_or_below_the_smallest_loan() {
        let mut random = Random(1);
        for _ in 0..10_000 {
            let draft = draw(&mut random, &LTVS);
            let limits = draft.deposits.iter().zip(LTVS);
            let limit: f64 = limits.map(|(dollars, ltv)| dollars * ltv).sum();
            let debt: f64 = draft.borrows.iter().sum();
            assert!(debt > 0.0 && debt <= limit * NEAR_LIMIT_USAGES.1);
            assert!(draft
                .borrows
                .iter()
                .all(|part| *part == 0.0 || *part > 30.0));
        }
    }
}
