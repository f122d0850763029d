//! The heatmap for people.

use comfy_table::Table;

use super::{Bucket, Heatmap, Parameters, SideReport};
use crate::dollars::short;
use crate::tables::table;

impl Heatmap {
    /// The tables.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{}: {} at ${}\n{} obligations owe {}; {} of them are unhealthy now and owe {}\n\
             {} stay healthy at every price shown, {} neither hold nor owe {}\n",
            self.source,
            self.asset,
            number(self.price_usd),
            self.obligations,
            short(self.total_debt_usd),
            self.unhealthy_now,
            short(self.unhealthy_now_debt_usd),
            self.safe,
            self.unexposed,
            self.asset,
        );
        for (name, side) in [("falls", &self.long), ("rises", &self.short)] {
            let busy = |bucket: &Bucket| bucket.closed_usd > 0.0 || bucket.obligations > 0;
            if !side.buckets.iter().any(busy) {
                text += &format!("\nNobody is liquidated where {} {name}.\n", self.asset);
                continue;
            }
            text += &format!("\nWhere {} {name}\n{}\n", self.asset, buckets_table(side));
            text += &format!(
                "{}\n{}\n",
                shocks_table(side),
                runaway_line(side, &self.parameters)
            );
        }
        let p = &self.parameters;
        text += &format!(
            "\nRule: {}. Impact: {}·{}%·√(volume / {} a day).",
            p.rule,
            p.impact_coefficient,
            p.daily_volatility_pct,
            short(p.daily_volume_usd)
        );
        for assumption in &self.assumptions {
            text += &format!("\nAssumed: {assumption}.");
        }
        text
    }
}

fn buckets_table(side: &SideReport) -> Table {
    let mut table = table(
        &[
            "Move",
            "Price",
            "Obligations",
            "Debt",
            "Debt so far",
            "Closed",
            "Closed so far",
            "Bad debt",
        ],
        0,
    );
    for bucket in &side.buckets {
        table.add_row([
            format!("{}–{} %", bucket.from_pct, bucket.to_pct),
            number(bucket.to_price_usd),
            bucket.obligations.to_string(),
            short(bucket.debt_usd),
            short(bucket.cumulative_debt_usd),
            short(bucket.closed_usd),
            short(bucket.cumulative_closed_usd),
            short(bucket.bad_debt_usd),
        ]);
    }
    table
}

fn shocks_table(side: &SideReport) -> Table {
    let mut table = table(
        &[
            "Shock",
            "Price stops at",
            "Whole move",
            "Closed",
            "Impact",
            "Amplification",
            "Rounds",
        ],
        0,
    );
    for shock in side.shocks.iter().chain(&side.runaway) {
        table.add_row([
            format!("{} %", shock.shock_pct),
            number(shock.price_usd),
            format!("{} %", shock.move_pct),
            short(shock.closed_usd),
            format!("{:.2} %", shock.impact_pct),
            format!("{:.2}", shock.amplification),
            shock.rounds.to_string(),
        ]);
    }
    table
}

fn runaway_line(side: &SideReport, parameters: &Parameters) -> String {
    match (&side.runaway, side.exhausted_without_impact_pct) {
        (Some(runaway), Some(alone)) => format!(
            "A shock of {} % (last row) runs away: it does not stop before {} % of the side is traded. \
             Without impact that takes a move of {alone} %.",
            runaway.shock_pct, parameters.exhausted_pct
        ),
        _ => "Nothing is traded, so nothing runs away.".into(),
    }
}

/// A price with as many digits as it needs.
pub(in crate::heatmap) fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}
