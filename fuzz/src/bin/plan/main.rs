//! The engine on arbitrary obligations: valuation, tier, netting, pair rule and plan.
//!
//! The first byte chooses between numbers that a market could have, on which the engine's promises are asserted, and
//! numbers of any kind, which must not make anything panic.

#![no_main]

mod garbage;

use levee_fuzz::Bytes;
use levee_risk::clocks::Clocks;
use levee_risk::liquidation::{
    is_insolvent, plan_liquidation, plan_netting, AuctionParams, EngineParams, Plan, RepaidSide,
    SeizedSide,
};
use levee_risk::policy::{assess, check_pair, BasketEvidence, Border, Moment, Tier, TierRules};
use levee_risk::price::{DoubtLimits, Quote};
use levee_risk::rate::Rate;
use levee_risk::sheet::{Holding, Sheet, Source, View};
use levee_risk::units::{Atoms, Bps, MathError, Ppm, Usd};
use levee_risk::valuation::{Book, Health, WeightedUsd, RATIO_BITS};

const PPM: u64 = 1_000_000;
const BPS: u64 = 10_000;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    if bytes.u8() % 4 == 0 {
        garbage::run(&mut bytes);
    } else {
        Case::draw(&mut bytes).check();
    }
});

/// An obligation, its rules, and a pair of it.
struct Case {
    sheet: Sheet,
    auction: AuctionParams,
    engine: EngineParams,
    rules: TierRules,
    clocks: Clocks,
    moment: Moment,
    in_grace: bool,
    pair: (usize, usize),
    limit: Atoms,
    /// Whether every value is a whole number of wad dollars.
    is_exact: bool,
}

impl Case {
    fn draw(bytes: &mut Bytes) -> Self {
        let max = bytes.within_u32(0, 200_000);
        let insolvent = bytes.within_u32(0, max);
        let auction = AuctionParams {
            start: Ppm(bytes.within_u32(0, insolvent)),
            slope_per_slot: Ppm(bytes.within_u32(0, max)),
            width: Ppm(bytes.within_u32(1, 1_000_000)),
            max: Ppm(max),
            insolvent: Ppm(insolvent),
            margin: Ppm(bytes.within_u32(100, 50_000)),
            min_target: Bps(bytes.within_u32(10_001, 20_000)),
        };
        // The highest threshold that leaves something after the largest bonus.
        let highest = (BPS * PPM - 1) / (PPM + u64::from(max));
        let engine = EngineParams {
            kappa: Bps(bytes.within_u32(0, 10_000)),
            dust: Usd::from_wad(u128::from(bytes.within(1, 1_000_000_000)) * 1_000_000_000_000),
            insurance_share: Bps(bytes.within_u32(0, 5_000)),
        };
        let rules = TierRules {
            lift: Bps(bytes.within_u32(0, 1_000)),
            mild_wait_slots: bytes.within(0, 150),
            max_proof_gap_slots: bytes.within(150, 10_000),
        };
        let clocks = Clocks {
            unhealthy_slots: bytes.within(0, 1_000),
            auction_slots: bytes.within(0, 1_000),
            last_seen_slot: bytes.within(0, 1_000_000),
            permitted: bytes.u8() & 1 == 1,
        };
        let moment = Moment {
            slot: clocks.last_seen_slot + bytes.within(0, 20_000),
            now_ts: 1_000,
        };
        let is_exact = bytes.u8() & 1 == 1;
        let digits = if is_exact { 4 } else { 7 };
        let bases: Vec<Source> = (0..4).map(|feed| source(bytes, feed, digits)).collect();
        let mut sheet = Sheet::EMPTY;
        let (deposits, borrows) = (1 + bytes.u8() % 8, 1 + bytes.u8() % 5);
        for _ in 0..deposits {
            let weight = Bps(bytes.within(1, highest) as u32);
            let base = &bases[usize::from(bytes.u8() % 4)];
            sheet
                .add_deposit(holding(bytes, weight, is_exact), base)
                .expect("there is room");
        }
        for _ in 0..borrows {
            let weight = Bps(bytes.within_u32(10_000, 50_000));
            let base = &bases[usize::from(bytes.u8() % 4)];
            sheet
                .add_borrow(holding(bytes, weight, is_exact), base)
                .expect("there is room");
        }
        Self {
            sheet,
            auction,
            engine,
            rules,
            clocks,
            moment,
            in_grace: bytes.u8() & 1 == 1,
            pair: (
                usize::from(bytes.u8() % deposits),
                usize::from(bytes.u8() % borrows),
            ),
            limit: Atoms(u64::MAX >> (bytes.u8() % 64)),
            is_exact,
        }
    }

