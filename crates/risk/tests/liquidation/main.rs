//! Prices, valuation and the liquidation plan against exact numbers, published vectors and real loan books.

#[path = "../common/data.rs"]
mod data;
#[path = "../common/dice.rs"]
mod dice;
#[path = "../common/exact.rs"]
mod exact;

mod bonus;
mod close;
mod equity;
mod garbage;
mod heal;
mod limits;
mod netting;
mod positions;
mod prices;
mod published;
mod random;
mod repeat;
mod split;
mod valuation;
