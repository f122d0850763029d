//! The upload's progress, for people.

use indicatif::{ProgressBar, ProgressStyle};
use levee_client::output::say;
use levee_migrations::program::Progress;

/// A bar on a terminal; nothing where there is none.
pub struct Bar(ProgressBar);

impl Bar {
    /// Not shown yet.
    pub fn new() -> Self {
        Self(ProgressBar::hidden())
    }
}

impl Progress for Bar {
    fn resume(&mut self, all: usize, written: usize) {
        say(format_args!(
            "  going on: {written} of {all} pieces are there"
        ));
    }

    fn start(&mut self, all: usize, written: usize) {
        let style =
            ProgressStyle::with_template("  uploading {bar:40} {pos}/{len} pieces, {eta} left");
        self.0 = ProgressBar::new(all as u64).with_position(written as u64);
        if let Ok(style) = style {
            self.0.set_style(style);
        }
    }

    fn add(&mut self, pieces: usize) {
        self.0.inc(pieces as u64);
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}
