//! What came of it, as a table for people and as JSON for machines.

use comfy_table::{Attribute, Cell, Table};
use serde::Serialize;

use crate::run::Outcome;
use crate::tables;

/// How the figures are defined; below the table and in `--help`.
pub const DEFINITIONS: &str = "\
Penalty: collateral seized less debt repaid, at the exchange's prices, over the debt repaid. For crvusd, what soft liquidation \
converts counts as repaid, each way.
Needed: what would have been enough for a health of one, repaid at no bonus, at each liquidation.
Bad debt: written off, debt beyond collateral at the end, and what a protocol lost on collateral that it took over.
Loss: all penalties of a liquidated borrower over the collateral before the first liquidation.
Unhealthy: how long a health below one lasts, 95th percentile.
Overshoot: how far sales pushed a price below its path (or above), at most.
Profit: what liquidators keep after fees and slippage. * marks the best of a column.";

/// One engine's figures. Dollars are at the exchange's prices of the moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Its name.
    pub engine: String,
    /// The path's name.
    pub path: String,
    /// Penalty over debt repaid.
    pub penalty_bps_of_debt_repaid: f64,
    /// Penalty over the collateral of those who were liquidated, mean over borrowers.
    pub mean_loss_pct: f64,
    /// Debt repaid.
    pub debt_repaid_usd: f64,
    /// The part of it that was needed.
    pub debt_needed_usd: f64,
    /// Written off, beyond collateral at the end, or lost on collateral that the protocol took over.
    pub bad_debt_usd: f64,
    /// Of a liquidated borrower.
    pub median_loss_pct: f64,
    /// 95th percentile.
    pub p95_loss_pct: f64,
    /// Executed.
    pub liquidations: u64,
    /// Liquidated at least once.
    pub liquidated_borrowers: u64,
    /// 95th percentile.
    pub seconds_unhealthy_p95: f64,
    /// The deepest impact on a price.
    pub price_overshoot_pct: f64,
    /// Of all liquidators, after costs.
    pub liquidator_profit_usd: f64,
    /// Unhealthy at the end.
    pub unhealthy_at_end: u64,
    /// Borrowers who repaid in time.
    pub top_ups: u64,
}

impl Figures {
    /// The figures of a run.
    pub fn new(path: &str, run: &Outcome) -> Self {
        let usd = |micro: i64| micro as f64 / 1e6;
        let sum = |of: fn(&crate::run::Liquidation) -> i64| {
            usd(run.liquidations.iter().map(of).fold(0, i64::saturating_add))
        };
        let repaid = sum(|one| one.repaid_micro_usd);
        let seized = sum(|one| one.seized_micro_usd);
        let penalty = if repaid > 0.0 {
            (seized - repaid) / repaid * 1e4
        } else {
            0.0
        };
        let bad_debt = sum(|one| one.bad_debt_micro_usd)
            + usd(run.open_bad_debt_micro_usd + run.inventory_loss_micro_usd);
        let mean = run.losses_pct.iter().sum::<f64>() / run.losses_pct.len().max(1) as f64;
        let seconds: Vec<f64> = run.unhealthy_ms.iter().map(|ms| *ms as f64 / 1e3).collect();
        Self {
            engine: run.engine.clone(),
            path: path.into(),
            penalty_bps_of_debt_repaid: rounded(penalty, 2),
            mean_loss_pct: rounded(mean, 4),
            debt_repaid_usd: rounded(repaid, 2),
            debt_needed_usd: rounded(sum(|one| one.needed_micro_usd), 2),
            bad_debt_usd: rounded(bad_debt, 2),
            median_loss_pct: rounded(quantile(&run.losses_pct, 0.5), 4),
            p95_loss_pct: rounded(quantile(&run.losses_pct, 0.95), 4),
            liquidations: run.liquidations.len() as u64,
            liquidated_borrowers: run.losses_pct.len() as u64,
            seconds_unhealthy_p95: rounded(quantile(&seconds, 0.95), 1),
            price_overshoot_pct: rounded(run.deepest_ppb as f64 / 1e7, 4),
            liquidator_profit_usd: rounded(usd(run.profit_micro_usd), 2),
            unhealthy_at_end: run.still_unhealthy,
            top_ups: run.top_ups,
        }
    }

