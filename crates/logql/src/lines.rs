//! Log queries: the newest or oldest lines that pass.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{LogsBatch, LogsSource};
use aio_types::TimestampNs;

use crate::ast::LogExpr;
use crate::engine::{Direction, Limits, LogLine, RangeRequest, StreamLines};
use crate::error::Error;
use crate::hints;
use crate::pipeline::{self, Categorized, Needed};

/// How many lines are looked at between two looks at the stop flag.
const LINES_PER_LOOK: usize = 1024;

/// The lines of an answer.
pub(crate) fn select(
    log: &LogExpr,
    source: &dyn LogsSource,
    request: &RangeRequest,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<Vec<StreamLines>, Error> {
    let backward = request.direction == Direction::Backward;
    let select = hints::select(log, request.start, request.end, backward);
    let mut kept = Kept { backward, limit: request.limit, lines: BTreeMap::new(), number: 0, bytes: 0 };
    let mut fault = None;
    source.select(&select, &mut |batch| match kept.offer(log, batch, limits, stop) {
        Ok(flow) => flow,
        Err(error) => {
            fault = Some(error);
            ControlFlow::Break(())
        }
    })?;
    fault.map_or_else(|| Ok(group(kept.lines.into_values())), Err)
}

/// Orders lines the way the answer does: the greatest is the first to go when there are too many.
type Key = (i64, u64);

/// The best lines so far.
struct Kept {
    backward: bool,
    limit: usize,
    lines: BTreeMap<Key, (Categorized, LogLine)>,
    /// Lines offered so far.
    number: u64,
    bytes: usize,
}

impl Kept {
    fn key(&self, ts: TimestampNs) -> Key {
        if self.backward { (ts.0.saturating_neg(), u64::MAX - self.number) } else { (ts.0, self.number) }
    }

    fn has_no_room_for(&self, key: Key) -> bool {
        self.lines.len() >= self.limit && self.lines.last_key_value().is_none_or(|(worst, _)| key > *worst)
    }

    fn offer(
        &mut self,
        log: &LogExpr,
        batch: LogsBatch,
        limits: &Limits,
        stop: &AtomicBool,
    ) -> Result<ControlFlow<()>, Error> {
        let best = if self.backward { batch.frontier.0.saturating_neg() } else { batch.frontier.0 };
        if self.lines.len() >= self.limit && self.lines.last_key_value().is_none_or(|(worst, _)| best > worst.0) {
            return Ok(ControlFlow::Break(()));
        }
        for (i, entry) in batch.entries.into_iter().enumerate() {
            if i % LINES_PER_LOOK == 0 && stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            self.number += 1;
            let key = self.key(entry.ts);
            if self.has_no_room_for(key) {
                continue;
            }
            let Some(labels) = pipeline::apply(&log.stages, &batch.labels, &entry, &Needed::All) else { continue };
            self.insert(key, labels, LogLine { ts: entry.ts, line: entry.line });
            if self.bytes > limits.line_bytes_max {
                return Err(Error::TooMuch(format!(
                    "the lines of the answer take more than {} bytes; lower the limit or shorten the range",
                    limits.line_bytes_max
                )));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn insert(&mut self, key: Key, labels: Categorized, line: LogLine) {
        self.bytes += line.line.len();
        self.lines.insert(key, (labels, line));
        if self.lines.len() > self.limit
            && let Some((_, (_, line))) = self.lines.pop_last()
        {
            self.bytes -= line.line.len();
        }
    }
}

fn group(lines: impl Iterator<Item = (Categorized, LogLine)>) -> Vec<StreamLines> {
    let mut groups: BTreeMap<Categorized, Vec<LogLine>> = BTreeMap::new();
    for (labels, line) in lines {
        groups.entry(labels).or_default().push(line);
    }
    let stream = |(labels, lines): (Categorized, _)| StreamLines {
        stream: labels.stream,
        metadata: labels.metadata,
        parsed: labels.parsed,
        lines,
    };
    groups.into_iter().map(stream).collect()
}
