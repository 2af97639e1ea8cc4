//! Generated lines.

use std::ops::ControlFlow;

use aio_source::{Error, LogsBatch, LogsRead, LogsSelect, LogsSource, LogsStats};
use aio_types::{Labels, LogEntry, Matcher, TimestampNs};
use proptest::prelude::*;

use crate::S;

/// One line and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) app: &'static str,
    pub(crate) second: i64,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) is_json: bool,
    pub(crate) pod: &'static str,
}

impl Row {
    pub(crate) fn line(&self) -> String {
        if self.is_json {
            let field = |(name, value): &(&str, String)| format!("{name:?}:{value:?}");
            return format!("{{{}}}", self.fields.iter().map(field).collect::<Vec<_>>().join(","));
        }
        self.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

/// A few lines of two streams.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let level = prop::sample::select(vec!["error", "info", "warn"]);
    let took = prop_oneof![3 => (0..50_i32).prop_map(|v| v.to_string()), 1 => Just("slow".to_owned()), 1 => Just("5.5".to_owned())];
    let row = (
        prop::sample::select(vec!["a", "b"]),
        0..100_i64,
        level,
        prop::option::weighted(0.8, took),
        prop::bool::weighted(0.6),
        prop::sample::select(vec!["p", "q"]),
        // Others, and names that come again.
        prop::collection::vec(prop::sample::select(vec![("ts", "1"), ("level", "info"), ("took", "7")]), 0..3),
    );
    let row = row.prop_flat_map(|(app, second, level, took, is_json, pod, more)| {
        let mut fields = vec![("level", level.to_owned())];
        fields.extend(took.map(|took| ("took", took)));
        fields.push(("pod", "of_line".to_owned()));
        fields.extend(more.into_iter().map(|(name, value)| (name, value.to_owned())));
        Just(fields).prop_shuffle().prop_map(move |fields| Row { app, second, fields, is_json, pod })
    });
    // At different times, so that first and last are clear.
    prop::collection::vec(row, 0..30).prop_map(|mut rows| {
        rows.sort_by_key(|r| r.second);
        rows.dedup_by_key(|r| r.second);
        rows
    })
}

/// The lines as a source.
pub(crate) struct Lines(pub(crate) Vec<Row>);

impl LogsSource for Lines {
    fn select(
        &self,
        select: &LogsSelect,
        visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
    ) -> Result<LogsRead, Error> {
        for app in ["a", "b"] {
            let labels = Labels::from_pairs([("app", app)]);
            let entry = |r: &Row| LogEntry {
                ts: TimestampNs(r.second * S),
                line: r.line().into(),
                metadata: Labels::from_pairs([("pod", r.pod)]),
            };
            let mine = self.0.iter().filter(|r| r.app == app).map(entry);
            let is_wanted = |e: &LogEntry| e.ts >= select.start && e.ts < select.end && select.filter.keeps(&labels, e);
            let entries: Vec<_> = mine.filter(is_wanted).collect();
            if entries.is_empty() || !select.matchers.iter().all(|m| m.matches_labels(&labels)) {
                continue;
            }
            let frontier = TimestampNs(0);
            if visit(LogsBatch { labels, frontier, entries }).is_break() {
                break;
            }
        }
        Ok(LogsRead::default())
    }

    fn may_have_metadata(&self, name: &str, _: TimestampNs, _: TimestampNs) -> Result<bool, Error> {
        Ok(name == "pod")
    }

    fn streams(&self, _: &[Vec<Matcher>], _: TimestampNs, _: TimestampNs) -> Result<Vec<Labels>, Error> {
        Ok(Vec::new())
    }

    fn stats(&self, _: &[Matcher], _: TimestampNs, _: TimestampNs) -> Result<LogsStats, Error> {
        Ok(LogsStats::default())
    }
}
