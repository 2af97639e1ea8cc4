//! Windows of lines that need not be read: their number, size, stream and level tell all that is asked.
//!
//! ```text
//!   steps          g0          g1          g2           windows are (g - range, g]
//!   edges    |  |  |  |     |  |  |     |  |            where any window begins or ends
//! ```

use aio_source::{LogsSelect, LogsSource};
use aio_types::{Labels, LogEntry, TimestampNs};

use super::Grid;
use crate::error::Error;
use crate::line::TRACE_ID;
use crate::parse::ast::{RangeOp, Stage};
use crate::plan::Window;

/// The structured metadata that lines are counted by.
const LEVEL: &str = "detected_level";

/// Whether counts of lines by stream and level are all that the window needs.
pub(super) fn suffices(source: &dyn LogsSource, window: &Window, select: &LogsSelect) -> Result<bool, Error> {
    let is_of_lines = matches!(window.op, RangeOp::Count | RangeOp::Rate | RangeOp::Bytes | RangeOp::BytesRate)
        && window.unwrap.is_none()
        && window.log.stages.iter().all(|stage| matches!(stage, Stage::Label(_) | Stage::Drop(_) | Stage::Keep(_)));
    let Some(grouping) = window.grouping.as_ref().filter(|by| is_of_lines && !by.without) else { return Ok(false) };
    let mut names = grouping.labels.clone();
    window.pipeline.each_name(&mut |name| names.push(name.to_owned()));
    for name in &names {
        if name != LEVEL && is_in_lines(source, name, select)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a label may have another value from line to line of a stream.
fn is_in_lines(source: &dyn LogsSource, name: &str, select: &LogsSelect) -> Result<bool, Error> {
    // Ids are found in texts of lines, and names that were taken have a suffix.
    Ok(name == TRACE_ID || name.ends_with("_extracted") || source.may_have_metadata(name, select.start, select.end)?)
}

/// Where windows begin or end: all lines between two neighbours are in the same windows.
pub(super) fn edges(grid: Grid, window: &Window) -> Vec<TimestampNs> {
    let moved = |t: TimestampNs, by: i64| t.saturating_add(by).saturating_add(1).saturating_add(-window.offset_ns);
    let ends = (0..grid.len()).map(|i| moved(grid.at(i), 0));
    let starts = (0..grid.len()).map(|i| moved(grid.at(i), -window.range_ns));
    let mut edges: Vec<_> = starts.chain(ends).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// A line of which the level is all that matters.
pub(super) fn of_level(level: &str) -> LogEntry {
    let metadata = if level.is_empty() { Labels::default() } else { Labels::from_pairs([(LEVEL, level)]) };
    LogEntry { ts: TimestampNs(0), line: "".into(), metadata }
}