    /// All paths of one engine as one: sums, and means that are weighted by what they are means of.
    pub fn joined(all: &[&Self]) -> Option<Self> {
        let first = all.first()?;
        let sum = |of: fn(&Self) -> f64| all.iter().map(|one| of(one)).sum::<f64>();
        let most = |of: fn(&Self) -> f64| all.iter().map(|one| of(one)).fold(0.0, f64::max);
        let mean = |of: fn(&Self) -> f64, by: fn(&Self) -> f64| {
            let weight: f64 = all.iter().map(|one| by(one)).sum();
            let weighted: f64 = all.iter().map(|one| of(one) * by(one)).sum();
            if weight > 0.0 {
                weighted / weight
            } else {
                0.0
            }
        };
        let borrowers: fn(&Self) -> f64 = |one| one.liquidated_borrowers as f64;
        Some(Self {
            engine: first.engine.clone(),
            path: format!("all {} paths", all.len()),
            penalty_bps_of_debt_repaid: rounded(
                mean(
                    |one| one.penalty_bps_of_debt_repaid,
                    |one| one.debt_repaid_usd,
                ),
                2,
            ),
            mean_loss_pct: rounded(mean(|one| one.mean_loss_pct, borrowers), 4),
            debt_repaid_usd: rounded(sum(|one| one.debt_repaid_usd), 2),
            debt_needed_usd: rounded(sum(|one| one.debt_needed_usd), 2),
            bad_debt_usd: rounded(sum(|one| one.bad_debt_usd), 2),
            median_loss_pct: rounded(mean(|one| one.median_loss_pct, borrowers), 4),
            p95_loss_pct: rounded(mean(|one| one.p95_loss_pct, borrowers), 4),
            liquidations: all.iter().map(|one| one.liquidations).sum(),
            liquidated_borrowers: all.iter().map(|one| one.liquidated_borrowers).sum(),
            seconds_unhealthy_p95: rounded(mean(|one| one.seconds_unhealthy_p95, borrowers), 1),
            price_overshoot_pct: most(|one| one.price_overshoot_pct),
            liquidator_profit_usd: rounded(sum(|one| one.liquidator_profit_usd), 2),
            unhealthy_at_end: all.iter().map(|one| one.unhealthy_at_end).sum(),
            top_ups: all.iter().map(|one| one.top_ups).sum(),
        })
    }
}

/// The value below which a part of the ascending `values` lies; zero for none.
fn quantile(values: &[f64], part: f64) -> f64 {
    let last = values.len().saturating_sub(1) as f64;
    values
        .get((last * part).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    // Minus zero would be printed as such.
    (value * unit).round() / unit + 0.0
}

/// A column: title, value, digits, and whether it is a measure of which the least is best.
type Column = (&'static str, fn(&Figures) -> f64, usize, bool);

const COLUMNS: [Column; 10] = [
    ("penalty bps", |one| one.penalty_bps_of_debt_repaid, 1, true),
    ("median loss %", |one| one.median_loss_pct, 3, true),
    ("p95 loss %", |one| one.p95_loss_pct, 3, true),
    ("repaid $", |one| one.debt_repaid_usd, 0, true),
    ("needed $", |one| one.debt_needed_usd, 0, false),
    ("bad debt $", |one| one.bad_debt_usd, 0, true),
    ("unhealthy s", |one| one.seconds_unhealthy_p95, 0, true),
    ("overshoot %", |one| one.price_overshoot_pct, 3, true),
    ("profit $", |one| one.liquidator_profit_usd, 0, false),
    ("liquidations", |one| one.liquidations as f64, 0, false),
];

/// The engines of one path, the best of each measure marked.
pub fn table(title: &str, rows: &[Figures]) -> Table {
    let titles = COLUMNS.iter().map(|column| column.0);
    let header: Vec<&str> = std::iter::once(title).chain(titles).collect();
    let mut table = tables::table(&header, 1);
    for row in rows {
        let mut cells = vec![Cell::new(&row.engine)];
        for (_, of, digits, is_measure) in COLUMNS {
            let shown = |one: &Figures| grouped(of(one), digits);
            // Engines that liquidated nobody win nothing.
            let counts = |one: &&Figures| one.liquidations > 0;
            let best = rows
                .iter()
                .filter(counts)
                .map(of)
                .fold(f64::INFINITY, f64::min);
            let is_best = is_measure && counts(&row) && grouped(best, digits) == shown(row);
            let mark = if is_best { "*" } else { "" };
            let cell = Cell::new(format!("{}{mark}", shown(row)));
            cells.push(if is_best {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            });
        }
        table.add_row(cells);
    }
    table
}

/// With a comma between thousands.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    let is_zero = out.chars().all(|digit| matches!(digit, '0' | '.' | ','));
    if value < 0.0 && !is_zero {
        out.insert(0, '-');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(grouped(-0.01, 1), "0.0");
        assert_eq!(grouped(-1_000.0, 0), "-1,000");
    }

    #[test]
    fn quantiles_of_nothing_are_zero() {
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.95), 3.0);
    }
}
