//! What a liquidator makes of what was seized, at the exchange's prices.

use anyhow::Result;
use levee_risk::units::Usd;

use super::wallets::Holder;
use super::world::{World, WAD_PER_MICRO};

/// A million millionths.
const PPM: i128 = 1_000_000;

/// Atoms given for others, which are sold at once. Dollars are millionths at the exchange's prices, rounded down.
#[derive(Clone, Copy, Debug)]
pub struct Bargain {
    /// The reserve of what is given, and how many atoms of it.
    pub give: (usize, u64),
    /// The reserve of what is received, and how many atoms of it.
    pub get: (usize, u64),
    /// What is given.
    paid_micro_usd: i64,
    /// What is received.
    worth_micro_usd: i64,
    /// What selling it costs, in parts per million, rounded up.
    cost_ppm: u64,
}

impl Bargain {
    /// What is received, in millionths of a dollar.
    pub fn worth_micro_usd(&self) -> i64 {
        self.worth_micro_usd
    }
}

impl World {
    /// What a liquidator must earn on selling so many millionths of a dollar of `sold` for `bought`, in parts per million.
    /// Tokens of one base change hands at their rate, for the fee alone.
    pub fn cost_ppm_up(&self, sold: usize, bought: usize, micro_usd: i64) -> u64 {
        if sold == bought {
            return 0;
        }
        let (sold, bought) = (self.source(sold), self.source(bought));
        if sold == bought {
            return self.costs.fee_ppm;
        }
        self.costs.fee_ppm
            + self.exchange.slippage_ppm_up(sold, -micro_usd)
            + self.exchange.slippage_ppm_up(bought, micro_usd)
    }

    /// What giving `paid` atoms for `received` atoms means.
    ///
    /// # Errors
    /// As [`World::micro_usd`].
    pub fn bargain(
        &self,
        (give, paid): (usize, u64),
        (get, received): (usize, u64),
    ) -> Result<Bargain> {
        let worth_micro_usd = self.micro_usd(get, received)?;
        Ok(Bargain {
            give: (give, paid),
            get: (get, received),
            paid_micro_usd: self.micro_usd(give, paid)?,
            worth_micro_usd,
            cost_ppm: self.cost_ppm_up(get, give, worth_micro_usd),
        })
    }

    /// Whether `bargain` earns what liquidators ask for.
    pub fn is_worth_it(&self, bargain: &Bargain) -> bool {
        let cost = i128::from(bargain.cost_ppm + self.costs.latency_ppm);
        let (paid, received) = (bargain.paid_micro_usd, bargain.worth_micro_usd);
        self.costs.acts_at_a_loss || i128::from(received) * (PPM - cost) >= i128::from(paid) * PPM
    }

    /// Whether it pays to give `paid` atoms for `received` atoms and sell these.
    ///
    /// # Errors
    /// As [`World::micro_usd`].
    pub fn pays(&self, give: (usize, u64), get: (usize, u64)) -> Result<bool> {
        if self.costs.acts_at_a_loss {
            return Ok(true);
        }
        Ok(self.is_worth_it(&self.bargain(give, get)?))
    }

    /// The liquidators pay into the vault of what `bargain` gives, receive from that of what it gets, and sell it at the
    /// prices of the bargain, which moves both. Returns their profit in millionths of a dollar.
    ///
    /// # Errors
    /// As [`World::micro_usd`].
    pub fn strike(&mut self, bargain: &Bargain) -> Result<i64> {
        let ((give, paid), (get, received)) = (bargain.give, bargain.get);
        let (worth, cost) = (bargain.worth_micro_usd, bargain.cost_ppm);
        self.wallets.pay_in(Holder::Liquidators, give, paid);
        self.wallets.pay_out(Holder::Liquidators, get, received);
        let proceeds = self.sell_at((get, received), give, (worth, cost))?;
        Ok(self.micro_usd(give, proceeds)? - bargain.paid_micro_usd)
    }

    /// Sells `atoms` of `sold` from the liquidators' wallet for `bought`, which moves both prices. Returns the proceeds,
    /// rounded down.
    ///
    /// # Errors
    /// As [`World::micro_usd`].
    pub fn sell(&mut self, sold: usize, atoms: u64, bought: usize) -> Result<u64> {
        let worth = self.micro_usd(sold, atoms)?;
        let cost = self.cost_ppm_up(sold, bought, worth);
        self.sell_at((sold, atoms), bought, (worth, cost))
    }

    fn sell_at(
        &mut self,
        (sold, atoms): (usize, u64),
        bought: usize,
        (worth, cost): (i64, u64),
    ) -> Result<u64> {
        let feed = self.source(bought);
        let price = self.pool.token_price(bought, self.exchange.price(feed))?;
        let left =
            u128::from(worth.unsigned_abs()) * (PPM as u128 - u128::from(cost).min(PPM as u128));
        // Millionths of millionths of a dollar are a millionth of a wad's unit.
        let proceeds = price.atoms_down(Usd::from_wad(left * WAD_PER_MICRO / PPM as u128))?;
        self.wallets
            .transfer(Holder::Liquidators, Holder::Exchange, sold, atoms);
        self.wallets
            .transfer(Holder::Exchange, Holder::Liquidators, bought, proceeds.0);
        let sold_feed = self.source(sold);
        if sold_feed != feed {
            self.exchange.trade(sold_feed, -worth);
            self.exchange.trade(feed, worth);
        }
        Ok(proceeds.0)
    }
}
