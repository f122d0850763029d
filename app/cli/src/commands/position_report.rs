//! How an obligation stands, printed.

use anyhow::Result;
use levee::state::{LendingMarket, Obligation};
use levee_client::health::{liquidation_price, statement, Holding};
use levee_client::quote::{book, Copies};
use levee_risk::policy::Moment;
use levee_risk::units::Usd;
use levee_risk::valuation::Book;
use serde::Serialize;
use solana_pubkey::Pubkey;

use crate::amounts::{health, percent, price, tokens, usd_down, usd_up};
use crate::context::Context;
use crate::market_view::MarketView;
use crate::output::{list, print, table, Report};

#[derive(Serialize)]
struct Shown {
    obligation: String,
    owner: String,
    elevation_group: u8,
    health_factor: String,
    is_unhealthy: bool,
    collateral_usd: String,
    debt_usd: String,
    may_still_borrow_usd: Option<String>,
    unhealthy_slots: u64,
    auction_slots: u64,
    deposits: Vec<Row>,
    borrows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    token: String,
    amount_tokens: String,
    value_usd: String,
    weight_bps: u32,
    price_usd: String,
    liquidation_price_usd: Option<String>,
}

impl Report for Shown {
    fn text(&self) -> String {
        let limit = match &self.may_still_borrow_usd {
            Some(usd) => format!("${usd}"),
            None => "nothing now: a price is doubtful, too old, or the cluster has just restarted"
                .into(),
        };
        let mut entries = vec![
            ("obligation", self.obligation.clone()),
            ("owner", self.owner.clone()),
            ("health factor", self.health_factor.clone()),
            ("collateral", format!("${}", self.collateral_usd)),
            ("debt", format!("${}", self.debt_usd)),
            ("may still borrow", limit),
        ];
        if self.elevation_group != 0 {
            entries.push(("elevation group", self.elevation_group.to_string()));
        }
        let row = |kind: &str, row: &Row| {
            let liquidation = row.liquidation_price_usd.clone();
            vec![
                format!("{kind} {}", row.token),
                row.amount_tokens.clone(),
                row.value_usd.clone(),
                percent(row.weight_bps),
                row.price_usd.clone(),
                liquidation.unwrap_or_else(|| "–".into()),
            ]
        };
        let deposits = self.deposits.iter().map(|deposit| row("holds", deposit));
        let borrows = self.borrows.iter().map(|borrow| row("owes", borrow));
        let header = [
            "position",
            "amount",
            "value $",
            "weight",
            "price $",
            "liquidated beyond $",
        ];
        let rows = deposits.chain(borrows).collect();
        format!("{}\n{}", list(&entries), table(&header, rows))
    }
}

/// Prints how `obligation` of `view`'s market at `key` stands at the newest prices.
///
/// # Errors
/// The cluster's, and where it cannot be valued.
pub async fn show(
    context: &Context,
    view: &MarketView,
    key: &Pubkey,
    obligation: &Obligation,
) -> Result<()> {
    let live = view.live(context).await?;
    let stated = statement(&view.market, obligation, &live.copies, live.moment())?;
    let row = |holding: &Holding, owes: bool| -> Result<Row> {
        let reserve = view.at(&holding.reserve)?;
        let cache = live.copies.0.get(&holding.reserve).unwrap_or(reserve).price;
        let feed = &reserve.config.oracle_feed;
        let beyond =
            liquidation_price(&view.market, obligation, &live.copies, live.moment(), feed)?;
        Ok(Row {
            token: view.name(&holding.reserve),
            amount_tokens: tokens(holding.atoms.0, reserve.decimals),
            value_usd: if owes {
                usd_up(holding.value)
            } else {
                usd_down(holding.value)
            },
            weight_bps: holding.weight.0,
            price_usd: price(cache.price, cache.exponent),
            liquidation_price_usd: beyond.map(|mantissa| price(mantissa, cache.exponent)),
        })
    };
    let rows = |holdings: &[Holding], owes: bool| -> Result<Vec<Row>> {
        holdings.iter().map(|holding| row(holding, owes)).collect()
    };
    print(
        &Shown {
            obligation: key.to_string(),
            owner: obligation.owner.to_string(),
            elevation_group: obligation.elevation_group,
            health_factor: health(&stated.book.health),
            is_unhealthy: stated.is_unhealthy(),
            collateral_usd: usd_down(stated.book.collateral),
            debt_usd: usd_up(stated.book.debt),
            may_still_borrow_usd: stated.limit.as_ref().map(|limit| usd_down(room(limit))),
            unhealthy_slots: obligation.unhealthy_slots,
            auction_slots: obligation.auction_slots,
            deposits: rows(&stated.deposits, false)?,
            borrows: rows(&stated.borrows, true)?,
        },
        context.shared.json,
    )
}

/// What may still be borrowed at a borrow factor of one, rounded down.
fn room(limit: &levee_risk::valuation::Health) -> Usd {
    const BPS: u128 = 10_000;
    let room = limit.collateral.raw().saturating_sub(limit.debt.raw());
    Usd::from_wad(room / BPS)
}

/// Obligations with debt by their health.
pub struct Ranking<'a> {
    /// The unhealthiest first.
    pub books: Vec<(&'a Pubkey, &'a Obligation, Book)>,
    /// Those that cannot be valued, and why.
    pub failed: Vec<(&'a Pubkey, anyhow::Error)>,
}

/// Ranks `obligations` of `market` at the prices of `reserves`; one that cannot be valued hides no other.
pub fn rank<'a>(
    market: &LendingMarket,
    reserves: &Copies,
    moment: Moment,
    obligations: &'a [(Pubkey, Obligation)],
) -> Ranking<'a> {
    let (mut books, mut failed) = (Vec::new(), Vec::new());
    for (key, obligation) in obligations.iter().filter(|(_, o)| o.borrow_count > 0) {
        let find = |reserve: &Pubkey| reserves.0.get(reserve);
        match book(market, obligation, find, moment) {
            Ok(book) => books.push((key, obligation, book)),
            Err(error) => failed.push((key, error.into())),
        }
    }
    books.sort_by(|(_, _, one), (_, _, other)| one.health.compare(&other.health));
    Ranking { books, failed }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable;
    use levee::state::{Limbs, Position, Reserve};
    use levee_client::defaults::reserve_config;

    use super::*;

    /// Owes a little in `reserve`.
    fn owing(reserve: Pubkey) -> (Pubkey, Obligation) {
        let mut obligation = Obligation::zeroed();
        obligation.borrow_count = 1;
        obligation.borrows[0] = Position {
            reserve,
            scaled: Limbs([1 << 32, 0]),
        };
        (Pubkey::new_unique(), obligation)
    }

    #[test]
    fn an_obligation_that_cannot_be_valued_hides_no_other() {
        let [known, unknown] = [Pubkey::new_unique(), Pubkey::new_unique()];
        let mut reserve = Reserve::zeroed();
        reserve.config = reserve_config([1; 32]);
        reserve.borrow_index = Limbs([1 << 32, 0]);
        (reserve.price.price, reserve.price.exponent) = (100_000_000, -8);
        let reserves = Copies([(known, reserve)].into_iter().collect());
        let obligations = [owing(unknown), owing(known)];
        let moment = Moment { slot: 1, now_ts: 1 };
        let ranking = rank(&LendingMarket::zeroed(), &reserves, moment, &obligations);
        assert_eq!(ranking.books.len(), 1);
        assert_eq!(*ranking.books[0].0, obligations[1].0);
        assert_eq!(ranking.failed.len(), 1);
        assert_eq!(*ranking.failed[0].0, obligations[0].0);
    }
}
