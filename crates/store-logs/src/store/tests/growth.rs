//! Many streams, long runs, overlapping chunks: what grows, and what must not.

use super::*;

/// Sizes of the batches of a read.
fn batches(store: &LogsStore, select: &LogsSelect) -> Vec<usize> {
    let mut out = Vec::new();
    let mut visit = |batch: LogsBatchOf| {
        out.push(batch.entries.len());
        ControlFlow::Continue(())
    };
    store.source(&TenantId::default()).select(select, &mut visit).expect("reads");
    out
}

#[test]
fn chunks_that_overlap_a_little_are_not_read_as_one() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    // Each flush begins before the last one ended, as with several senders of one stream.
    for flush in 0..6 {
        let lines: Vec<LogEntry> = (-2..100).map(|i| entry(flush * 100 + i, &format!("{flush} {i}"), &[])).collect();
        push(&store, "a", &lines);
        if flush < 5 {
            store.flush().expect("flushes");
        }
    }
    for newest_first in [true, false] {
        let select = LogsSelect { newest_first, ..everything() };
        assert_eq!(lines(&store, &select).len(), 6 * 102);
        let sizes = batches(&store, &select);
        assert!(sizes.len() >= 6 && sizes.iter().all(|n| *n <= 204), "{sizes:?}");
    }
}

#[test]
fn a_chunk_that_spans_all_others_is_merged_with_each() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for round in 0..4 {
        push(&store, "a", &[entry(round * 10, "in order", &[]), entry(round * 10 + 5, "twice", &[])]);
        store.flush().expect("flushes");
    }
    let late: Vec<LogEntry> = (0..40).map(|i| entry(i, if i % 5 == 0 { "twice" } else { "late" }, &[])).collect();
    push(&store, "a", &late);
    for flushed in [false, true] {
        if flushed {
            store.flush().expect("flushes");
        }
        for newest_first in [true, false] {
            let found = lines(&store, &LogsSelect { newest_first, ..everything() });
            assert_eq!(found.len(), 44, "{found:?}");
            assert_eq!(found.iter().filter(|l| *l == "twice").count(), 8);
        }
    }
}

#[test]
fn a_reader_of_few_lines_copies_few() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let all: Vec<LogEntry> = (0..5000).map(|i| entry(i, "x", &[])).collect();
    push(&store, "a", &all);
    let sizes = batches(&store, &everything());
    assert!(sizes.iter().all(|n| *n <= 512) && sizes.iter().sum::<usize>() == 5000, "{sizes:?}");
}

#[test]
fn ten_thousand_streams_are_written_and_found() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for chunk in 0..10 {
        let stream = |i: i64| StreamWrite {
            labels: Labels::from_pairs([("app", format!("s{i}"))]),
            entries: vec![entry(i % 60, "hello", &[("k", "v")])],
        };
        let write = LogsWrite { streams: (chunk * 1000..(chunk + 1) * 1000).map(stream).collect() };
        store.append(&TenantId::default(), write, NOW).expect("stored");
    }
    store.flush().expect("flushes");
    assert_eq!(store.memory.load(Ordering::Relaxed), 0);
    let source = store.source(&TenantId::default());
    assert_eq!(source.streams(&[], TimestampNs::MIN, TimestampNs::MAX).expect("streams").len(), 10_000);
    let one = Matcher::new("app", MatchOp::Equal, "s7777").expect("valid");
    assert_eq!(lines(&store, &LogsSelect { matchers: vec![one], ..everything() }), ["hello"]);
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn files_below(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("lists").map(|e| e.expect("entry").path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

#[test]
fn a_long_run_leaks_no_files() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut counts = Vec::new();
    for round in 0..60 {
        for day in 0..2 {
            push(&store, "a", &[entry(round - day * 86_400, &format!("line {round}"), &[])]);
        }
        store.flush().expect("flushes");
        assert_eq!(lines(&store, &everything()).len(), usize::try_from(round + 1).expect("few") * 2);
        counts.push((open_files(), files_below(dir.path())));
    }
    // Segments are joined and old ones removed: the last rounds need no more than the first ones.
    let most = |range: std::ops::Range<usize>| counts[range].iter().map(|(_, files)| *files).max().unwrap_or(0);
    assert!(most(40..60) <= most(0..20) + 40, "{counts:?}");
    drop(store);
    let store = open(dir.path());
    assert_eq!(lines(&store, &everything()).len(), 120);
}

#[test]
fn what_was_merged_leaves_the_disk() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let garbage = || {
        let state = store.tenant(&TenantId::default());
        let partitions: Vec<_> = state.state.lock().partitions.values().cloned().collect();
        partitions.iter().map(|p| p.garbage().expect("lists").len()).sum::<usize>()
    };
    for round in 0..8 {
        push(&store, "a", &[entry(round, &format!("line {round}"), &[])]);
        store.flush().expect("flushes");
    }
    // The engine removes no file of a segment that somebody knows of at that moment.
    let partitions: Vec<_> = store.tenant(&TenantId::default()).state.lock().partitions.values().cloned().collect();
    let known: Vec<_> = partitions.iter().map(|p| p.segments()).collect();
    store.maintain(NOW).expect("merges");
    assert!(garbage() > 0);
    drop(known);
    store.maintain(NOW).expect("maintained");
    assert_eq!(garbage(), 0);
    assert_eq!(lines(&store, &everything()).len(), 8);
}

#[test]
fn backfill_in_reverse_order_is_quick_and_sorted() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for batch in (0..100).rev() {
        let lines: Vec<LogEntry> = (0..200).rev().map(|i| entry(batch * 200 + i, "x", &[])).collect();
        push(&store, "a", &lines);
    }
    assert_eq!(lines(&store, &everything()).len(), 20_000);
}
