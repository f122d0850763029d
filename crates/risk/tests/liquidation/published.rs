//! The plan and the health factor against other protocols' vectors, and against loan books with recorded health.

use levee_risk::liquidation::{
    plan_liquidation, AuctionParams, EngineParams, Plan, Refusal, RepaidSide, SeizedSide,
};
use levee_risk::price::Price;
use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::valuation::{Book, Health, RATIO_BITS};
use num_bigint::BigInt;
use serde_json::Value;

use crate::data::{read, read_json};
use crate::exact::{big, ten_to, Ratio};
use crate::positions::Holding;

/// A decimal number as digits and a power of ten: `12.5e3` is (125, 2).
fn decimal(text: &str) -> (BigInt, i32) {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let power: i32 = power.parse().unwrap();
    (
        format!("{whole}{part}").parse().unwrap(),
        power - part.len() as i32,
    )
}

fn ratio(text: &str) -> Ratio {
    let (digits, power) = decimal(text);
    let ten = ten_to(power.unsigned_abs());
    if power < 0 {
        Ratio::new(digits, ten)
    } else {
        Ratio::whole(digits * ten)
    }
}

/// At most `limit` repaid at a fixed bonus, with a threshold low enough and a target high enough to allow it.
fn at_fixed_bonus(
    deposit: Holding,
    borrow: Holding,
    bonus: u32,
    dust: Usd,
    limit: u64,
) -> Result<Plan, Refusal> {
    let collateral = SeizedSide {
        deposited: Atoms(deposit.atoms),
        price: deposit.price(),
        threshold: Bps(500),
    };
    let debt = RepaidSide {
        owed: Atoms(borrow.atoms),
        price: borrow.price(),
        borrow_factor: Bps(10_000),
    };
    let mut book = Book::default();
    book.add_collateral(
        collateral.price.value_down(collateral.deposited)?,
        collateral.threshold,
    )?;
    book.add_debt(debt.price.value_up(debt.owed)?, debt.borrow_factor)?;
    let auction = AuctionParams {
        start: Ppm(bonus),
        slope_per_slot: Ppm(0),
        width: Ppm(1_000_000),
        max: Ppm(bonus),
        insolvent: Ppm(bonus),
        margin: Ppm(1),
        min_target: Bps(100_000),
    };
    let engine = EngineParams {
        kappa: Bps(0),
        dust,
        insurance_share: Bps(0),
    };
    plan_liquidation(
        &book,
        &collateral,
        &debt,
        &auction,
        &engine,
        0,
        Atoms(limit),
    )
}

#[test]
fn health_factors_agree_with_aave() {
    let Some(file) = read_json("vectors/aave_pool_math.json") else {
        return;
    };
    let mut compared = 0;
    for case in file["cases"].as_array().unwrap() {
        if case["fn"] != "health_factor" {
            continue;
        }
        let value = |field: &str| Usd::from_wad(case[field].as_str().unwrap().parse().unwrap());
        let mut book = Book::default();
        let threshold = Bps(case["threshold_bps"].as_u64().unwrap() as u32);
        book.add_collateral(value("collateral"), threshold).unwrap();
        book.add_debt(value("debt"), Bps(10_000)).unwrap();
        let expected = case["expected"].as_str().unwrap();
        if expected.starts_with("-1") {
            assert_eq!(book.health.ratio_down(), None);
            assert!(book.health.is_healthy());
        } else {
            assert_close(&book.health, &ratio(expected), 18);
        }
        compared += 1;
    }
    assert_eq!(compared, 3);
}

/// Asserts that the health lies at most `2^-47` and `10^-digits` of itself from `expected`; from 2^16 on it has no number.
fn assert_close(health: &Health, expected: &Ratio, digits: u32) {
    let Some(ours) = health.ratio_down() else {
        assert!(*expected >= Ratio::whole(65_535), "{expected:?}");
        return;
    };
    let ours = Ratio::new(big(ours), big(1) << RATIO_BITS);
    let relative = Ratio::new(expected.over.clone(), &expected.under * ten_to(digits));
    let allowed = relative.plus(&Ratio::new(big(2), big(1) << RATIO_BITS));
    assert!(
        ours.minus(expected) <= allowed && expected.minus(&ours) <= allowed,
        "{ours:?} {expected:?}"
    );
}

/// Compound seizes `repay * incentive * borrowed price / collateral price / exchange rate`. The exchange rate belongs to
/// the price of its receipts; our bonus has six decimals.
#[test]
fn the_seized_amount_agrees_with_compound_v2_to_two_atoms_of_sixteen_digits() {
    let Some(file) = read_json("vectors/compound_v2_rate_inputs_and_seize.json") else {
        return;
    };
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let field = |name: &str| decimal(case[name].as_str().unwrap()).0;
        // Only ratios matter: every number is taken by its first seventeen digits, of which none but the
        // collateral's price has more.
        let digits = |n: BigInt, count| &n * ten_to(count) / ten_to(n.to_string().len() as u32);
        let (repay, borrowed_price) = (
            digits(field("repay"), 17),
            digits(field("borrowed_price"), 17),
        );
        let price = digits(field("collateral_price") * field("exchange_rate"), 18);
        let incentive = ratio(case["incentive"].as_str().unwrap()).times(&big(1_000_000));
        let bonus = u32::try_from(Ratio::new(incentive.over, incentive.under * ten_to(18)).floor())
            .unwrap()
            - 1_000_000;

        let exact = Ratio::new(
            &repay * &borrowed_price * (1_000_000 + bonus),
            &price * 1_000_000,
        );
        let number = |n: BigInt| u64::try_from(n).unwrap();
        let token = |atoms, mantissa, scale| Holding {
            atoms,
            mantissa,
            scale,
            decimals: 9,
        };
        let borrow = token(number(&repay * 2), number(borrowed_price), -10);
        let deposit = token(number(exact.times(&big(6)).floor()), number(price), -10);
        let plan =
            at_fixed_bonus(deposit, borrow, bonus, Usd::ZERO, number(repay.clone())).unwrap();
        assert!(!plan.insolvent);
        assert_eq!((big(plan.repay.0), plan.bonus), (repay, Ppm(bonus)));
        let distance = exact.minus(&Ratio::whole(plan.seize.0));
        assert!(
            distance < Ratio::whole(2) && distance > Ratio::whole(-2),
            "{case}: {plan:?}"
        );
    }
}

