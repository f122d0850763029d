//! No input makes anything panic.

use levee_risk::liquidation::{
    is_insolvent, plan_liquidation, AuctionParams, EngineParams, RepaidSide, SeizedSide,
};
use levee_risk::price::{DoubtLimits, Price, Quote, Scale};
use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::valuation::{Book, WeightedUsd};
use proptest::prelude::*;

use crate::random::cases;

/// Every bit length is as likely, and the edges are.
fn number(bits: u64, edge: u64) -> u64 {
    match edge % 8 {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        _ => bits >> (edge / 8 % 64),
    }
}

/// One number after another.
struct Noise<'a>(std::slice::Iter<'a, [u64; 2]>);

impl Noise<'_> {
    fn u64(&mut self) -> u64 {
        let [bits, edge] = *self.0.next().expect("enough noise");
        number(bits, edge)
    }

    fn u32(&mut self) -> u32 {
        let n = self.u64();
        u32::try_from(n).unwrap_or(n as u32)
    }

    fn usd(&mut self) -> Usd {
        Usd::from_wad(u128::from(self.u64()) << 64 | u128::from(self.u64()))
    }

    fn scale(&mut self) -> Scale {
        let n = self.u64();
        Scale::new((n >> 8) as u8 % 40, (n >> 16) as i32 % 60).unwrap_or_default()
    }

    fn price(&mut self) -> Price {
        Price::new(self.u64(), self.scale())
    }

    fn auction(&mut self) -> AuctionParams {
        AuctionParams {
            start: Ppm(self.u32()),
            slope_per_slot: Ppm(self.u32()),
            width: Ppm(self.u32()),
            max: Ppm(self.u32()),
            insolvent: Ppm(self.u32()),
            margin: Ppm(self.u32()),
            min_target: Bps(self.u32()),
        }
    }

    fn book(&mut self) -> Book {
        let mut book = Book::default();
        for _ in 0..2 {
            let _ = book.add_collateral(self.usd(), Bps(self.u32()));
            let _ = book.add_debt(self.usd(), Bps(self.u32()));
        }
        book
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_numbers_make_a_plan_panic_and_no_plan_moves_more_than_there_is(
        noise in prop::collection::vec(any::<[u64; 2]>(), 64),
    ) {
        let mut noise = Noise(noise.iter());
        let book = noise.book();
        let collateral =
            SeizedSide { deposited: Atoms(noise.u64()), price: noise.price(), threshold: Bps(noise.u32()) };
        let debt = RepaidSide { owed: Atoms(noise.u64()), price: noise.price(), borrow_factor: Bps(noise.u32()) };
        let auction = noise.auction();
        let engine =
            EngineParams { kappa: Bps(noise.u32()), dust: noise.usd(), insurance_share: Bps(noise.u32()) };
        let limit = Atoms(noise.u64());
        let _ = is_insolvent(&book, &auction);
        if let Ok(plan) = plan_liquidation(&book, &collateral, &debt, &auction, &engine, noise.u64(), limit) {
            prop_assert!(plan.repay <= debt.owed && plan.seize <= collateral.deposited);
            prop_assert!(u128::from(plan.repay.0) + u128::from(plan.insurance.0) <= u128::from(limit.0));
        }
    }

    #[test]
    fn no_numbers_make_a_valuation_or_a_price_panic(noise in prop::collection::vec(any::<[u64; 2]>(), 64)) {
        let mut noise = Noise(noise.iter());
        let book = noise.book();
        let other = noise.book();
        let _ = (book.health.is_healthy(), book.health.compare(&other.health));
        let _ = (book.health.ratio_down(), book.health.ppm_down());
        let _ = WeightedUsd::of(noise.usd(), Bps(noise.u32()));
        let price = noise.price();
        let _ = (price.value_down(Atoms(noise.u64())), price.value_up(Atoms(noise.u64())));
        let _ = (price.atoms_down(noise.usd()), price.atoms_up(noise.usd()));
        let quote = Quote {
            price: noise.u64(),
            confidence: noise.u64(),
            ema: noise.u64(),
            exponent: noise.u32() as i32,
            publish_ts: noise.u64() as i64,
        };
        let _ = (quote.collateral_down(Bps(noise.u32())), quote.debt_up(Bps(noise.u32())));
        let _ = (quote.lifted_down(Bps(noise.u32())), quote.lowered(Bps(noise.u32())));
        let _ = quote.is_older(noise.u32(), noise.u64() as i64);
        let limits = DoubtLimits {
            max_confidence: Bps(noise.u32()),
            max_ema_divergence: Bps(noise.u32()),
            confidence_multiple: Bps(noise.u32()),
        };
        let _ = quote.doubt(&limits);
        let _ = Scale::new(noise.u64() as u8, noise.u64() as i32);
    }
}
