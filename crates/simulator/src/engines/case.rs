//! An unhealthy obligation as a rule sees it, what a rule offers, and the amounts that follow.

use anyhow::Result;
use levee_risk::liquidation::{
    plan_liquidation, AuctionParams, EngineParams, RepaidSide, SeizedSide,
};
use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::valuation::Book;
use levee_risk::wide::{mul_div_128_down, mul_div_128_up, mul_div_down};

const PPM: u64 = 1_000_000;

/// An unhealthy obligation as a rule sees it.
pub struct Case<'a> {
    /// Its value at what the oracles say.
    pub book: &'a Book,
    /// Its deposits.
    pub deposits: &'a [SeizedSide],
    /// Its debts.
    pub debts: &'a [RepaidSide],
}

/// What a rule offers to liquidators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which deposit is seized.
    pub deposit: usize,
    /// Which debt is repaid.
    pub debt: usize,
    /// Most of it that may be repaid.
    pub repay: Atoms,
    /// On the repaid value.
    pub bonus: Ppm,
    /// The protocol's part of the bonus.
    pub protocol_share: Bps,
}

impl Case<'_> {
    /// Debt over collateral in parts per million, rounded down; saturating.
    pub fn ltv_ppm_down(&self) -> u64 {
        let ltv = mul_div_128_down(self.book.debt.wad(), PPM, 1)
            .ok()
            .and_then(|scaled| scaled.checked_div(self.book.collateral.wad()));
        ltv.and_then(|ltv| u64::try_from(ltv).ok())
            .unwrap_or(u64::MAX)
    }

    /// The health in parts per million, rounded down.
    pub fn health_ppm_down(&self) -> u64 {
        self.book.health.ppm_down()
    }

    /// Weighted over unweighted collateral in parts per million: the loan-to-value ratio at which it is liquidated.
    pub fn threshold_ppm_down(&self) -> u64 {
        let weighted = self.book.health.collateral.raw() / 10_000;
        let scaled = weighted.saturating_mul(u128::from(PPM));
        let ratio = scaled.checked_div(self.book.collateral.wad());
        ratio
            .and_then(|ratio| u64::try_from(ratio).ok())
            .unwrap_or(0)
    }

    /// The most valuable deposit and the most valuable debt.
    pub fn largest(&self) -> (usize, usize) {
        let held = |side: &SeizedSide| side.price.value_down(side.deposited).unwrap_or(Usd::ZERO);
        let owed = |side: &RepaidSide| side.price.value_up(side.owed).unwrap_or(Usd::ZERO);
        (
            position_of_max(self.deposits.iter().map(held)),
            position_of_max(self.debts.iter().map(owed)),
        )
    }

    /// What repaying and seizing at `bonus` brings the health to `target`, rounded down, by the closed form of the risk
    /// library; all that is owed where no amount does.
    pub fn close_to(&self, (deposit, debt): (usize, usize), target: Bps, bonus: Ppm) -> Atoms {
        let (collateral, owed) = (&self.deposits[deposit], &self.debts[debt]);
        let auction = AuctionParams {
            start: bonus,
            slope_per_slot: Ppm(0),
            width: Ppm(1_000_000),
            max: bonus,
            insolvent: bonus,
            margin: Ppm(1),
            min_target: target,
        };
        let engine = EngineParams {
            kappa: Bps(0),
            dust: Usd::ZERO,
            insurance_share: Bps(0),
        };
        let limit = Atoms(u64::MAX);
        let plan = plan_liquidation(self.book, collateral, owed, &auction, &engine, 0, limit);
        match plan {
            Ok(plan) if !plan.insolvent => owed
                .price
                .atoms_down(plan.close_value)
                .unwrap_or(owed.owed)
                .min(owed.owed),
            _ => owed.owed,
        }
    }
}

fn position_of_max(values: impl ExactSizeIterator<Item = Usd>) -> usize {
    if values.len() == 1 {
        return 0;
    }
    let mut best = (0, Usd::ZERO);
    for (at, value) in values.enumerate() {
        if value > best.1 {
            best = (at, value);
        }
    }
    best.0
}