/// Solend's close factor is not ours, so its amounts are the callers' limits here. What both do must agree: repaid value
/// times the bonus, by the collateral's price, rounded down; capped by the deposit; everything where dust would remain.
///
/// The file's `bonus_cases` have no counterpart: Solend's bonus grows in proportion to the debt between two thresholds of
/// the borrowed value, a fee on top, and knows no time. Ours starts at a few basis points, rises with the square of the
/// health's deficit and with the slots of the auction, and is capped so that health rises. No function of ours computes a
/// line between two thresholds, so none of theirs could be wrong or right here.
#[test]
fn what_a_repayment_takes_agrees_with_solend() {
    let Some(file) = read_json("vectors/solend_liquidation.json") else {
        return;
    };
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let number = |field: &str| case[field].as_u64().unwrap();
        // Amounts have no decimals; a price has six.
        let token = |amount: &str, value: &str| {
            let (atoms, value) = (number(amount), ratio(case[value].as_str().unwrap()));
            let price = Ratio::new(value.over * 1_000_000, value.under * atoms);
            assert_eq!(price.floor(), price.ceil());
            Holding {
                atoms,
                mantissa: u64::try_from(price.floor()).unwrap(),
                scale: 12,
                decimals: 0,
            }
        };
        let deposit = token("deposit_amount", "deposit_value");
        let borrow = token("borrow_amount", "borrow_value");
        let bonus = number("bonus_pct") as u32 * 10_000;
        let plan = at_fixed_bonus(deposit, borrow, bonus, Usd::from_whole(1), number("repay"));
        let seized = |plan: Plan| (plan.repay.0, plan.seize.0, plan.bonus.0);
        if (
            number("repay"),
            number("withdraw"),
            number("deposit_amount"),
        ) == (1, 1, 1)
        {
            // A dollar and five cents of an atom worth ten: Solend takes the atom, here it is too small to take.
            assert_eq!(plan, Err(Refusal::TooSmall));
        } else {
            assert_eq!(
                plan.map(seized),
                Ok((number("repay"), number("withdraw"), bonus)),
                "{case}"
            );
        }
    }
}

/// As many atoms as 64 bits hold, with at most eighteen decimals.
fn precise(text: &str) -> (Atoms, Price) {
    let value = ratio(text);
    (0..=18u8)
        .rev()
        .find_map(|decimals| {
            let atoms = u64::try_from(value.times(&ten_to(u32::from(decimals))).floor()).ok()?;
            let holding = Holding {
                atoms,
                mantissa: 1,
                scale: 18 - i32::from(decimals),
                decimals,
            };
            Some((Atoms(atoms), holding.price()))
        })
        .unwrap()
}

/// The books give 16 digits and their health factors agree with them to 12.
#[test]
fn recorded_health_factors_of_real_positions_agree_to_twelve_digits() {
    let books = [
        ("lido_steth_aave.csv", 1_309),
        ("lido_b2.csv", 700),
        ("lido_b21_debt_stables.csv", 646),
    ];
    for (name, positions) in books {
        let Some(text) = read(&format!("loan_books/{name}")) else {
            continue;
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let column = |name| headers.iter().position(|header| header == name).unwrap();
        let columns = ["collateral", "debt", "threshold", "healthf"].map(column);
        let mut compared = 0;
        for row in reader.records() {
            let row = row.unwrap();
            let [collateral, debt, threshold, recorded] =
                columns.map(|column| row.get(column).unwrap());
            let mut book = Book::default();
            let (atoms, price) = precise(collateral);
            book.add_collateral(
                price.value_down(atoms).unwrap(),
                Bps(threshold.parse().unwrap()),
            )
            .unwrap();
            let (atoms, price) = precise(debt);
            book.add_debt(price.value_up(atoms).unwrap(), Bps(10_000))
                .unwrap();
            assert_close(&book.health, &ratio(recorded), 12);
            compared += 1;
        }
        assert_eq!(compared, positions, "{name}");
    }
}

#[test]
fn decimals_are_read_exactly() {
    assert_eq!(decimal("12.5e3"), (big(125), 2));
    assert_eq!(decimal("-0.50"), (big(-50), -2));
    assert!(ratio("0.25") == Ratio::new(big(1), big(4)));
    let value: Value = serde_json::json!("7e1");
    assert!(ratio(value.as_str().unwrap()) == Ratio::whole(70));
}
