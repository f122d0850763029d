//! What came of it, as a table for people and as one JSON object for machines.

use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::Serialize;

use crate::walk::Run;

/// How the figures are defined; below the table and in `--help`.
pub const DEFINITIONS: &str = "\
Bonus: seized value less repaid value, over repaid value; the mean is weighted by the value repaid.
Borrower loss: all bonus that a liquidated borrower paid, over the value of all the borrower's collateral before the first liquidation.
Compute units: of one transaction with refresh_reserves and liquidate.";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComputeUnits {
    pub min: u64,
    pub median: u64,
    pub max: u64,
}

/// Borrowers that no pair of tokens could heal at some price.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    pub reason: String,
    pub borrowers: usize,
}

/// Dollars are at the prices of their liquidation, the insurance's at the last price.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub prices: String,
    pub bars: usize,
    pub first_price: f64,
    pub lowest_price: f64,
    pub last_price: f64,
    pub seed: u64,
    pub borrowers: usize,
    pub transactions: u64,
    /// The part of the transactions that marked borrowers who had to wait.
    pub marks: u64,
    pub liquidations: usize,
    pub liquidated_borrowers: usize,
    pub debt_repaid_usd: f64,
    pub collateral_seized_usd: f64,
    pub mean_bonus_bps: f64,
    pub median_loss_pct: f64,
    pub bad_debt_usd: f64,
    /// The part of the bad debt that the insurance paid.
    pub bad_debt_insured_usd: f64,
    /// Owed by borrowers without collateral, and not written off at the end.
    pub unsettled_debt_usd: f64,
    pub insurance_usd: f64,
    pub compute_units: ComputeUnits,
    pub refused: Vec<Refused>,
    pub unhealthy_at_end: usize,
    pub invariants_checked: u64,
    pub invariants_broken: u64,
    /// The first broken invariants.
    pub failures: Vec<String>,
    pub picture: String,
}

impl Report {
    pub fn new(run: &Run, prices: &str, borrowers: usize, seed: u64, picture: String) -> Self {
        let sum = |of: fn(&crate::liquidator::Liquidation) -> f64| {
            // The sum of nothing would be minus zero.
            run.liquidations.iter().map(of).fold(0.0, |a, b| a + b)
        };
        let (repaid, seized) = (sum(|l| l.repaid_usd), sum(|l| l.seized_usd));
        let bonus = if repaid > 0.0 {
            (seized - repaid) / repaid
        } else {
            0.0
        };
        let losses = losses(run, borrowers);
        let lows = run.steps.iter().map(|step| step.low);
        Self {
            prices: prices.into(),
            bars: run.steps.len(),
            first_price: run.first_price,
            lowest_price: lows.fold(f64::INFINITY, f64::min),
            last_price: run.steps.last().map_or(0.0, |step| step.close),
            seed,
            borrowers,
            transactions: run.transactions,
            marks: run.marks,
            liquidations: run.liquidations.len(),
            liquidated_borrowers: losses.len(),
            debt_repaid_usd: cents(repaid),
            collateral_seized_usd: cents(seized),
            mean_bonus_bps: cents(bonus * 1e4),
            median_loss_pct: (median(&losses) * 1e6).round() / 1e4,
            bad_debt_usd: cents(sum(|l| l.bad_debt_usd)),
            bad_debt_insured_usd: cents(sum(|l| l.insured_usd)),
            unsettled_debt_usd: cents(run.unsettled_usd),
            insurance_usd: cents(run.insurance_usd),
            compute_units: compute_units(run),
            refused: run
                .refused
                .iter()
                .map(|(reason, borrowers)| Refused {
                    reason: reason.clone(),
                    borrowers: *borrowers,
                })
                .collect(),
            unhealthy_at_end: run.unhealthy_at_end,
            invariants_checked: run.invariants.checked,
            invariants_broken: run.invariants.broken,
            failures: run.invariants.failures.clone(),
            picture,
        }
    }