    fn check(mut self) {
        // Amounts and prices are bounded so that a dollar sum never leaves 128 bits.
        let book = self.sheet.book(View::Plain).expect("sums fit");
        let lifted = self.sheet.book(View::Lifted(self.rules.lift));
        let lifted = lifted.expect("sums fit").health;
        let new_risk = self.sheet.book(View::NewRisk).expect("sums fit").health;
        if self.is_exact {
            assert!(lifted.is_healthy() || !book.health.is_healthy());
            assert!(book.health.is_healthy() || !new_risk.is_healthy());
        }
        self.check_look(&book);
        self.check_netting();
        let seized = self.sheet.seized_side(self.pair.0).expect("a deposit");
        let repaid = self.sheet.repaid_side(self.pair.1).expect("a borrow");
        let plan = plan_liquidation(
            &book,
            &seized,
            &repaid,
            &self.auction,
            &self.engine,
            self.clocks.auction_slots,
            self.limit,
        );
        let Ok(plan) = plan else { return };
        assert!(!book.health.is_healthy());
        assert_eq!(plan.insolvent, is_insolvent(&book, &self.auction));
        let weights = (seized.threshold, repaid.borrow_factor);
        let _ = check_pair(&self.sheet, weights, &plan, self.engine.dust).expect("sums fit");
        self.check_plan(&book, &seized, &repaid, &plan);
    }

    fn check_look(&self, book: &Book) {
        let evidence = BasketEvidence {
            sheet: &self.sheet,
            seized: Some(self.pair.0),
            dust: self.engine.dust,
        };
        let border = Border {
            threshold: self.sheet.least_deposit_weight(),
            start: self.auction.start,
        };
        let look = assess(
            &evidence,
            book,
            self.clocks,
            &self.rules,
            self.moment,
            border,
            || Ok::<_, MathError>(if self.in_grace { u64::MAX } else { 0 }),
        )
        .expect("sums fit");
        assert_eq!(look.tier.is_none(), book.health.is_healthy());
        assert!(!(look.is_permitted() && book.health.is_healthy()));
        let insolvent = !book.health.is_healthy() && is_insolvent(book, &self.auction);
        assert!(!insolvent || look.tier == Some(Tier::Severe));
        let gap = self.moment.slot - self.clocks.last_seen_slot;
        assert!(look.clocks.auction_slots <= self.clocks.auction_slots + gap);
        assert!(look.clocks.unhealthy_slots <= self.clocks.unhealthy_slots + gap);
    }

    /// Nets the pair as if both were of one reserve.
    fn check_netting(&self) {
        let held = self.sheet.seized_side(self.pair.0).expect("a deposit");
        let owed = RepaidSide {
            price: held.price,
            ..self.sheet.repaid_side(self.pair.1).expect("a borrow")
        };
        let rest = self.sheet.book_without(View::Plain, Some(self.pair));
        let rest = rest.expect("sums fit");
        let with = |deposited, debt| {
            let mut book = rest;
            SeizedSide { deposited, ..held }
                .count(&mut book)
                .expect("sums fit");
            RepaidSide { owed: debt, ..owed }
                .count(&mut book)
                .expect("sums fit");
            book
        };
        let before = with(held.deposited, owed.owed);
        let Ok(atoms) = plan_netting(&before, &held, &owed, &self.auction, &self.engine) else {
            return;
        };
        assert!(atoms <= held.deposited && atoms <= owed.owed);
        let after = with(
            Atoms(held.deposited.0 - atoms.0),
            Atoms(owed.owed.0 - atoms.0),
        );
        if self.is_exact {
            let insolvent = is_insolvent(&before, &self.auction);
            assert!(insolvent || !after.health.compare(&before.health).is_lt());
            assert_eq!(
                before.collateral.wad() - after.collateral.wad(),
                before.debt.wad() - after.debt.wad()
            );
        }
    }

