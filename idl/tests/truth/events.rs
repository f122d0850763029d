//! Events: what the program logs is what a reader of the IDL finds.

use anchor_lang::Event;
use anchor_lang_idl::types::IdlEvent;
use levee::events::*;
use serde_json::Value;

use crate::reader::{Reader, Shown};
use crate::{idl, key, sample};

/// One event in the log: (bytes, name, fields).
type Logged = (Vec<u8>, &'static str, Value);

fn logged<T: Event>((event, name, fields): (T, &'static str, Value)) -> Logged {
    (event.data(), name, fields)
}

fn entry() -> (BatchEntry, &'static str, Value) {
    sample!(BatchEntry {
        obligation: key("obligation"),
        repaid_atoms: 1u64,
        seized_atoms: 2u64,
        insurance_atoms: 3u64,
        health_before_ppm: 4u64,
        health_after_ppm: u64::MAX,
        bonus_ppm: 5u32,
        unhealthy_slots: 6u64,
        bad_debt_atoms: 7u64,
        insured_atoms: 8u64,
        tier: 2u8,
    })
}

impl Shown for BatchEntry {
    fn shown(&self) -> Value {
        let (entry, _, fields) = entry();
        assert_eq!(*self, entry);
        fields
    }
}

fn all() -> Vec<Logged> {
    let (market, reserve) = (key("market"), key("reserve"));
    let (obligation, owner) = (key("obligation"), key("owner"));
    let mint = key("mint");
    let (repay_reserve, seize_reserve) = (key("repay_reserve"), key("seize_reserve"));
    vec![
        logged(sample!(MarketCreated {
            market: market,
            owner: owner
        })),
        logged(sample!(MarketConfigured { market: market })),
        logged(sample!(OwnerProposed {
            market: market,
            pending_owner: owner
        })),
        logged(sample!(ObligationCreated {
            market: market,
            owner: owner,
            obligation: obligation
        })),
        logged(sample!(ObligationClosed {
            obligation: obligation
        })),
        logged(sample!(ElevationGroupSet {
            obligation: obligation,
            group: 8u8
        })),
        logged(sample!(ReserveCreated {
            market: market,
            reserve: reserve,
            mint: mint
        })),
        logged(sample!(RiskChangeAnnounced {
            reserve: reserve,
            effective_ts: -1i64
        })),
        logged(sample!(ReserveConfigured { reserve: reserve })),
        logged(sample!(StatusChanged {
            account: market,
            status: 4u8
        })),
        logged(sample!(OwnerChanged {
            market: market,
            owner: owner
        })),
        logged(sample!(FeesClaimed {
            reserve: reserve,
            atoms: 1u64
        })),
        logged(sample!(Deposited {
            obligation: obligation,
            reserve: reserve,
            atoms: u64::MAX
        })),
        logged(sample!(Withdrawn {
            obligation: obligation,
            reserve: reserve,
            atoms: 2u64
        })),
        logged(sample!(Borrowed {
            obligation: obligation,
            reserve: reserve,
            atoms: 3u64,
            fee_atoms: 4u64
        })),
        logged(sample!(Repaid {
            obligation: obligation,
            reserve: reserve,
            atoms: 5u64
        })),
        logged(sample!(Liquidated {
            obligation: obligation,
            repay_reserve: repay_reserve,
            seize_reserve: seize_reserve,
            repaid_atoms: 1u64,
            seized_atoms: 2u64,
            insurance_atoms: 3u64,
            repay_price: 4u64,
            seize_price: 5u64,
            health_before_ppm: 6u64,
            health_after_ppm: 7u64,
            bonus_ppm: 8u32,
            unhealthy_slots: 9u64,
            bad_debt_atoms: 10u64,
            insured_atoms: 11u64,
            tier: 1u8,
            as_deposit: true,
        })),
        logged(sample!(BatchLiquidated {
            repay_reserve: repay_reserve,
            seize_reserve: seize_reserve,
            repay_price: 1u64,
            seize_price: 2u64,
            liquidations: vec![entry().0, entry().0],
        })),
        logged(sample!(Netted {
            obligation: obligation,
            reserve: reserve,
            atoms: 6u64
        })),
        logged(sample!(SeenUnhealthy {
            obligation: obligation,
            health_ppm: 1u64,
            unhealthy_slots: 2u64,
            auction_slots: 3u64,
            is_permitted: false,
        })),
        logged(sample!(LiquidationSkipped {
            obligation: obligation,
            reason: 6_000u32
        })),
        logged(sample!(FlashBorrowed {
            reserve: reserve,
            atoms: 7u64
        })),
        logged(sample!(FlashRepaid {
            reserve: reserve,
            atoms: 8u64,
            fee_atoms: 9u64
        })),
        logged(sample!(GroupChangeAnnounced {
            market: market,
            group: 1u8,
            effective_ts: i64::MAX
        })),
        logged(sample!(GroupConfigured {
            market: market,
            group: 8u8
        })),
        logged(sample!(RateAnchored {
            reserve: reserve,
            rate: 1u64 << 40
        })),
        logged(sample!(BadDebtSettled {
            obligation: obligation,
            reserve: reserve,
            loss_atoms: 10u64,
            insured_atoms: 11u64,
        })),
    ]
}

#[test]
fn every_event_is_read_by_the_idl_as_it_was_logged() {
    let idl = idl();
    let mut left: Vec<&IdlEvent> = idl.events.iter().collect();
    for (bytes, name, fields) in all() {
        left.retain(|event| event.name != name);
        let known = |event: &&IdlEvent| bytes.starts_with(&event.discriminator);
        let event = idl.events.iter().find(known).unwrap();
        assert_eq!(event.name, name);
        let rest = &bytes[event.discriminator.len()..];
        let mut reader = Reader { idl: &idl, rest };
        assert_eq!(reader.defined(name), fields, "{name}");
        assert_eq!(reader.rest, [0; 0], "{name}");
    }
    assert_eq!(left, Vec::<&IdlEvent>::new());
}
