//! Events, read from the logs of a transaction.

use anchor_lang::{AnchorDeserialize, Event};
use base64::prelude::*;
use levee_testkit::Receipt;

/// How the runtime prints what a program emits.
const PREFIX: &str = "Program data: ";

/// The events of one kind that a transaction emitted, in their order.
///
/// # Panics
/// Where the logs were cut, so that an event may be missing.
pub fn events<E: Event + AnchorDeserialize>(receipt: &Receipt) -> Vec<E> {
    let is_cut = receipt.logs.iter().any(|line| line == "Log truncated");
    assert!(!is_cut, "the logs were cut");
    let data = receipt
        .logs
        .iter()
        .filter_map(|line| line.strip_prefix(PREFIX));
    data.filter_map(|text| {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        E::try_from_slice(bytes.strip_prefix(E::DISCRIMINATOR)?).ok()
    })
    .collect()
}

/// The only event of its kind.
///
/// # Panics
/// Where there is none, or more than one.
pub fn event<E: Event + AnchorDeserialize>(receipt: &Receipt) -> E {
    let mut all = events::<E>(receipt);
    assert_eq!(all.len(), 1, "events of this kind in {:?}", receipt.logs);
    all.remove(0)
}
