//! Test feeds: prices that are pushed by transactions, in accounts like those of Pyth.

// Anchor's error type is large, and its macros expand to code that these two lints dislike.
#![allow(clippy::result_large_err, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;

declare_id!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
