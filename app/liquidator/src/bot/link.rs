//! The subscription: begun, watched, and begun anew when it is lost.
//!
//! Without one the bot lives on what it asks for over HTTP; so it is begun beside everything else, and nothing waits for it.

use std::time::{Duration, Instant};

use anyhow::{anyhow, Result};
use levee_client::rpc::told;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use super::{Bot, FIRST_BACKOFF, LAST_BACKOFF};
use crate::book::Book;
use crate::source::Event;

/// A subscription, or the way to one.
pub(super) struct Link {
    pushes: Option<Receiver<Event>>,
    attempt: Option<JoinHandle<Result<Receiver<Event>>>>,
    retry: Instant,
    backoff: Duration,
    /// When anything was pushed last.
    heard: Instant,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            pushes: None,
            attempt: None,
            retry: Instant::now(),
            backoff: FIRST_BACKOFF,
            heard: Instant::now(),
        }
    }

    /// Whether what changes is pushed.
    pub(super) fn is_up(&self) -> bool {
        self.pushes.is_some()
    }

    /// Until something was pushed, which stays in the channel, or a subscription ended or is there.
    pub(super) async fn arrival(&self) {
        let look = Duration::from_millis(5);
        let is_pushed = |pushes: &Receiver<Event>| !pushes.is_empty() || pushes.is_closed();
        while !self.pushes.as_ref().is_some_and(is_pushed)
            && !self.attempt.as_ref().is_some_and(JoinHandle::is_finished)
        {
            tokio::time::sleep(look).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(attempt) = &self.attempt {
            attempt.abort();
        }
    }
}

impl Bot {
    /// Takes in everything that was pushed.
    pub(super) fn take_pushes(&mut self) {
        let mut slot_before = self.book.as_ref().map(Book::newest_slot);
        loop {
            let Some(pushes) = &mut self.link.pushes else {
                return;
            };
            let event = pushes.try_recv();
            if event.is_ok() {
                self.link.heard = Instant::now();
            }
            match event {
                Ok(Event::Account(slot, account)) => self.apply(slot, &account),
                Ok(Event::Slot(slot)) => {
                    let most = self.parts.config.watch.gap_slots;
                    if slot_before.is_some_and(|before| slot > before.saturating_add(most)) {
                        self.gap(&format!("slots up to {slot} were missed"));
                    }
                    slot_before = slot_before.map(|before| before.max(slot));
                    self.health.heard(slot);
                }
                Ok(Event::Gap(why)) => self.break_off(&why),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.break_off("the subscription ended"),
            }
        }
        let silent = self.link.heard.elapsed();
        if silent >= Duration::from_secs(self.parts.config.watch.silent_seconds) {
            self.break_off(&format!("nothing was pushed for {} s", silent.as_secs()));
        }
    }

    /// What is known may have holes.
    pub(super) fn gap(&mut self, why: &str) {
        if !self.is_gapped {
            tracing::warn!(why, "everything is loaded anew");
        }
        self.is_gapped = true;
    }

    fn break_off(&mut self, why: &str) {
        self.link.pushes = None;
        self.gap(why);
    }

    /// Begins a subscription where there is none, and takes it once it is there: everything is loaded anew then, since of what
    /// changed before it nothing was pushed.
    pub(super) async fn keep_subscribed(&mut self) {
        metrics::gauge!("levee_liquidator_subscribed").set(f64::from(u8::from(self.link.is_up())));
        if self.link.is_up() || self.book.is_none() {
            return;
        }
        let Some(attempt) = self.link.attempt.take_if(|attempt| attempt.is_finished()) else {
            if self.link.attempt.is_none() && Instant::now() >= self.link.retry {
                let (source, market) = (self.parts.source.clone(), self.parts.market);
                let watched = self.watched();
                let attempt = async move { source.subscribe(&market, &watched).await };
                self.link.attempt = Some(tokio::spawn(attempt));
            }
            return;
        };
        match attempt.await.unwrap_or_else(|ended| Err(anyhow!(ended))) {
            Ok(pushes) => {
                tracing::info!("subscribed");
                self.link.pushes = Some(pushes);
                self.link.heard = Instant::now();
                self.link.backoff = FIRST_BACKOFF;
                self.is_gapped = true;
                self.retry_sync = Instant::now();
            }
            Err(why) => {
                if self.link.backoff == FIRST_BACKOFF {
                    tracing::warn!(why = told(&why), "no subscription: HTTP has to do");
                }
                self.link.retry = Instant::now() + self.link.backoff;
                self.link.backoff = (self.link.backoff * 2).min(LAST_BACKOFF);
            }
        }
    }
}