    fn check_plan(&mut self, before: &Book, seized: &SeizedSide, repaid: &RepaidSide, plan: &Plan) {
        assert!(plan.repay.0 > 0 && plan.repay <= repaid.owed);
        assert!(plan.seize.0 > 0 && plan.seize <= seized.deposited);
        assert!(plan.bonus <= self.auction.max);
        let total = u128::from(plan.repay.0) + u128::from(plan.insurance.0);
        assert!(total <= u128::from(self.limit.0));
        let left = seized.deposited.0 - plan.seize.0;
        let owes = repaid.owed.0 - plan.repay.0;
        self.sheet.set_deposited(self.pair.0, Atoms(left));
        self.sheet.set_owed(self.pair.1, Atoms(owes));
        let after = self.sheet.book(View::Plain).expect("sums fit");
        let value = repaid.price.value_down(plan.repay).expect("fits").wad();
        if plan.insolvent {
            return;
        }
        // What remains between the bonus and the one that stops healing, on what was repaid, against what rounding took.
        let healing = u128::from(plan.health) * u128::from(repaid.borrow_factor.0)
            / u128::from(seized.threshold.0);
        let room = (healing * u128::from(PPM)) >> RATIO_BITS;
        // Where even no bonus is left, rounded below zero.
        let slack = room.saturating_sub(u128::from(PPM) + u128::from(plan.bonus.0));
        if value.saturating_mul(slack) > 4 * u128::from(PPM) {
            assert!(after.health.compare(&before.health).is_gt());
        }
        // Lenders never lose while the borrower has equity.
        let atoms = repaid.price.value_up(Atoms(1)).expect("fits").wad() + 4;
        assert!(after.collateral.wad() + atoms >= after.debt.wad());
        if !plan.takes_all_collateral && !plan.closes_debt {
            self.check_target(seized, left, plan);
        }
    }

    /// One atom of the deposit less, and the health lies below the target.
    fn check_target(&mut self, seized: &SeizedSide, left: u64, plan: &Plan) {
        let few = seized
            .price
            .atoms_up(Usd::from_wad(4))
            .map_or(u64::MAX, |atoms| atoms.0);
        let Some(fewer) = left.checked_sub(few.saturating_add(1)) else {
            return;
        };
        self.sheet.set_deposited(self.pair.0, Atoms(fewer));
        let after = self.sheet.book(View::Plain).expect("sums fit").health;
        let m = u64::from(seized.threshold.0) * (PPM + u64::from(plan.bonus.0));
        let one = BPS * PPM;
        let healed = one * BPS + (one - m) * u64::from(self.engine.kappa.0);
        let target = healed.max(u64::from(self.auction.min_target.0) * PPM * BPS);
        let side = |n| WeightedUsd::of(Usd::from_wad(u128::from(n)), Bps(1)).expect("fits");
        let target = Health {
            collateral: side(target),
            debt: side(one * BPS),
        };
        assert!(after.compare(&target).is_le(), "beyond the target");
    }
}

fn source(bytes: &mut Bytes, feed: u64, digits: u8) -> Source {
    let price = bytes.within(1, u64::MAX >> 24);
    Source {
        feed: [feed, 0, 0, 0],
        quote: Quote {
            price,
            confidence: bytes.within(0, price),
            ema: bytes.within(price / 2, price.saturating_mul(2)),
            exponent: -6 - i32::from(bytes.u8() % digits),
            publish_ts: 1_000 - i64::from(bytes.u8() % 90),
        },
        limits: DoubtLimits {
            max_confidence: Bps(bytes.within_u32(1, 2_000)),
            max_ema_divergence: Bps(bytes.within_u32(1, 10_000)),
            confidence_multiple: Bps(bytes.within_u32(0, 100_000)),
        },
        max_mild_age: bytes.within_u32(1, 300),
    }
}

fn holding(bytes: &mut Bytes, weight: Bps, is_exact: bool) -> Holding {
    Holding {
        atoms: Atoms(u64::from(bytes.u32()) << (bytes.u8() % 12)),
        rate: match bytes.u8() % 3 {
            0 if !is_exact => Rate(bytes.within(Rate::ONE.0 / 2, Rate::ONE.0 * 2)),
            _ => Rate::ONE,
        },
        weight,
        decimals: 6 + bytes.u8() % if is_exact { 4 } else { 7 },
    }
}
