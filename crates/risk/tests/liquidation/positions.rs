//! Obligations, and the sums that the design's formulas are made of.

use levee_risk::liquidation::{
    plan_liquidation, AuctionParams, EngineParams, Plan, Refusal, RepaidSide, SeizedSide,
};
use levee_risk::price::{Price, Scale};
use levee_risk::units::{Atoms, Bps};
use levee_risk::valuation::Book;
use num_bigint::BigInt;

use crate::exact::{wad_down, wad_up, worth};

/// An amount of one token at its price.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    pub atoms: u64,
    pub mantissa: u64,
    pub scale: i32,
    pub decimals: u8,
}

impl Holding {
    pub fn price(&self) -> Price {
        let exponent = self.scale - 18 + i32::from(self.decimals);
        Price::new(
            self.mantissa,
            Scale::new(self.decimals, exponent).expect("positions have sane scales"),
        )
    }

    /// What `atoms` of this token are worth, in fine units.
    pub fn worth(&self, atoms: impl Into<BigInt>) -> BigInt {
        worth(atoms, self.mantissa, self.scale)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Deposit {
    pub holding: Holding,
    pub threshold: Bps,
    pub auction: AuctionParams,
}

#[derive(Clone, Copy, Debug)]
pub struct Borrow {
    pub holding: Holding,
    pub factor: Bps,
}

/// An unhealthy obligation, the rules it lives under, and what a liquidator would try.
#[derive(Clone, Debug)]
pub struct Position {
    pub deposits: Vec<Deposit>,
    pub borrows: Vec<Borrow>,
    pub engine: EngineParams,
    pub auction_slots: u64,
    pub limit: u64,
    /// Indexes of a deposit and a borrow.
    pub pair: (usize, usize),
}

impl Position {
    pub fn book(&self) -> Book {
        let mut book = Book::default();
        for d in &self.deposits {
            let value = d
                .holding
                .price()
                .value_down(Atoms(d.holding.atoms))
                .unwrap();
            book.add_collateral(value, d.threshold).unwrap();
        }
        for b in &self.borrows {
            let value = b.holding.price().value_up(Atoms(b.holding.atoms)).unwrap();
            book.add_debt(value, b.factor).unwrap();
        }
        book
    }

    pub fn plan(&self, (deposit, borrow): (usize, usize), limit: u64) -> Result<Plan, Refusal> {
        let (deposit, borrow) = (&self.deposits[deposit], &self.borrows[borrow]);
        let collateral = SeizedSide {
            deposited: Atoms(deposit.holding.atoms),
            price: deposit.holding.price(),
            threshold: deposit.threshold,
        };
        let debt = RepaidSide {
            owed: Atoms(borrow.holding.atoms),
            price: borrow.holding.price(),
            borrow_factor: borrow.factor,
        };
        let Self {
            engine,
            auction_slots,
            ..
        } = self;
        plan_liquidation(
            &self.book(),
            &collateral,
            &debt,
            &deposit.auction,
            engine,
            *auction_slots,
            Atoms(limit),
        )
    }

    /// The position after `plan` on `pair`.
    pub fn after(&self, pair: (usize, usize), plan: &Plan) -> Self {
        let mut after = self.clone();
        after.deposits[pair.0].holding.atoms -= plan.seize.0;
        after.borrows[pair.1].holding.atoms -= plan.repay.0;
        after
    }

    /// The design's pair: the lowest threshold and the highest borrow factor of what is not empty.
    pub fn best_pair(&self) -> Option<(usize, usize)> {
        let held = |h: &Holding| h.atoms > 0;
        let deposits = self
            .deposits
            .iter()
            .enumerate()
            .filter(|(_, d)| held(&d.holding));
        let borrows = self
            .borrows
            .iter()
            .enumerate()
            .filter(|(_, b)| held(&b.holding));
        let (deposit, _) = deposits.min_by_key(|(_, d)| d.threshold)?;
        let (borrow, _) = borrows.max_by_key(|(_, b)| b.factor)?;
        Some((deposit, borrow))
    }
}

/// The sums of the design, in wad dollars and (for `w` and `b`) basis points: a deposit is valued down to a wad, a debt up.
pub struct Sums {
    pub c: BigInt,
    pub d: BigInt,
    pub w: BigInt,
    pub b: BigInt,
}

impl Sums {
    pub fn of(position: &Position) -> Self {
        let mut sums = Self {
            c: 0.into(),
            d: 0.into(),
            w: 0.into(),
            b: 0.into(),
        };
        for deposit in &position.deposits {
            let value = wad_down(&deposit.holding.worth(deposit.holding.atoms));
            sums.w += &value * deposit.threshold.0;
            sums.c += value;
        }
        for borrow in &position.borrows {
            let value = wad_up(&borrow.holding.worth(borrow.holding.atoms));
            sums.b += &value * borrow.factor.0;
            sums.d += value;
        }
        sums
    }
}
