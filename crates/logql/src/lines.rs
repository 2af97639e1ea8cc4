//! Log queries: the newest or oldest lines that pass.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aio_source::{LogsBatch, LogsSource};
use aio_types::{LogEntry, TimestampNs};

use crate::engine::{Account, Config, Direction, LogLine, RangeRequest, StreamLines};
use crate::error::Error;
use crate::line::{Categorized, LineLabels, Needed, Scratch};
use crate::plan::{Lines, select as hinted};

/// How many lines are looked at between two looks at the stop flag.
const LINES_PER_LOOK: usize = 1024;

/// The lines of an answer.
pub(crate) fn select(
    lines: &Lines,
    source: &dyn LogsSource,
    request: &RangeRequest,
    config: &Config,
    stop: &AtomicBool,
) -> Result<(Vec<StreamLines>, Account), Error> {
    let backward = request.direction == Direction::Backward;
    let mut select = hinted(&lines.log, request.start, request.end, backward)?;
    select.enough = Some(request.limit);
    let mut kept = Kept::new(request, config);
    let mut fault = None;
    let read = source.select(&select, &mut |batch| match kept.offer(lines, &batch, stop) {
        Ok(flow) => flow,
        Err(error) => {
            fault = Some(error);
            ControlFlow::Break(())
        }
    })?;
    let account = Account { read, passed: kept.passed };
    fault.map_or_else(|| Ok((group(kept.finish()), account)), Err)
}

/// Orders lines the way the answer does: the greatest is the first to go when there are too many.
type Key = (i64, u64);

/// The best lines so far.
struct Kept<'a> {
    request: &'a RangeRequest,
    config: &'a Config,
    lines: BTreeMap<Key, (Categorized, LogLine)>,
    /// Lines with the interval between them: all that is certain, and the time of the last.
    spaced: Vec<(Categorized, LogLine)>,
    last: Option<i64>,
    scratch: Scratch,
    /// Lines offered so far.
    number: u64,
    passed: u64,
    bytes: usize,
}

impl<'a> Kept<'a> {
    fn new(request: &'a RangeRequest, config: &'a Config) -> Self {
        Self {
            request,
            config,
            lines: BTreeMap::new(),
            spaced: Vec::new(),
            last: None,
            scratch: Scratch::at((config.now)()),
            number: 0,
            passed: 0,
            bytes: 0,
        }
    }

    fn is_backward(&self) -> bool {
        self.request.direction == Direction::Backward
    }

    fn rank(&self, ts: TimestampNs) -> i64 {
        if self.is_backward() { ts.0.saturating_neg() } else { ts.0 }
    }

    fn key(&self, ts: TimestampNs) -> Key {
        (self.rank(ts), if self.is_backward() { u64::MAX - self.number } else { self.number })
    }

    fn is_spaced(&self) -> bool {
        self.request.interval_ns > 0
    }

    fn has_no_room_for(&self, key: Key) -> bool {
        let is_full = self.lines.len() >= self.request.limit;
        !self.is_spaced() && is_full && self.lines.last_key_value().is_none_or(|(worst, _)| key > *worst)
    }

    fn offer(&mut self, lines: &Lines, batch: &LogsBatch, stop: &AtomicBool) -> Result<ControlFlow<()>, Error> {
        let best = self.rank(batch.frontier);
        if self.is_spaced() {
            self.settle(best);
            if self.spaced.len() >= self.request.limit {
                return Ok(ControlFlow::Break(()));
            }
        } else if self.has_no_room_for((best, 0)) {
            return Ok(ControlFlow::Break(()));
        }
        for (i, entry) in batch.entries.iter().enumerate() {
            if i % LINES_PER_LOOK == 0 && stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            self.number += 1;
            self.line(lines, batch, entry)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn line(&mut self, lines: &Lines, batch: &LogsBatch, entry: &LogEntry) -> Result<(), Error> {
        let key = self.key(entry.ts);
        if self.has_no_room_for(key) || !lines.pipeline.passes(&batch.labels, entry, &Needed::All, &mut self.scratch) {
            return Ok(());
        }
        self.passed += 1;
        let line = LogLine { ts: entry.ts, line: self.scratch.text(&entry.line).into() };
        let scratch = &mut self.scratch.labels;
        let labels = LineLabels::resume(&batch.labels, entry, &Needed::All, scratch);
        let labels = labels.shown(self.config.shows_trace_ids);
        self.insert(key, labels, line);
        let most = self.config.line_bytes_max;
        if self.bytes <= most {
            return Ok(());
        }
        Err(Error::TooMuch(format!(
            "the lines of the answer take more than {most} bytes; lower the limit or shorten the range"
        )))
    }

    fn insert(&mut self, key: Key, labels: Categorized, line: LogLine) {
        self.bytes += line.line.len();
        self.lines.insert(key, (labels, line));
        if !self.is_spaced()
            && self.lines.len() > self.request.limit
            && let Some((_, (_, line))) = self.lines.pop_last()
        {
            self.bytes -= line.line.len();
        }
    }

    /// Decides about the lines in front of `rank`: no further one will come between them.
    fn settle(&mut self, rank: i64) {
        while self.spaced.len() < self.request.limit
            && let Some(first) = self.lines.first_entry()
            && first.key().0 < rank
        {
            let ((rank, _), (labels, line)) = first.remove_entry();
            let is_due = self.last.is_none_or(|last| rank.saturating_sub(last) >= self.request.interval_ns);
            if is_due {
                self.last = Some(rank);
                self.spaced.push((labels, line));
            } else {
                self.bytes -= line.line.len();
            }
        }
    }

    fn finish(mut self) -> Vec<(Categorized, LogLine)> {
        if !self.is_spaced() {
            return self.lines.into_values().collect();
        }
        self.settle(i64::MAX);
        self.spaced
    }
}

fn group(lines: Vec<(Categorized, LogLine)>) -> Vec<StreamLines> {
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
