//! Numbers of any kind, most of which no market could have: nothing may panic.

use levee_fuzz::Bytes;
use levee_risk::clocks::Clocks;
use levee_risk::liquidation::{plan_liquidation, plan_netting, AuctionParams, EngineParams};
use levee_risk::policy::{assess, check_pair, BasketEvidence, Border, Moment, TierRules};
use levee_risk::price::{DoubtLimits, Quote};
use levee_risk::rate::Rate;
use levee_risk::sheet::{Holding, Sheet, Source, View};
use levee_risk::units::{Atoms, Bps, MathError, Ppm, Usd};

/// Runs everything on whatever the bytes say.
pub fn run(bytes: &mut Bytes) {
    let mut sheet = Sheet::EMPTY;
    for _ in 0..bytes.u8() % 10 {
        let _ = sheet.add_deposit(any_holding(bytes), &any_source(bytes));
    }
    for _ in 0..bytes.u8() % 7 {
        let _ = sheet.add_borrow(any_holding(bytes), &any_source(bytes));
    }
    let views = [View::Plain, View::Lifted(Bps(bytes.u32())), View::NewRisk];
    let books = views.map(|view| sheet.book(view));
    let auction = AuctionParams {
        start: Ppm(bytes.u32()),
        slope_per_slot: Ppm(bytes.u32()),
        width: Ppm(bytes.u32()),
        max: Ppm(bytes.u32()),
        insolvent: Ppm(bytes.u32()),
        margin: Ppm(bytes.u32()),
        min_target: Bps(bytes.u32()),
    };
    let engine = EngineParams {
        kappa: Bps(bytes.u32()),
        dust: Usd::from_wad(bytes.u128()),
        insurance_share: Bps(bytes.u32()),
    };
    let rules = TierRules {
        lift: Bps(bytes.u32()),
        mild_wait_slots: bytes.u64(),
        max_proof_gap_slots: bytes.u64(),
    };
    let clocks = Clocks {
        unhealthy_slots: bytes.u64(),
        auction_slots: bytes.u64(),
        last_seen_slot: bytes.u64(),
        permitted: bytes.u8() & 1 == 1,
    };
    let moment = Moment {
        slot: bytes.u64(),
        now_ts: bytes.u64() as i64,
    };
    let (deposit, borrow) = (usize::from(bytes.u8()), usize::from(bytes.u8()));
    let border = Border {
        threshold: Bps(bytes.u32()),
        start: auction.start,
    };
    let limit = Atoms(bytes.u64());
    for book in books.into_iter().flatten() {
        let _ = (book.health.ratio_down(), book.health.ppm_down());
        let evidence = BasketEvidence {
            sheet: &sheet,
            seized: Some(deposit),
            dust: engine.dust,
        };
        let look = assess(&evidence, &book, clocks, &rules, moment, border, || {
            Ok::<_, MathError>(if deposit & 1 == 1 { u64::MAX } else { 0 })
        });
        let slots = look.map_or(bytes.u64(), |look| look.clocks.auction_slots);
        let (Ok(seized), Ok(repaid)) = (
            sheet.seized_side(deposit % 8),
            sheet.repaid_side(borrow % 5),
        ) else {
            continue;
        };
        let _ = plan_netting(&book, &seized, &repaid, &auction, &engine);
        let plan = plan_liquidation(&book, &seized, &repaid, &auction, &engine, slots, limit);
        if let Ok(plan) = plan {
            assert!(plan.repay <= repaid.owed && plan.seize <= seized.deposited);
            let weights = (seized.threshold, repaid.borrow_factor);
            let _ = check_pair(&sheet, weights, &plan, engine.dust);
        }
    }
    sheet.remove_deposit(deposit);
    sheet.remove_borrow(borrow);
    let _ = sheet.book(View::Plain);
}

fn any_source(bytes: &mut Bytes) -> Source {
    Source {
        feed: [u64::from(bytes.u8() % 4), 0, 0, 0],
        quote: Quote {
            price: bytes.u64(),
            confidence: bytes.u64(),
            ema: bytes.u64(),
            exponent: i32::from(bytes.u8() as i8),
            publish_ts: bytes.u64() as i64,
        },
        limits: DoubtLimits {
            max_confidence: Bps(bytes.u32()),
            max_ema_divergence: Bps(bytes.u32()),
            confidence_multiple: Bps(bytes.u32()),
        },
        max_mild_age: bytes.u32(),
    }
}

fn any_holding(bytes: &mut Bytes) -> Holding {
    Holding {
        atoms: Atoms(bytes.u64()),
        rate: Rate(bytes.u64()),
        weight: Bps(bytes.u32()),
        decimals: bytes.u8() % 40,
    }
}
