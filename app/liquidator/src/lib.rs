//! Watches a market and liquidates what is unhealthy.

#![deny(missing_docs)]
