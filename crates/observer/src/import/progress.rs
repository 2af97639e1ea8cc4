//! How far an import has come, on the standard error: a bar for a person, lines for a file.

use std::io::{IsTerminal as _, Write as _};

use aio_kit::clock::{Clock, SystemClock};

/// How often a bar is drawn anew, and how often a line is written.
const PERIODS_MS: (i64, i64) = (100, 10_000);
const BAR_CHARACTERS: u64 = 30;

/// What was done of what there is.
#[derive(Debug)]
pub(super) struct Progress {
    is_terminal: bool,
    /// What is counted.
    noun: &'static str,
    total: u64,
    done: u64,
    /// Before the unit that is under way.
    done_before: u64,
    unit: String,
    told_ms: i64,
}

impl Progress {
    pub(super) fn new(noun: &'static str, total: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { is_terminal, noun, total, done: 0, done_before: 0, unit: String::new(), told_ms: SystemClock.now_ms() }
    }

    pub(super) fn begin(&mut self, unit: &str) {
        unit.clone_into(&mut self.unit);
        self.done_before = self.done;
        self.draw();
    }

    /// There is so much more than was thought.
    pub(super) fn expect(&mut self, count: u64) {
        self.total += count;
    }

    /// So much more was read.
    pub(super) fn advance(&mut self, count: u64) {
        self.done += count;
        let period = if self.is_terminal { PERIODS_MS.0 } else { PERIODS_MS.1 };
        if SystemClock.now_ms().abs_diff(self.told_ms) >= period.unsigned_abs() {
            self.tell();
        }
    }

    /// A unit of so much is done.
    pub(super) fn end(&mut self, unit: &str, count: u64, outcome: &str) {
        self.done = self.done.max(self.done_before + count);
        if !self.is_terminal {
            self.line(&format!("{unit}: {outcome}"));
        }
    }

    /// Leaves the bar.
    pub(super) fn finish(&mut self) {
        if self.is_terminal {
            self.line("\r\x1b[K");
        }
    }

    fn tell(&mut self) {
        self.told_ms = SystemClock.now_ms();
        if self.is_terminal {
            self.draw();
        } else {
            self.line(&format!("{}: {} of {} {}", self.unit, self.done, self.total.max(self.done), self.noun));
        }
    }

    fn draw(&self) {
        if self.is_terminal {
            let total = self.total.max(self.done).max(1);
            let filled = self.done.saturating_mul(BAR_CHARACTERS) / total;
            let percent = self.done.saturating_mul(100) / total;
            let bar: String = (0..BAR_CHARACTERS).map(|at| if at < filled { '#' } else { ' ' }).collect();
            let _best_effort = write!(std::io::stderr(), "\r\x1b[K[{bar}] {percent:3}%  {}", self.unit);
        }
    }

    fn line(&self, text: &str) {
        // Nobody may be listening any more.
        let _best_effort = writeln!(std::io::stderr(), "{text}");
    }
}
