//! The program's events in the logs of one transaction.

use std::str::FromStr;

use anchor_lang::prelude::Pubkey;
use anchor_lang::{AnchorDeserialize, Discriminator};
use anyhow::{bail, Context, Result};
use base64::prelude::*;
use levee::events;
use levee_client::ID;

/// How the runtime prints what a program emits.
const DATA: &str = "Program data: ";
/// What the runtime prints where there is more than it keeps.
const CUT: &str = "Log truncated";
const DISCRIMINATOR_BYTES: usize = 8;

/// One liquidation; amounts and prices as in [`events::Liquidated`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Documented where the program emits them.
pub struct Liquidation {
    pub obligation: String,
    pub repay_reserve: String,
    pub seize_reserve: String,
    pub repaid_atoms: u64,
    pub seized_atoms: u64,
    pub insurance_atoms: u64,
    pub repay_price: u64,
    pub seize_price: u64,
    pub health_before_ppm: u64,
    pub health_after_ppm: u64,
    pub bonus_ppm: u32,
    pub unhealthy_slots: u64,
    pub bad_debt_atoms: u64,
    pub insured_atoms: u64,
    pub tier: u8,
}

/// A debt that was written off besides that of a liquidated pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOff {
    /// Whose.
    pub obligation: String,
    /// Of which token.
    pub reserve: String,
    /// Written off.
    pub loss_atoms: u64,
    /// The part of it that the insurance paid.
    pub insured_atoms: u64,
}

/// What an event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A liquidation, alone or in a batch.
    Liquidated(Liquidation),
    /// A debt without collateral.
    WrittenOff(WriteOff),
}

/// A fact and its place in the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Number of the transaction's instruction, among those that log.
    pub instruction: u32,
    /// Number of the program's event in it.
    pub event: u32,
    /// Number of the liquidation in a batch; zero elsewhere.
    pub entry: u32,
    /// What happened.
    pub fact: Fact,
}

/// The facts of one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// In their order.
    pub events: Vec<Event>,
    /// Whether the runtime cut the logs, so that facts may be missing.
    pub is_cut: bool,
}

/// Reads the events that Levee itself emitted, at whatever depth it was called.
///
/// # Errors
/// One line with the log's number where an event is no base64, unknown, or of another layout, and where the nesting of
/// programs makes no sense.
pub fn decode(logs: &[String]) -> Result<Decoded> {
    let mut decoded = Decoded::default();
    let mut running: Vec<Pubkey> = Vec::new();
    let mut instructions = 0u32;
    let mut events = 0u32;
    for (at, line) in logs.iter().enumerate() {
        let place = || format!("log line {}", at + 1);
        if line == CUT {
            decoded.is_cut = true;
            // Shorter lines may still follow, without the calls and ends between them: whose they are is unknown.
            break;
        }
        if let Some(text) = line.strip_prefix(DATA) {
            if running.last() == Some(&ID) {
                let instruction = instructions.saturating_sub(1);
                let facts = facts(text).with_context(place)?;
                let numbered = (0u32..).zip(facts);
                decoded.events.extend(numbered.map(|(entry, fact)| Event {
                    instruction,
                    event: events,
                    entry,
                    fact,
                }));
                events += 1;
            }
            continue;
        }
        match step(line) {
            Some(Step::Invoke(id, depth)) => {
                if depth != running.len() + 1 {
                    bail!(
                        "{}: a call at depth {depth} within {}",
                        place(),
                        running.len()
                    );
                }
                if depth == 1 {
                    instructions += 1;
                    events = 0;
                }
                running.push(id);
            }
            Some(Step::End(id)) => match running.pop() {
                Some(ended) if ended == id => {}
                _ => bail!("{}: {id} ends without having begun", place()),
            },
            None => {}
        }
    }
    Ok(decoded)
}

enum Step {
    Invoke(Pubkey, usize),
    End(Pubkey),
}

/// `Program ID invoke [N]`, `Program ID success` and `Program ID failed: …`, which the runtime alone prints: whatever a program
/// logs or returns stands behind `Program log: `, `Program data: ` or `Program return: `, where no address is.
fn step(line: &str) -> Option<Step> {
    let (id, rest) = line.strip_prefix("Program ")?.split_once(' ')?;
    let id = || Pubkey::from_str(id).ok();
    if let Some(depth) = rest.strip_prefix("invoke [") {
        let depth = depth.strip_suffix(']')?.parse().ok()?;
        return Some(Step::Invoke(id()?, depth));
    }
    let ends = rest == "success" || rest.starts_with("failed: ");
    if ends {
        return Some(Step::End(id()?));
    }
    None
}

