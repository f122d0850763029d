//! Puts Levee on a cluster, and a market from a file on Levee.
