//! Prices, and who is unhealthy at them.

use super::*;

impl Market {
    pub fn refresh(&self, (deposits, debts): (&[usize], &[usize])) -> Instruction {
        let keys = deposits.iter().chain(debts).map(|at| self.price_keys(*at));
        ix::refresh_reserves(&keys.collect::<Vec<_>>())
    }

    pub fn price_keys(&self, token: usize) -> PriceKeys {
        let admin = self.admin.pubkey();
        let address = |id: u8| feed_address(&self.oracle, &admin, &[id; 32]);
        PriceKeys {
            reserve: self.tokens[token].keys.reserve,
            price: address(self.tokens[token].feed),
            rate: (token == STAKED).then(|| address(RATE_FEED)),
        }
    }

    /// From now on `feed`'s price is the part of what it was.
    pub async fn fall(&self, token: usize, part: f64) {
        let mut prices = self.prices.lock().await;
        let price = prices.get_mut(&self.tokens[token].feed).unwrap();
        *price = (*price as f64 * part) as i64;
        send_all(
            &self.connection,
            &[(&self.admin, vec![push(&self.oracle, &self.admin, &prices)])],
        )
        .await;
    }

    /// How many obligations are unhealthy, of how many: all of them valued by the program's own code at the prices now.
    pub async fn unhealthy(&self) -> (usize, usize) {
        let connection = &self.connection;
        let market = connection.market(&self.key).await.unwrap();
        let reserves = connection.reserves(&self.key).await.unwrap();
        let obligations = connection.obligations(&self.key).await.unwrap();
        let now = connection.now().await.unwrap();
        let prices: Vec<_> = (0..TOKENS.len()).map(|at| self.price_keys(at)).collect();
        let copies = connection
            .refreshed(&reserves, &prices, &now)
            .await
            .unwrap();
        let moment = Moment {
            slot: now.clock.slot,
            now_ts: now.clock.unix_timestamp,
        };
        let unhealthy = obligations.iter().filter(|(_, obligation)| {
            let book = book(&market, obligation, |key| copies.0.get(key), moment);
            !book.unwrap().health.is_healthy()
        });
        (unhealthy.count(), obligations.len())
    }
}

fn feed(id: u8, price: i64) -> Feed {
    Feed::steady([id; 32], price, -8)
}

pub(super) fn push(oracle: &Pubkey, admin: &Keypair, prices: &HashMap<u8, i64>) -> Instruction {
    let mut feeds: Vec<Feed> = prices.iter().map(|(id, price)| feed(*id, *price)).collect();
    feeds.push(feed(RATE_FEED, RATE));
    push_all(oracle, &admin.pubkey(), &feeds)
}

/// Publishes all prices every second, as young as liquidations ask for.
pub(super) async fn push_forever(
    connection: Connection,
    (oracle, admin): (Pubkey, Keypair),
    prices: Arc<Mutex<HashMap<u8, i64>>>,
) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let prices = prices.lock().await;
        send_all(
            &connection,
            &[(&admin, vec![push(&oracle, &admin, &prices)])],
        )
        .await;
    }
}