/// What moves when `repay` atoms are repaid under an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// Debt.
    pub repay: Atoms,
    /// Collateral, the protocol's part included; rounded down.
    pub seize: Atoms,
    /// The protocol's part of it, rounded down.
    pub protocol: Atoms,
    /// Whether it is the whole deposit.
    pub takes_all: bool,
}

impl Offer {
    /// The amounts for `repay`, capped by the deposit: a repayment that it limits is rounded up.
    ///
    /// # Errors
    /// Where values are out of range.
    pub fn amounts(&self, case: &Case, repay: Atoms) -> Result<Amounts> {
        let (deposit, debt) = (&case.deposits[self.deposit], &case.debts[self.debt]);
        let gross = PPM + u64::from(self.bonus.0);
        let value = debt.price.value_down(repay)?;
        let asked = Usd::from_wad(mul_div_128_down(value.wad(), gross, PPM)?);
        let all = deposit.price.value_down(deposit.deposited)?;
        let (repay, seize, takes_all) = if asked >= all {
            let worth = Usd::from_wad(mul_div_128_up(all.wad(), PPM, gross)?);
            (
                repay.min(debt.price.atoms_up(worth)?),
                deposit.deposited,
                true,
            )
        } else {
            let seize = deposit.price.atoms_down(asked)?;
            (repay, seize, seize == deposit.deposited)
        };
        let bonus = mul_div_down(seize.0, u64::from(self.bonus.0), gross)?;
        let protocol = mul_div_down(bonus, u64::from(self.protocol_share.0), 10_000)?;
        Ok(Amounts {
            repay,
            seize,
            protocol: Atoms(protocol),
            takes_all,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::rule::Rule;
    use super::*;
    use levee_risk::price::{Price, Scale};

    /// Shows an obligation with these deposits in dollars, each with its threshold, and these debts in dollars; all of six
    /// decimals.
    pub fn with_case<T>(
        held_usd: &[(f64, u32)],
        owed_usd: &[f64],
        look: impl FnOnce(&Case) -> T,
    ) -> T {
        let held: Vec<_> = held_usd
            .iter()
            .map(|(usd, threshold_bps)| (*usd, 100, *threshold_bps))
            .collect();
        with_priced_case(&held, owed_usd, look)
    }

    /// The same for deposits in tokens, each with its price in cents and its threshold.
    pub fn with_priced_case<T>(
        held: &[(f64, u64, u32)],
        owed_usd: &[f64],
        look: impl FnOnce(&Case) -> T,
    ) -> T {
        let price = |cents: u64| Price::new(cents, Scale::new(6, -2).unwrap());
        let atoms = |tokens: f64| Atoms((tokens * 1e6).round() as u64);
        let mut book = Book::default();
        let deposit = |(tokens, cents, threshold_bps): &(f64, u64, u32)| SeizedSide {
            deposited: atoms(*tokens),
            price: price(*cents),
            threshold: Bps(*threshold_bps),
        };
        let deposits: Vec<_> = held.iter().map(deposit).collect();
        let debt = |usd: &f64| RepaidSide {
            owed: atoms(*usd),
            price: price(100),
            borrow_factor: Bps(10_000),
        };
        let debts: Vec<_> = owed_usd.iter().map(debt).collect();
        for side in &deposits {
            side.count(&mut book).unwrap();
        }
        for side in &debts {
            side.count(&mut book).unwrap();
        }
        assert!(!book.health.is_healthy(), "the example is healthy");
        look(&Case {
            book: &book,
            deposits: &deposits,
            debts: &debts,
        })
    }

    /// The rule's offer for a deposit in dollars with its threshold and a debt in dollars, and the amounts that follow.
    pub fn offer_for(rule: &impl Rule, held: (f64, u32), owed_usd: f64) -> (Offer, Amounts) {
        with_case(&[held], &[owed_usd], |case| {
            let offer = rule.offer(case).expect("something is offered");
            (offer, offer.amounts(case, offer.repay).unwrap())
        })
    }

    /// Atoms in dollars.
    pub fn usd(atoms: Atoms) -> f64 {
        atoms.0 as f64 / 1e6
    }
}
