//! Whether the bot still hears of the chain.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What `/healthz` asks, shared with the server.
pub struct Health {
    state: Mutex<State>,
    stale_after: Duration,
}

struct State {
    heard: Instant,
    slot: u64,
    is_synced: bool,
}

impl Health {
    /// Never heard of yet.
    pub fn new(stale_after: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                heard: Instant::now(),
                slot: 0,
                is_synced: false,
            }),
            stale_after,
        }
    }

    fn with<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        // Whoever panicked with it left nothing half done: three plain values.
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        run(&mut state)
    }

    /// The chain came to `slot`.
    pub fn heard(&self, slot: u64) {
        self.with(|state| {
            if slot > state.slot {
                state.slot = slot;
                state.heard = Instant::now();
            }
        });
    }

    /// Whether everything is known.
    pub fn set_synced(&self, is_synced: bool) {
        self.with(|state| state.is_synced = is_synced);
    }

    /// How long the chain has been silent.
    pub fn silent_for(&self) -> Duration {
        self.with(|state| state.heard.elapsed())
    }

    /// The slot that the chain came to, or why what is known may be stale.
    ///
    /// # Errors
    /// One line for people.
    pub fn check(&self) -> Result<u64, String> {
        self.with(|state| {
            let silent = state.heard.elapsed();
            if !state.is_synced {
                Err("not synchronized with the chain".into())
            } else if silent > self.stale_after {
                Err(format!(
                    "the chain has been silent for {} s, since slot {}",
                    silent.as_secs(),
                    state.slot
                ))
            } else {
                Ok(state.slot)
            }
        })
    }
}
