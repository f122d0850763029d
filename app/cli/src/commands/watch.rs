//! `levee watch`.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use levee_client::output::say;
use levee_client::rpc::told;
use serde::Serialize;

use super::position_report::{rank, Ranking};
use crate::amounts::{health, usd_down, usd_up};
use crate::context::Context;
use crate::market_view::MarketView;
use crate::output::{print_to_reader, table, Report};

/// A live table of the unhealthiest obligations.
#[derive(Args)]
pub struct Watch {
    /// How many are shown
    #[arg(long, default_value_t = 20)]
    rows: usize,
    /// Seconds between two looks
    #[arg(long, default_value_t = 2, value_name = "SECONDS")]
    interval: u64,
    /// Look once
    #[arg(long)]
    once: bool,
}

#[derive(Serialize)]
struct Shown {
    slot: u64,
    obligations: usize,
    unhealthy: usize,
    /// With debt, and without a valuation.
    unvalued: usize,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    obligation: String,
    owner: String,
    health_factor: String,
    is_unhealthy: bool,
    collateral_usd: String,
    debt_usd: String,
    unhealthy_slots: u64,
    auction_slots: u64,
}

impl Report for Shown {
    fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            vec![
                row.obligation.clone(),
                row.health_factor.clone(),
                row.collateral_usd.clone(),
                row.debt_usd.clone(),
                row.unhealthy_slots.to_string(),
            ]
        });
        let header = [
            "obligation",
            "health",
            "collateral $",
            "debt $",
            "unhealthy slots",
        ];
        let unvalued = match self.unvalued {
            0 => String::new(),
            some => format!(", {some} cannot be valued"),
        };
        format!(
            "slot {}: {} obligations, {} unhealthy{unvalued}\n{}",
            self.slot,
            self.obligations,
            self.unhealthy,
            table(&header, rows.collect())
        )
    }
}

impl Watch {
    /// Looks until it is interrupted or nobody reads any more. Once it has seen the market, a look that fails is said and followed
    /// by the next.
    ///
    /// # Errors
    /// The first look's.
    pub async fn run(self, context: &Context) -> Result<()> {
        let mut is_first = true;
        loop {
            match self.look(context).await {
                Ok(shown) => {
                    is_first = false;
                    if !self.once && !context.shared.json && std::io::stdout().is_terminal() {
                        // Home, and clear what was below.
                        write!(std::io::stdout(), "\x1b[H\x1b[J")?;
                    }
                    if !print_to_reader(&shown, context.shared.json)? {
                        return Ok(());
                    }
                }
                Err(error) if is_first => return Err(error),
                Err(error) => say(format_args!("note: no look this time: {}", told(&error))),
            }
            if self.once {
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(self.interval.max(1))) => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    }

    async fn look(&self, context: &Context) -> Result<Shown> {
        let view = MarketView::load(context).await?;
        let obligations = context.connection.obligations(&view.key).await?;
        let live = view.live(context).await?;
        let Ranking { books, failed } =
            rank(&view.market, &live.copies, live.moment(), &obligations);
        for (key, error) in &failed {
            say(format_args!(
                "note: {key} cannot be valued: {}",
                told(error)
            ));
        }
        let is_sick = |book: &levee_risk::valuation::Book| !book.health.is_healthy();
        let rows = books
            .iter()
            .take(self.rows)
            .map(|(key, obligation, book)| Row {
                obligation: key.to_string(),
                owner: obligation.owner.to_string(),
                health_factor: health(&book.health),
                is_unhealthy: is_sick(book),
                collateral_usd: usd_down(book.collateral),
                debt_usd: usd_up(book.debt),
                unhealthy_slots: obligation.unhealthy_slots,
                auction_slots: obligation.auction_slots,
            });
        Ok(Shown {
            slot: live.now.clock.slot,
            obligations: obligations.len(),
            unhealthy: books.iter().filter(|(_, _, book)| is_sick(book)).count(),
            unvalued: failed.len(),
            rows: rows.collect(),
        })
    }
}
