//! The report for people.

use comfy_table::Table;

use super::{Pair, Report, ReserveRow, Tokens};
use crate::tables::table;

/// What there is none of.
const NONE: &str = "–";

impl Report {
    /// The tables.
    pub fn table(&self) -> String {
        let mut text = self.sums().to_string();
        if let Some(largest) = &self.largest {
            text += &format!(
                "\nThe largest: obligation {} in {}",
                largest.obligation, largest.signature
            );
        }
        for (rows, table) in [
            (self.tokens.len(), tokens_table(&self.tokens)),
            (self.open_interest.len(), pairs_table(&self.open_interest)),
            (self.reserves.len(), reserves_table(&self.reserves)),
        ] {
            if rows > 0 {
                text += &format!("\n\n{table}");
            }
        }
        for (count, what) in self.gaps() {
            if count > 0 {
                text += &format!("\n{count} {what}");
            }
        }
        text
    }

    fn sums(&self) -> Table {
        let hours = self.to_ts.saturating_sub(self.from_ts) / 3_600;
        let mut table = table(&[&format!("Last {hours} hours"), ""], 1);
        let sides = [self.long_usd, self.short_usd, self.neither_usd].map(usd);
        let ratio = self.long_short_ratio.map(|ratio| format!("{ratio:.2}"));
        let largest = self.largest.as_ref().map(|one| usd(one.repaid_usd));
        for (name, value) in [
            ("Liquidated", usd(self.repaid_usd)),
            ("Collateral received for it", usd(self.seized_usd)),
            ("Liquidations", self.liquidations.to_string()),
            ("Borrowers", self.borrowers.to_string()),
            ("Long / short / neither", sides.join(" / ")),
            ("Long over short", ratio.unwrap_or_else(|| NONE.into())),
            ("Largest single one", largest.unwrap_or_else(|| NONE.into())),
        ] {
            table.add_row([name.to_owned(), value]);
        }
        table
    }

    /// What is missing, each with its count.
    fn gaps(&self) -> [(u64, &'static str); 4] {
        [
            (
                self.unread_transactions,
                "transactions are listed and not read yet: synchronize again",
            ),
            (
                self.cut_transactions,
                "transactions had their logs cut by the cluster: facts may be missing",
            ),
            (
                self.undated_liquidations,
                "liquidations have no block time and are in no window",
            ),
            (
                self.unknown_reserve_events,
                "events are of reserves that the database does not know, as those of other markets are, and are in no sum",
            ),
        ]
    }
}

fn tokens_table(tokens: &[Tokens]) -> Table {
    let mut table = table(
        &[
            "Token",
            "Repaid atoms",
            "Seized atoms",
            "To insurance",
            "Bad debt",
            "Of it insured",
        ],
        1,
    );
    for token in tokens {
        let numbers = [
            token.repaid_atoms,
            token.seized_atoms,
            token.insurance_atoms,
            token.bad_debt_atoms,
            token.insured_atoms,
        ];
        let cells = numbers.iter().map(u128::to_string);
        table.add_row(std::iter::once(token.token.clone()).chain(cells));
    }
    table
}

fn pairs_table(pairs: &[Pair]) -> Table {
    let mut table = table(&["Collateral", "Debt", "Open interest", "Obligations"], 2);
    for pair in pairs {
        table.add_row([
            &pair.collateral,
            &pair.debt,
            &usd(pair.owed_usd),
            &pair.obligations.to_string(),
        ]);
    }
    table
}

fn reserves_table(reserves: &[ReserveRow]) -> Table {
    let percent = |bps: f64| format!("{:.2} %", bps / 100.0);
    let mut table = table(&["Token", "Owed", "Utilization", "Borrow rate", "Skew"], 1);
    for reserve in reserves {
        let skew = reserve.skew_bps.map(|skew| percent(skew as f64));
        table.add_row([
            reserve.token.clone(),
            usd(reserve.owed_usd),
            percent(f64::from(reserve.utilization_bps)),
            percent(f64::from(reserve.borrow_rate_bps)),
            skew.unwrap_or_else(|| NONE.into()),
        ]);
    }
    table
}

fn usd(value: f64) -> String {
    format!("${value:.2}")
}
