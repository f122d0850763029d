//! What sales do to prices: the square-root law.
//!
//! A metaorder of `Q` dollars moves the price by `I = Y·σ·√(Q/V)`, with the daily volatility `σ`, the daily volume `V` and
//! `Y` near one (Almgren and others 2005, "Direct estimation of equity market impact"; Tóth and others 2011, "Anomalous price
//! impact and the critical nature of liquidity"; Donier and Bonart 2015 for Bitcoin). Its average price is worse by two
//! thirds of `I`, the mean of a square root. A part of `I` stays (Bershova and Rakhlin 2013 find about two thirds for
//! informed orders; liquidations inform of nothing, hence a third by default), the rest decays with a half-life.
//!
//! Sales that follow each other are one metaorder whose size decays with the same half-life. Everything but the decay is whole
//! numbers: dollars in millionths, impacts in billionths.

#[cfg(test)]
use crate::prices::DOLLAR;

const BILLION: u128 = 1_000_000_000;
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
            factor_ppm: 1_000_000,
            permanent_ppm: 333_333,
            half_life_ms: 600_000,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// Dollars bought less dollars sold lately, in millionths.
    net_micro_usd: i64,
    /// What stays of all impacts, in billionths.
    permanent: i64,
    /// The path's own price.
    base: u64,
    volume_micro_usd: u64,
    volatility_ppm: u64,
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
            volume_micro_usd: u64::max(volume, 1).saturating_mul(MICRO),
            volatility_ppm: volatility,
            ..Flow::default()
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
                flow.net_micro_usd = (flow.net_micro_usd as f64 * left) as i64;
            }
        }
    }

    /// The path's price of `asset` is `price` now.
    pub fn set_base(&mut self, asset: usize, price: u64) {
        self.flows[asset].base = price;
    }

    /// The price of `asset` with all impacts.
    pub fn price(&self, asset: usize) -> u64 {
        let flow = &self.flows[asset];
        let shift = self.shift(asset);
        let factor = BILLION.saturating_add_signed(i128::from(shift));
        u64::try_from(u128::from(flow.base) * factor / BILLION)
            .unwrap_or(u64::MAX)
            .max(1)
    }

    /// All impacts together, in billionths of the path's price.
    pub fn shift(&self, asset: usize) -> i64 {
        let flow = &self.flows[asset];
        let lasting = self.part(
            1_000_000 - self.params.permanent_ppm,
            self.impact(flow, flow.net_micro_usd),
        );
        flow.permanent
            .saturating_add(lasting)
            .clamp(-MOST_SHIFT, MOST_SHIFT)
    }

    /// What buying (negative: selling) so many millionths of a dollar of `asset` would cost on average against its price
    /// now, in millionths, rounded up.
    pub fn slippage_ppm_up(&self, asset: usize, micro_usd: i64) -> u64 {
        let flow = &self.flows[asset];
        if micro_usd == 0 || flow.volatility_ppm == 0 {
            return 0;
        }
        // The mean of I over the order less I at its beginning: ∫ sign(x)·√|x| = ⅔·|x|^1.5.
        let (from, to) = (
            flow.net_micro_usd,
            flow.net_micro_usd.saturating_add(micro_usd),
        );
        let power = |x: i64| {
            let x = u128::from(x.unsigned_abs());
            // x < 2^63, so the root of x·10^9 is below 2^47 and the product below 2^110.
            (x * (x * BILLION).isqrt()) as i128
        };
        let mean_root = (power(to) - power(from)) * 2 / 3 / i128::from(micro_usd);
        let from_root =
            (u128::from(from.unsigned_abs()) * BILLION).isqrt() as i128 * from.signum() as i128;
        let root = mean_root - from_root;
        // Roots are of millionths times a billion; the same of the volume gives a ratio.
        let volume_root = (u128::from(flow.volume_micro_usd) * BILLION).isqrt();
        let scale =
            u128::from(flow.volatility_ppm) * u128::from(self.params.factor_ppm) / 1_000_000;
        let cost = root
            .unsigned_abs()
            .saturating_mul(scale)
            .div_ceil(volume_root.max(1));
        u64::try_from(cost).unwrap_or(u64::MAX).min(1_000_000)
    }

    /// Buys (negative: sells) so many millionths of a dollar of `asset`: the price moves.
    pub fn trade(&mut self, asset: usize, micro_usd: i64) {
        let flow = self.flows[asset];
        if flow.volatility_ppm == 0 {
            return;
        }
        let net = flow.net_micro_usd.saturating_add(micro_usd);
        let moved = self.impact(&flow, net) - self.impact(&flow, flow.net_micro_usd);
        let permanent = self.part(self.params.permanent_ppm, moved);
        let flow = &mut self.flows[asset];
        flow.net_micro_usd = net;
        flow.permanent = flow.permanent.saturating_add(permanent);
    }

    /// `Y·σ·√(|Q|/V)` with the sign of `Q`, in billionths.
    fn impact(&self, flow: &Flow, micro_usd: i64) -> i64 {
        let scale = u128::from(flow.volatility_ppm) * u128::from(self.params.factor_ppm);
        let ratio = u128::from(micro_usd.unsigned_abs()) * BILLION * BILLION
            / u128::from(flow.volume_micro_usd);
        let impact = ratio.isqrt() * scale / 1_000_000_000_000;
        i64::try_from(impact).unwrap_or(MOST_SHIFT).min(MOST_SHIFT) * micro_usd.signum()
    }

    fn part(&self, ppm: u64, of: i64) -> i64 {
        (i128::from(of) * i128::from(ppm) / 1_000_000) as i64
    }
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
