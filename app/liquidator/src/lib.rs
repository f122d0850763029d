//! Watches a market and liquidates what is unhealthy.
//!
//! The [`bot`] keeps an index of all obligations ([`levee_index`]) as a [`source`] tells it what changes, [`decide`]s with the
//! program's own code on copies, writes what it means to do into its [`journal`], and sends it by a [`sender`].

#![deny(missing_docs)]

pub mod book;
pub mod bot;
pub mod config;
pub mod decide;
pub mod health;
pub mod journal;
pub mod router;
pub mod sender;
pub mod server;
pub mod source;
pub mod start;
pub mod wallet;
