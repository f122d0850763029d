//! Which asset a file is of, by its name.

/// What a ticker is quoted in; longer ones first.
const QUOTES: [&str; 7] = ["FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "DAI"];
/// Assets that files are named after without a quote.
const KNOWN: [&str; 20] = [
    "BTC", "XBT", "ETH", "SOL", "USDC", "USDT", "DAI", "AAVE", "LINK", "BNB", "AVAX", "XRP",
    "DOGE", "JUP", "JTO", "PYTH", "BONK", "WIF", "JITOSOL", "MSOL",
];
/// What else names have: exchanges and markets.
const WORDS: [&str; 16] = [
    "BINANCE",
    "BYBIT",
    "OKX",
    "COINBASE",
    "KRAKEN",
    "BITSTAMP",
    "BITFINEX",
    "GEMINI",
    "HYPERLIQUID",
    "DERIBIT",
    "KUCOIN",
    "SPOT",
    "PERP",
    "FUTURES",
    "PRICES",
    "OHLCV",
];
const OTHER_NAMES: [(&str, &str); 4] = [
    ("XBT", "BTC"),
    ("SOLANA", "SOL"),
    ("BITCOIN", "BTC"),
    ("ETHEREUM", "ETH"),
];

/// The asset that a file with this stem is named after: `SOLUSDT_1m` is SOL, `XBTUSD_perp` BTC, `Binance_ETHUSDT_d` ETH. A
/// pair comes before a known asset, and that before the first word that is no exchange's.
pub(super) fn ticker(stem: &str) -> String {
    let upper = stem.to_uppercase();
    let words: Vec<&str> = upper
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.starts_with(char::is_alphabetic))
        .collect();
    let pair = words.iter().find_map(|word| base(word));
    let known =
        |name: &&str| KNOWN.contains(name) || OTHER_NAMES.iter().any(|(other, _)| other == name);
    let other = |name: &&str| !WORDS.contains(name);
    let name = pair
        .or_else(|| words.iter().copied().find(known))
        .or_else(|| words.iter().copied().find(other))
        .unwrap_or(&upper);
    let same = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    same.map_or(name, |(_, ticker)| ticker).to_owned()
}

/// The base of a pair; dollars by names of their own are none.
fn base(word: &str) -> Option<&str> {
    let mut bases = QUOTES.iter().filter_map(|quote| word.strip_suffix(quote));
    bases.find(|base| base.len() >= 3 && !WORDS.contains(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_asset() {
        for (stem, asset) in [
            ("SOLUSDT_1m", "SOL"),
            ("XBTUSD_perp_1m", "BTC"),
            ("BTCUSDC_hl_perp_5m", "BTC"),
            ("USDCUSDT_perp_1m", "USDC"),
            ("USDC_large_depeg_2023_15m", "USDC"),
            ("eth", "ETH"),
            ("Binance_SOLUSDT_1m", "SOL"),
            ("binance-sol-usdt-1m", "SOL"),
            ("2025-10-10_ETH-USD", "ETH"),
            ("1m_BTCUSDT", "BTC"),
            ("solana", "SOL"),
            ("PYUSD_1m", "PYUSD"),
            ("JTOUSDT-1s-2025-10", "JTO"),
            ("MYTOKEN_5m", "MYTOKEN"),
            ("prices", "PRICES"),
            ("", ""),
        ] {
            assert_eq!(ticker(stem), asset, "{stem}");
        }
    }
}