fn facts(text: &str) -> Result<Vec<Fact>> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .context("an event is no base64")?;
    let Some((kind, body)) = bytes.split_at_checked(DISCRIMINATOR_BYTES) else {
        bail!("an event is shorter than its kind");
    };
    Ok(match kind {
        kind if kind == events::Liquidated::DISCRIMINATOR => {
            vec![Fact::Liquidated(read::<events::Liquidated>(body)?.into())]
        }
        kind if kind == events::BatchLiquidated::DISCRIMINATOR => {
            let batch = read::<events::BatchLiquidated>(body)?;
            let entries = batch.liquidations.iter();
            entries
                .map(|entry| Fact::Liquidated(of_batch(&batch, entry)))
                .collect()
        }
        kind if kind == events::BadDebtSettled::DISCRIMINATOR => {
            vec![Fact::WrittenOff(
                read::<events::BadDebtSettled>(body)?.into(),
            )]
        }
        kind if is_other(kind) => Vec::new(),
        _ => bail!("an unknown event: the program is newer than this reader"),
    })
}

fn read<E: AnchorDeserialize>(body: &[u8]) -> Result<E> {
    E::try_from_slice(body).context("an event of another layout")
}

/// Whether the program has an event of this kind that tells nothing here.
fn is_other(kind: &[u8]) -> bool {
    macro_rules! any {
        ($($event:ident)*) => { $(kind == events::$event::DISCRIMINATOR)||* };
    }
    any! {
        MarketCreated ReserveCreated RiskChangeAnnounced ReserveConfigured StatusChanged OwnerChanged FeesClaimed
        Deposited Withdrawn Borrowed Repaid Netted SeenUnhealthy LiquidationSkipped FlashBorrowed FlashRepaid
        GroupChangeAnnounced GroupConfigured RateAnchored MarketConfigured OwnerProposed ObligationCreated ObligationClosed
        ElevationGroupSet
    }
}

impl From<events::Liquidated> for Liquidation {
    fn from(event: events::Liquidated) -> Self {
        Self {
            obligation: event.obligation.to_string(),
            repay_reserve: event.repay_reserve.to_string(),
            seize_reserve: event.seize_reserve.to_string(),
            repaid_atoms: event.repaid_atoms,
            seized_atoms: event.seized_atoms,
            insurance_atoms: event.insurance_atoms,
            repay_price: event.repay_price,
            seize_price: event.seize_price,
            health_before_ppm: event.health_before_ppm,
            health_after_ppm: event.health_after_ppm,
            bonus_ppm: event.bonus_ppm,
            unhealthy_slots: event.unhealthy_slots,
            bad_debt_atoms: event.bad_debt_atoms,
            insured_atoms: event.insured_atoms,
            tier: event.tier,
        }
    }
}

fn of_batch(batch: &events::BatchLiquidated, entry: &events::BatchEntry) -> Liquidation {
    Liquidation {
        obligation: entry.obligation.to_string(),
        repay_reserve: batch.repay_reserve.to_string(),
        seize_reserve: batch.seize_reserve.to_string(),
        repaid_atoms: entry.repaid_atoms,
        seized_atoms: entry.seized_atoms,
        insurance_atoms: entry.insurance_atoms,
        repay_price: batch.repay_price,
        seize_price: batch.seize_price,
        health_before_ppm: entry.health_before_ppm,
        health_after_ppm: entry.health_after_ppm,
        bonus_ppm: entry.bonus_ppm,
        unhealthy_slots: entry.unhealthy_slots,
        bad_debt_atoms: entry.bad_debt_atoms,
        insured_atoms: entry.insured_atoms,
        tier: entry.tier,
    }
}

impl From<events::BadDebtSettled> for WriteOff {
    fn from(event: events::BadDebtSettled) -> Self {
        Self {
            obligation: event.obligation.to_string(),
            reserve: event.reserve.to_string(),
            loss_atoms: event.loss_atoms,
            insured_atoms: event.insured_atoms,
        }
    }
}
