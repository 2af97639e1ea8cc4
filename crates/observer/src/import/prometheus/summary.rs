//! What was imported and what was not, on the standard output.

use aio_prometheus_tsdb::{DataDir, PassedOver};

use super::super::bounds::{Bounds, shown};
use super::tally::Tally;
use super::unit::{Outcome, Unit};

/// What is told at the end.
#[derive(Debug)]
pub(super) struct Summary {
    lines: Vec<String>,
    total: Tally,
    faults: u64,
}

impl Summary {
    pub(super) fn new(bounds: &Bounds, dir: &DataDir) -> Self {
        let mut lines = vec![format!("wanted: nothing {}", bounds.before)];
        let told = |one: &PassedOver| format!("{}: passed over: {}", one.name, one.why);
        lines.extend(dir.passed_over.iter().map(told));
        let faults = dir.passed_over.iter().filter(|one| one.is_fault).count() as u64;
        Self { lines, total: Tally::default(), faults }
    }

    pub(super) fn add(&mut self, unit: &Unit<'_>, outcome: Outcome) {
        let range = unit.told_range.map(|range| format!(", {} to {}", shown(range.start), shown(range.end)));
        let range = format!("{}{}", unit.name, range.unwrap_or_default());
        let (tally, state) = match outcome {
            Outcome::Failed(error) => {
                self.faults += 1;
                return self.lines.push(format!("{range}: FAILED, nothing of it is in: {error:#}"));
            }
            Outcome::Imported(tally) if tally.doubts.is_empty() => (tally, "verified"),
            Outcome::Imported(tally) => {
                self.faults += 1;
                (tally, "in, but NOT VERIFIED")
            }
            Outcome::Done(tally) => (tally, "was in already"),
            Outcome::DoneInParts => {
                return self.lines.push(format!("{range}: was in already, as the blocks it was made of"));
            }
            Outcome::Unwanted(tally) if tally.read.is_empty() => return self.lines.push(format!("{range}: empty")),
            Outcome::Unwanted(tally) => (tally, "not wanted"),
        };
        self.lines.push(format!("{range}: {state}"));
        self.tell(&tally);
        self.total += &tally;
    }

    fn tell(&mut self, tally: &Tally) {
        self.lines.push(format!("  read {}; written {}; checksum {:016x}", tally.read, tally.written, tally.checksum));
        for (reason, counts) in &tally.dropped {
            self.lines.push(format!("  not written: {counts}: {reason}"));
        }
        self.lines.extend(tally.remarks.iter().chain(&tally.doubts).map(|remark| format!("  {remark}")));
    }

    /// Tells something besides.
    pub(super) fn remark(&mut self, text: Option<String>) {
        self.lines.extend(text);
    }

    /// Prints all; whether everything is in, and verified.
    #[expect(clippy::print_stdout, reason = "the command's answer")]
    pub(super) fn print(mut self) -> bool {
        let total = std::mem::take(&mut self.total);
        self.lines.push("total".to_owned());
        self.lines.push(format!("  read {}; written {}", total.read, total.written));
        for (reason, counts) in &total.dropped {
            self.lines.push(format!("  not written: {counts}: {reason}"));
        }
        self.lines.push(match self.faults {
            0 => "verified: what was read is stored, or told above".to_owned(),
            faults => format!("NOT VERIFIED: {faults} of the parts are not in, or not what they should be"),
        });
        self.lines.iter().for_each(|line| println!("{line}"));
        self.faults == 0
    }
}
