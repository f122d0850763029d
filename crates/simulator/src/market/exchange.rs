//! Where seized collateral is sold: prices that trades move by the [law of impact](crate::impact), in part for good.
//!
//! A part of an impact stays (Bershova and Rakhlin 2013 find about two thirds for informed orders; liquidations inform of
//! nothing, hence a third by default), the rest decays with a half-life.
//!
//! Sales that follow each other are one metaorder whose size decays with the same half-life. Everything but the decay is whole
//! numbers: dollars in millionths, impacts in billionths.

use crate::impact::{ImpactLaw, BILLION, FACTOR_PPM};
#[cfg(test)]
use crate::prices::DOLLAR;

const MICRO: u64 = 1_000_000;
/// A price falls by no more than this, in billionths: there is always somebody.
const MOST_SHIFT: i64 = 950_000_000;

/// How sales move prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImpactParams {
    /// `Y`, in parts per million; zero where nothing that is sold moves a price.
    pub factor_ppm: u64,
    /// The part of an impact that stays, in parts per million.
    pub permanent_ppm: u64,
    /// Half-life of the rest.
    pub half_life_ms: i64,
}

impl Default for ImpactParams {
    /// `Y` of one, a third stays, the rest halves every ten minutes.
    fn default() -> Self {
        Self {
            factor_ppm: FACTOR_PPM,
            permanent_ppm: 333_333,
            half_life_ms: 600_000,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Flow {
    law: ImpactLaw,
    /// Dollars bought less dollars sold lately, in millionths.
    net_micro_usd: i64,
    /// What these move the price by, in billionths.
    impact: i64,
    /// What stays of all impacts, in billionths.
    permanent: i64,
    /// The path's own price.
    base: u64,
    /// All impacts together, in billionths of it.
    shift: i64,
    /// The price with all impacts.
    price: u64,
}

impl Flow {
    /// So much is bought less sold lately.
    fn set_net(&mut self, micro_usd: i64) {
        self.net_micro_usd = micro_usd;
        self.impact = impact(&self.law, micro_usd);
    }

    /// Works out all impacts together, and the price: both are asked for more often than they change.
    fn settle(&mut self, permanent_ppm: u64) {
        let lasting = part(1_000_000 - permanent_ppm, self.impact);
        self.shift = self
            .permanent
            .saturating_add(lasting)
            .clamp(-MOST_SHIFT, MOST_SHIFT);
        let factor = BILLION.saturating_add_signed(i128::from(self.shift));
        self.price = u64::try_from(u128::from(self.base) * factor / BILLION)
            .unwrap_or(u64::MAX)
            .max(1);
    }
}

/// Where seized collateral is sold: the path's price, moved by what was sold so far.
#[derive(Clone, Debug)]
pub struct Exchange {
    params: ImpactParams,
    flows: Vec<Flow>,
    time_ms: i64,
}

impl Exchange {
    /// An exchange for assets with these (daily volume in dollars, daily volatility in ppm).
    pub fn new(params: ImpactParams, depths: impl Iterator<Item = (u64, u64)>) -> Self {
        let flow = |(volume, volatility)| Flow {
            law: ImpactLaw::new(
                u64::max(volume, 1).saturating_mul(MICRO).into(),
                volatility,
                params.factor_ppm,
            ),
            net_micro_usd: 0,
            impact: 0,
            permanent: 0,
            base: 0,
            shift: 0,
            price: 1,
        };
        Self {
            params,
            flows: depths.map(flow).collect(),
            time_ms: 0,
        }
    }

    /// Goes on to `time_ms`: what decays does.
    pub fn advance(&mut self, time_ms: i64) {
        let elapsed = time_ms - self.time_ms;
        self.time_ms = time_ms;
        if elapsed <= 0 {
            return;
        }
        let left = 0.5f64.powf(elapsed as f64 / self.params.half_life_ms as f64);
        for flow in &mut self.flows {
            if flow.net_micro_usd != 0 {
                flow.set_net((flow.net_micro_usd as f64 * left) as i64);
                flow.settle(self.params.permanent_ppm);
            }
        }
    }

    /// The path's price of `asset` is `price` now.
    pub fn set_base(&mut self, asset: usize, price: u64) {
        self.flows[asset].base = price;
        self.flows[asset].settle(self.params.permanent_ppm);
    }

    /// The price of `asset` with all impacts.
    pub fn price(&self, asset: usize) -> u64 {
        self.flows[asset].price
    }

    /// All impacts together, in billionths of the path's price.
    pub fn shift(&self, asset: usize) -> i64 {
        self.flows[asset].shift
    }

    /// What buying (negative: selling) so many millionths of a dollar of `asset` would cost on average against its price
    /// now, in millionths, rounded up.
    pub fn slippage_ppm_up(&self, asset: usize, micro_usd: i64) -> u64 {
        let flow = &self.flows[asset];
        flow.law.cost_ppm_up(flow.net_micro_usd, micro_usd)
    }

    /// Buys (negative: sells) so many millionths of a dollar of `asset`: the price moves.
    pub fn trade(&mut self, asset: usize, micro_usd: i64) {
        let flow = &mut self.flows[asset];
        if flow.law.is_flat() {
            return;
        }
        let before = flow.impact;
        flow.set_net(flow.net_micro_usd.saturating_add(micro_usd));
        let permanent = part(self.params.permanent_ppm, flow.impact - before);
        flow.permanent = flow.permanent.saturating_add(permanent);
        flow.settle(self.params.permanent_ppm);
    }
}

fn part(ppm: u64, of: i64) -> i64 {
    (i128::from(of) * i128::from(ppm) / 1_000_000) as i64
}

/// The law's impact with the sign of the order, in billionths, no larger than prices move.
fn impact(law: &ImpactLaw, micro_usd: i64) -> i64 {
    let impact = law.impact_ppb_down(micro_usd.unsigned_abs().into());
    i64::try_from(impact).unwrap_or(MOST_SHIFT).min(MOST_SHIFT) * micro_usd.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: i64 = 1_000_000;

    fn exchange() -> Exchange {
        let mut exchange = Exchange::new(
            ImpactParams::default(),
            [(2_000_000_000, 40_000)].into_iter(),
        );
        exchange.set_base(0, 200 * DOLLAR);
        exchange
    }

    #[test]
    fn a_sale_moves_the_price_by_the_root_of_its_part_of_the_volume() {
        let mut exchange = exchange();
        // 20 of 2,000 million: a tenth, times four percent.
        exchange.trade(0, -20_000_000 * USD);
        assert_eq!(exchange.shift(0), -4_000_000);
        assert_eq!(exchange.price(0), 200 * DOLLAR / 1_000 * 996);
        // A third stays.
        exchange.advance(100_000_000);
        assert_eq!(exchange.shift(0), -1_333_332);
    }

    #[test]
    fn an_order_pays_two_thirds_of_its_impact_and_the_next_one_less_at_the_margin() {
        let mut exchange = exchange();
        let cost = exchange.slippage_ppm_up(0, -20_000_000 * USD);
        assert!((2_666..=2_668).contains(&cost), "{cost}");
        exchange.trade(0, -20_000_000 * USD);
        let next = exchange.slippage_ppm_up(0, -20_000_000 * USD);
        assert!(next < cost, "{next}");
    }

    #[test]
    fn buying_back_undoes_a_sale() {
        let mut exchange = exchange();
        exchange.trade(0, -5_000_000 * USD);
        exchange.trade(0, 5_000_000 * USD);
        assert_eq!(exchange.shift(0), 0);
        assert_eq!(exchange.price(0), 200 * DOLLAR);
    }

    #[test]
    fn enormous_orders_neither_panic_nor_turn_a_price_negative() {
        let mut exchange = exchange();
        for _ in 0..10 {
            assert!(exchange.slippage_ppm_up(0, i64::MIN / 4) <= 1_000_000);
            exchange.trade(0, i64::MIN / 4);
        }
        assert!(exchange.price(0) > 0);
    }
}