    /// The table with its footer.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([self.prices.as_str(), ""]);
        let rows = [self.path(), self.losses(), self.end()];
        for (name, value) in rows.into_iter().flatten() {
            table.add_row([name, &value]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{table}\n{DEFINITIONS}")
    }

    /// What was walked.
    fn path(&self) -> Vec<(&'static str, String)> {
        let prices = [self.first_price, self.lowest_price, self.last_price].map(price);
        let sent = [self.bars as f64, self.transactions as f64].map(whole);
        let borrowers = [self.borrowers, self.liquidated_borrowers].map(|one| one.to_string());
        vec![
            ("Price first / lowest / last", prices.join(" / ")),
            ("Bars, transactions", sent.join(", ")),
            ("Borrowers, of these liquidated", borrowers.join(", ")),
            ("Liquidations", whole(self.liquidations as f64)),
            ("Marks of those who wait", whole(self.marks as f64)),
        ]
    }

    /// What it cost whom.
    fn losses(&self) -> Vec<(&'static str, String)> {
        let ComputeUnits { min, median, max } = self.compute_units;
        let units = [min, median, max].map(|units| whole(units as f64));
        let loss = format!("{:.4} % of the position", self.median_loss_pct);
        let insured = dollars(self.bad_debt_insured_usd);
        vec![
            ("Debt repaid", dollars(self.debt_repaid_usd)),
            ("Collateral seized", dollars(self.collateral_seized_usd)),
            ("Mean bonus paid", format!("{:.2} bps", self.mean_bonus_bps)),
            ("Median borrower loss", loss),
            ("Bad debt", dollars(self.bad_debt_usd)),
            ("Bad debt paid by insurance", insured),
            ("Insurance at the end", dollars(self.insurance_usd)),
            ("Compute units min / median / max", units.join(" / ")),
        ]
    }

    /// What remained, and what was broken.
    fn end(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if self.unsettled_debt_usd > 0.0 {
            rows.push((
                "Debt without collateral, not written off",
                dollars(self.unsettled_debt_usd),
            ));
        }
        for Refused { reason, borrowers } in &self.refused {
            rows.push((
                "Borrowers not healed at some price",
                format!("{borrowers} ({reason})"),
            ));
        }
        let checked = whole(self.invariants_checked as f64);
        rows.extend([
            (
                "Borrowers unhealthy at the end",
                self.unhealthy_at_end.to_string(),
            ),
            (
                "Invariants broken, of those checked",
                format!("{}, {checked}", self.invariants_broken),
            ),
        ]);
        rows
    }
}

/// The part of the position that every liquidated borrower lost to bonuses, sorted.
fn losses(run: &Run, borrowers: usize) -> Vec<f64> {
    let mut positions = vec![None; borrowers];
    for one in &run.liquidations {
        let (_, bonus) = positions[one.borrower].get_or_insert((one.collateral_usd, 0.0));
        *bonus += one.seized_usd - one.repaid_usd;
    }
    let known = positions.into_iter().flatten();
    let mut losses: Vec<_> = known.map(|(position, bonus)| bonus / position).collect();
    losses.sort_by(f64::total_cmp);
    losses
}

fn compute_units(run: &Run) -> ComputeUnits {
    let mut units: Vec<_> = run.liquidations.iter().map(|l| l.compute_units).collect();
    units.sort_unstable();
    match (units.first(), units.last()) {
        (Some(min), Some(max)) => ComputeUnits {
            min: *min,
            median: units[units.len() / 2],
            max: *max,
        },
        _ => ComputeUnits::default(),
    }
}

fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => (sorted[even / 2 - 1] + sorted[even / 2]) / 2.0,
    }
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Six digits, whatever the size.
pub fn price(value: f64) -> String {
    let whole_digits = value.log10().floor().max(-6.0) as i32 + 1;
    let decimals = (6 - whole_digits).clamp(0, 8) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

fn dollars(value: f64) -> String {
    let fraction = ((value.abs() * 100.0).round() % 100.0) as u32;
    format!("${}.{fraction:02}", whole((value * 100.0).round() / 100.0))
}

/// The whole part with a comma every three digits.
pub fn whole(value: f64) -> String {
    let digits = (value.trunc().max(0.0) as u64).to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(whole(999.9), "999");
        assert_eq!(whole(1_000.0), "1,000");
        assert_eq!(dollars(1_234_567.254), "$1,234,567.25");
        assert_eq!(dollars(0.999), "$1.00");
    }

    #[test]
    fn prices_keep_six_digits() {
        assert_eq!(price(104_746.86), "104747");
        assert_eq!(price(207.0), "207");
        assert_eq!(price(0.000_012_345_678), "0.00001235");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[1.0, 2.0, 4.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 8.0]), 3.0);
    }
}
