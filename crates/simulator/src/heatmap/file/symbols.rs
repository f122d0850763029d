//! What tokens are, by how they are called.

/// Dollars by their symbols: without another price they cost one.
const DOLLARS: [&str; 24] = [
    "USD", "USDC", "USDT", "DAI", "GHO", "BUSD", "SUSD", "GUSD", "TUSD", "FRAX", "USDE", "PYUSD",
    "PAX", "USDP", "RLUSD", "FEI", "LUSD", "USDS", "USDTB", "CRVUSD", "USDG", "MUSD", "USDC.E",
    "USDBC",
];

/// Whether a symbol is a dollar's.
pub fn is_dollar_symbol(name: &str) -> bool {
    DOLLARS.contains(&name.to_uppercase().as_str())
}
