//! One instruction a file. Each handler reads as: load, gate, accrue, plan, apply, transfer, check, emit.

mod accept_owner;
mod borrow;
mod claim_protocol_fees;
mod close_obligation;
mod deposit;
mod init_lending_market;
mod init_obligation;
mod init_reserve;
mod liquidate;
mod propose_owner;
mod refresh_reserves;
mod repay;
mod set_status;
mod settle_bad_debt;
mod update_lending_market;
mod update_reserve;
mod use_reserve;
mod withdraw;

pub use accept_owner::*;
pub use borrow::*;
pub use claim_protocol_fees::*;
pub use close_obligation::*;
pub use deposit::*;
pub use init_lending_market::*;
pub use init_obligation::*;
pub use init_reserve::*;
pub use liquidate::*;
pub use propose_owner::*;
pub use refresh_reserves::*;
pub use repay::*;
pub use set_status::*;
pub use settle_bad_debt::*;
pub use update_lending_market::*;
pub use update_reserve::*;
pub use use_reserve::*;
pub use withdraw::*;
