//! The two clocks of an unhealthy obligation. Both count *proven* time: somebody looked, and looked again.

/// What an obligation remembers of the times at which it was seen unhealthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Ages the position, for the tier of its prices.
    pub unhealthy_slots: u64,
    /// Drives the auction: counts only while liquidation was permitted.
    pub auction_slots: u64,
    /// When it was last seen unhealthy; zero when last seen healthy.
    pub last_seen_slot: u64,
    /// Whether liquidation was permitted then.
    pub permitted: bool,
}

impl Clocks {
    /// The clocks of an obligation that is seen unhealthy in `slot`, before it is known whether liquidation is
    /// permitted. The slots since it was last seen count if they are at most `max_gap`; otherwise nobody knows what was
    /// in between, and both clocks start again.
    pub fn aged(self, slot: u64, max_gap: u64) -> Self {
        let gap = slot.saturating_sub(self.last_seen_slot);
        if self.last_seen_slot == 0 || gap > max_gap {
            return Self {
                last_seen_slot: slot,
                ..Self::default()
            };
        }
        Self {
            unhealthy_slots: self.unhealthy_slots.saturating_add(gap),
            last_seen_slot: slot,
            ..self
        }
    }

    /// These clocks, made by [`Clocks::aged`] from `before`, once it is known whether liquidation is permitted. The
    /// auction goes on by the slots since it was last seen if it was permitted then and is now, and no restart grace, which
    /// ended at `grace_end_slot` at the latest, lies in between.
    pub fn decided(self, before: Self, permitted: bool, grace_end_slot: u64) -> Self {
        let gap = self.unhealthy_slots.saturating_sub(before.unhealthy_slots);
        let counts = self.permitted && permitted && before.last_seen_slot >= grace_end_slot;
        Self {
            auction_slots: if counts {
                self.auction_slots.saturating_add(gap)
            } else {
                self.auction_slots
            },
            permitted,
            ..self
        }
    }
}
