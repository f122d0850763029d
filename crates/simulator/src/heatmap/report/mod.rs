//! The heatmap as a table for people and as one JSON object for machines. Dollars here are rounded for display.

mod tables;

use anyhow::{ensure, Context, Result};
use levee_risk::units::MathError;
use serde::Serialize;

use super::book::{Obligations, Rule};
use super::cascade::{Cascade, Stop};
use super::curve::{Curve, Range, Side, Tally, STEPS};
use crate::dollars::{is_peg, of_wad};
use crate::impact::ImpactLaw;

pub(super) use tables::number;

/// How the figures are defined; below `--help`.
pub const DEFINITIONS: &str = "\
Debt: all debt of obligations that become unhealthy in a bucket, each counted once, where its price first makes it so.
Closed: debt that liquidations repay in a bucket, of those and of obligations that turn again further on. Every \
obligation is liquidated as soon as it is unhealthy, on a path without gaps, at the start of the auction, on plain prices.
Long: obligations that a falling price makes unhealthy. Short: those that a rising one does.
Cascade: liquidators sell what they seize (long) or buy what they repay (short), which moves the price by \
Y·σ·√(volume / daily volume), which liquidates more; it stops at the first price that its own volume does not move further. \
Amplification is the whole move over the shock. The runaway shock is the smallest one, to a basis point, that does not stop \
before the stated part of all that the side would trade within its range is traded.";

/// What to show.
#[derive(Clone, Debug)]
pub struct Options {
    /// How far the price is followed.
    pub range: Range,
    /// Width of a bucket, in steps.
    pub bucket: u32,
    /// Dollars that change hands in a day.
    pub daily_volume_usd: f64,
    /// As a part of the price.
    pub daily_volatility: f64,
    /// `Y` of the impact law.
    pub impact_coefficient: f64,
    /// Part of a side's volume that counts as all.
    pub exhausted_part: f64,
    /// Shocks to follow, in steps.
    pub shocks: Vec<u32>,
}

/// One range of prices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Where it begins, as seen from the price of now.
    pub from_pct: f64,
    /// Where it ends.
    pub to_pct: f64,
    /// Price where it ends.
    pub to_price_usd: f64,
    /// Obligations that become unhealthy in it.
    pub obligations: u64,
    /// All their debt.
    pub debt_usd: f64,
    /// The same of this bucket and all before.
    pub cumulative_debt_usd: f64,
    /// Debt that liquidations repay in it.
    pub closed_usd: f64,
    /// The same of this bucket and all before.
    pub cumulative_closed_usd: f64,
    /// Debt that nobody repays.
    pub bad_debt_usd: f64,
}

/// Where a shock ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shock {
    /// The move that starts it.
    pub shock_pct: f64,
    /// The whole move.
    pub move_pct: f64,
    /// Price in the end.
    pub price_usd: f64,
    /// Debt repaid on the way.
    pub closed_usd: f64,
    /// Units of the asset that liquidators trade.
    pub volume: f64,
    /// What the volume does to the price.
    pub impact_pct: f64,
    /// The whole move over the shock.
    pub amplification: f64,
    /// How often the price gives way.
    pub rounds: u32,
    /// Whether the book is exhausted.
    pub exhausted: bool,
}

/// One direction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideReport {
    /// Away from the price of now.
    pub buckets: Vec<Bucket>,
    /// The cascades of some shocks.
    pub shocks: Vec<Shock>,
    /// The smallest shock that exhausts the book.
    pub runaway: Option<Shock>,
    /// How far a price that nobody's trades move must go for that.
    pub exhausted_without_impact_pct: Option<f64>,
}

/// What a cascade depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameters {
    /// `levee`, or `fixed` with its numbers.
    pub rule: String,
    /// Dollars a day.
    pub daily_volume_usd: f64,
    /// Of the price.
    pub daily_volatility_pct: f64,
    /// `Y`.
    pub impact_coefficient: f64,
    /// Part of a side's volume that counts as all.
    pub exhausted_pct: f64,
}

/// A book along the price of one asset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heatmap {
    /// Where the book comes from.
    pub source: String,
    /// What had to be assumed about it.
    pub assumptions: Vec<String>,
    /// Whose price moves.
    pub asset: String,
    /// Now.
    pub price_usd: f64,
    /// All of them.
    pub obligations: usize,
    /// All their debt.
    pub total_debt_usd: f64,
    /// Unhealthy at the price of now.
    pub unhealthy_now: u64,
    /// All debt of these.
    pub unhealthy_now_debt_usd: f64,
    /// Healthy wherever the price goes within the range.
    pub safe: u64,
    /// Neither hold nor owe the asset.
    pub unexposed: u64,
    /// Of the cascade.
    pub parameters: Parameters,
    /// At falling prices.
    pub long: SideReport,
    /// At rising prices.
    pub short: SideReport,
}

