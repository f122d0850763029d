//! Prices, valuation and the liquidation plan against exact numbers, published vectors and real loan books.

#[path = "../common/data.rs"]
mod data;

mod bonus;
mod close;
mod exact;
mod garbage;
mod heal;
mod limits;
mod positions;
mod prices;
mod published;
mod random;
mod repeat;
mod split;
mod valuation;
