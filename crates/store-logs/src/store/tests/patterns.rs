//! What lines have in common, wherever they are.

use std::collections::BTreeMap;

use aio_source::{LogsPattern, LogsPatterns};

use super::*;
use crate::DeleteLines;

/// Level, pattern, and lines by second.
type Told = (String, String, Vec<(i64, u64)>);

fn patterns(store: &LogsStore, from: i64, to: i64, step: i64) -> Vec<Told> {
    // Of a whole minute, so that times are easy to read.
    let at = |seconds: i64| TimestampNs::from_ms(TimestampMs(NOW.0 / 60_000 * 60_000)).saturating_add(seconds * S);
    let asked = LogsPatterns { matchers: Vec::new(), start: at(from), end: at(to), step_ns: step * S };
    let found = store.source(&TenantId::default()).patterns(&asked).expect("reads");
    let told = |LogsPattern { pattern, level, counts }: LogsPattern| {
        let counts: BTreeMap<TimestampNs, u64> = counts;
        (level, pattern, counts.into_iter().map(|(t, n)| ((t.0 - at(0).0) / S, n)).collect())
    };
    found.into_iter().map(told).collect()
}

#[test]
fn patterns_are_joined_over_files_and_memory() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = open(dir.path());
    let words = ["alice", "bob", "carol", "dave"];
    let lines = |from: i64, to: i64, name: &str| -> Vec<LogEntry> {
        (from..to)
            .map(|i| {
                entry(
                    i - NOW.0 % 60_000 / 1000,
                    &format!("user {name} took {i}ms to log in"),
                    &[("detected_level", "info")],
                )
            })
            .collect()
    };
    push(&store, "a", &lines(0, 20, words[0]));
    store.flush().expect("flushes");
    push(&store, "a", &lines(20, 40, words[1]));
    store.flush().expect("flushes");
    // Too few for a summary, and some in memory.
    push(&store, "b", &lines(40, 43, words[2]));
    store.flush().expect("flushes");
    push(&store, "a", &lines(43, 60, words[3]));
    let joined =
        |counts: &[(i64, u64)]| [("info".to_owned(), "user <_> took <_> to log in".to_owned(), counts.to_vec())];
    for _before_and_after_a_restart in 0..2 {
        assert_eq!(patterns(&store, 0, 60, 20), joined(&[(0, 20), (20, 20), (40, 20)]));
        assert_eq!(patterns(&store, 15, 30, 10), joined(&[(10, 10), (20, 10)]));
        drop(store);
        store = open(dir.path());
    }
    let lines = DeleteLines { query: "* alice".to_owned(), start: TimestampNs::MIN, end: TimestampNs::MAX };
    store.delete(&TenantId::default(), lines, NOW).expect("deletes");
    assert_eq!(patterns(&store, 0, 60, 60), joined(&[(0, 40)]));
}