impl Heatmap {
    /// Walks `book` along the price of `asset` and follows the cascades.
    ///
    /// # Errors
    /// Where a parameter makes no sense, or an amount leaves its type.
    pub fn new(book: &Obligations, asset: usize, options: &Options) -> Result<Self> {
        ensure!(
            !book.is_empty(),
            "{}: no obligation owes anything: there is nothing to show until somebody borrows",
            book.source
        );
        let curve = Curve::of(book, asset, options.range)?;
        let priced = &book.assets[asset];
        let price_usd = priced.dollars(priced.price);
        let law = ImpactLaw::from_decimals(
            options.daily_volume_usd / price_usd * 1e9,
            options.daily_volatility,
            options.impact_coefficient,
        )?;
        let side = |side| {
            side_report(&curve, side, price_usd, options, &law).context("all obligations together")
        };
        let mut assumptions = book.assumptions.clone();
        if is_peg(price_usd) {
            assumptions.push(format!("{} is a dollar, and moves here", priced.name));
        }
        Ok(Self {
            source: book.source.clone(),
            assumptions,
            asset: priced.name.clone(),
            price_usd,
            obligations: book.len(),
            total_debt_usd: of_wad(curve.total_debt),
            unhealthy_now: curve.now.obligations,
            unhealthy_now_debt_usd: of_wad(curve.now.debt),
            safe: curve.safe,
            unexposed: curve.unexposed,
            parameters: Parameters {
                rule: rule_name(&book.rule),
                daily_volume_usd: options.daily_volume_usd,
                daily_volatility_pct: rounded(options.daily_volatility * 100.0),
                impact_coefficient: options.impact_coefficient,
                exhausted_pct: rounded(options.exhausted_part * 100.0),
            },
            long: side(Side::Long)?,
            short: side(Side::Short)?,
        })
    }
}

fn side_report(
    curve: &Curve,
    side: Side,
    price_usd: f64,
    options: &Options,
    law: &ImpactLaw,
) -> Result<SideReport, MathError> {
    let steps = curve.side(side);
    let cascade = Cascade::new(side, steps, law, options.exhausted_part)?;
    let shock = |stop: Stop| shock_report(&stop, side, price_usd);
    let shocks = options
        .shocks
        .iter()
        .filter(|shock| **shock <= cascade.last());
    Ok(SideReport {
        buckets: buckets(steps, side, price_usd, options.bucket)?,
        shocks: shocks.map(|at| shock(cascade.stop(*at))).collect(),
        runaway: cascade.runaway().map(shock),
        exhausted_without_impact_pct: cascade.exhausted_at().map(percent),
    })
}

fn buckets(
    steps: &[Tally],
    side: Side,
    price_usd: f64,
    width: u32,
) -> Result<Vec<Bucket>, MathError> {
    let mut buckets = Vec::new();
    let mut so_far = Tally::default();
    let last = steps.len() as u32 - 1;
    let mut from = 0;
    while from < last {
        let to = (from + width).min(last);
        let mut here = Tally::default();
        // The last step is the end of the range itself.
        let end = if to == last { last + 1 } else { to };
        for step in &steps[from as usize..end as usize] {
            here.add(step)?;
        }
        so_far.add(&here)?;
        buckets.push(Bucket {
            from_pct: percent(from),
            to_pct: percent(to),
            to_price_usd: moved(price_usd, side, to),
            obligations: here.obligations,
            debt_usd: of_wad(here.debt),
            cumulative_debt_usd: of_wad(so_far.debt),
            closed_usd: of_wad(here.repaid),
            cumulative_closed_usd: of_wad(so_far.repaid),
            bad_debt_usd: of_wad(here.bad_debt),
        });
        from = to;
    }
    Ok(buckets)
}

fn shock_report(stop: &Stop, side: Side, price_usd: f64) -> Shock {
    Shock {
        shock_pct: percent(stop.shock),
        move_pct: percent(stop.step),
        price_usd: moved(price_usd, side, stop.step),
        closed_usd: of_wad(stop.repaid),
        volume: rounded(stop.volume),
        impact_pct: rounded(stop.impact * 100.0),
        amplification: rounded(stop.amplification()),
        rounds: stop.rounds,
        exhausted: stop.is_exhausted,
    }
}

fn rule_name(rule: &Rule) -> String {
    match rule {
        Rule::Levee(_) => "levee".into(),
        Rule::Fixed(fixed) => format!(
            "fixed (close factor {} %, bonus {} %, whole below a health of {})",
            f64::from(fixed.close_factor.0) / 100.0,
            f64::from(fixed.bonus.0) / 1e4,
            f64::from(fixed.full_below.0) / 1e4
        ),
    }
}

fn percent(steps: u32) -> f64 {
    f64::from(steps) * 100.0 / f64::from(STEPS)
}

fn moved(price_usd: f64, side: Side, steps: u32) -> f64 {
    let part = f64::from(steps) / f64::from(STEPS);
    let moved = match side {
        Side::Long => price_usd * (1.0 - part),
        Side::Short => price_usd * (1.0 + part),
    };
    (moved * 1e8).round() / 1e8
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
