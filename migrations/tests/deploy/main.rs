//! `levee-deploy` on a real chain: the embedded one, over JSON-RPC.

mod market;
mod program;
mod refusals;
mod support;
