//! The chain as its users see it: started as a process, spoken to over JSON-RPC and WebSocket.

mod process;
mod programs;
mod pubsub;
mod rpc;
mod support;
