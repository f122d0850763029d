//! Watches a market and liquidates what is unhealthy.
