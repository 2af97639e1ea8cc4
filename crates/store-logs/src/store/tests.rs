use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use aio_source::{LogsFilter, LogsSelect, LogsStats};
use aio_types::{Labels, MatchOp, Matcher, StreamWrite, TimestampNs};
use proptest::prelude::*;

use super::*;
use crate::tombstones::{DeleteLines, LineQuery, LineTest};

mod crash;
mod damage;
mod deletes;
mod growth;
mod patterns;
mod pruning;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);
const S: i64 = 1_000_000_000;

fn open(dir: &Path) -> LogsStore {
    LogsStore::open(Config { data_dir: dir.to_owned(), read_query, ..Config::default() }).expect("opens")
}

/// `APP TEXT`: streams with this value of `app`, all for `*`, and lines that contain the text.
fn read_query(query: &str) -> Result<LineQuery, String> {
    let (app, text) = query.split_once(' ').ok_or("not APP TEXT")?;
    let app = (app != "*").then(|| Matcher::new("app", MatchOp::Equal, app));
    let matchers = app.into_iter().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let text = text.to_owned();
    let contains: LineTest = Box::new(move |_, entry| entry.line.contains(&text));
    Ok(LineQuery { matchers, test: (!query.ends_with(' ')).then_some(contains) })
}

fn entry(seconds: i64, line: &str, metadata: &[(&str, &str)]) -> LogEntry {
    LogEntry {
        ts: TimestampNs::from_ms(NOW).saturating_add(seconds * S),
        line: line.into(),
        metadata: Labels::from_pairs(metadata.iter().copied()),
    }
}

fn push(store: &LogsStore, app: &str, entries: &[LogEntry]) {
    let stream = StreamWrite { labels: Labels::from_pairs([("app", app)]), entries: entries.to_vec() };
    store.append(&TenantId::default(), LogsWrite { streams: vec![stream] }, NOW).expect("stored");
}

fn everything() -> LogsSelect {
    LogsSelect {
        matchers: Vec::new(),
        start: TimestampNs::MIN,
        end: TimestampNs::MAX,
        filter: LogsFilter::Any,
        newest_first: false,
        enough: None,
    }
}

/// Streams and their lines; checks what batches promise on the way.
fn read(store: &LogsStore, select: &LogsSelect) -> BTreeMap<Labels, Vec<LogEntry>> {
    let mut out: BTreeMap<Labels, Vec<LogEntry>> = BTreeMap::new();
    let mut frontier: Option<TimestampNs> = None;
    let mut visit = |batch: LogsBatchOf| {
        assert!(batch.entries.is_sorted_by_key(|e| e.ts));
        let is_within = |at: TimestampNs| if select.newest_first { at <= batch.frontier } else { at >= batch.frontier };
        assert!(batch.entries.iter().all(|e| is_within(e.ts)));
        if select.newest_first {
            assert!(frontier.is_none_or(|f| batch.frontier <= f));
        } else {
            assert!(frontier.is_none_or(|f| batch.frontier >= f));
        }
        assert!(!batch.entries.is_empty() || select.enough.is_some());
        frontier = Some(batch.frontier);
        if !batch.entries.is_empty() {
            out.entry(batch.labels).or_default().extend(batch.entries);
        }
        ControlFlow::Continue(())
    };
    store.source(&TenantId::default()).select(select, &mut visit).expect("reads");
    out.values_mut().for_each(|entries| entries.sort());
    out
}

type LogsBatchOf = aio_source::LogsBatch;

fn lines(store: &LogsStore, select: &LogsSelect) -> Vec<String> {
    let mut all: Vec<LogEntry> = read(store, select).into_values().flatten().collect();
    all.sort();
    all.iter().map(|e| e.line.to_string()).collect()
}

/// A page of the newest lines, and how many had to be looked at.
fn page(store: &LogsStore, enough: usize) -> (Vec<String>, u64) {
    let select = LogsSelect { newest_first: true, enough: Some(enough), ..everything() };
    let mut newest: Vec<LogEntry> = Vec::new();
    let mut visit = |batch: LogsBatchOf| {
        newest.sort_by_key(|e| std::cmp::Reverse(e.ts));
        newest.truncate(enough);
        if newest.len() == enough && newest.last().is_some_and(|e| e.ts > batch.frontier) {
            return ControlFlow::Break(());
        }
        newest.extend(batch.entries);
        ControlFlow::Continue(())
    };
    let read = store.source(&TenantId::default()).select(&select, &mut visit).expect("reads");
    newest.sort_by_key(|e| std::cmp::Reverse(e.ts));
    (newest.iter().take(enough).map(|e| e.line.to_string()).collect(), read.lines)
}

#[test]
fn a_page_reads_little_more_than_itself() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for (app, offset) in [("a", 0), ("b", 1), ("c", 2)] {
        let all: Vec<_> = (0..1000).map(|i| entry(i * 3 + offset, &format!("{}", i * 3 + offset), &[])).collect();
        push(&store, app, &all);
    }
    let want = |newest: i64| (0..9).map(|i| (newest - i).to_string()).collect::<Vec<_>>();
    store.flush().expect("flushes");
    assert_eq!(page(&store, 9), (want(2999), 9));
    push(&store, "a", &[entry(3000, "3000", &[])]);
    assert_eq!(page(&store, 9), (want(3000), 9));
    // What was deleted is not enough: older lines follow.
    let last = entry(3000, "", &[]).ts;
    let lines = DeleteLines { query: "b ".to_owned(), start: last.saturating_add(-10 * S), end: last };
    store.delete(&TenantId::default(), lines, NOW).expect("accepted");
    let (lines, read) = page(&store, 4);
    assert_eq!(lines, ["3000", "2999", "2997", "2996"]);
    assert!(read > 4);
}

#[test]
fn lines_are_seen_once_in_memory_in_files_and_after_restarts() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(2, "two", &[]), entry(1, "one", &[("k", "v")])]);
    assert_eq!(lines(&store, &everything()), ["one", "two"]);
    store.flush().expect("flushes");
    assert_eq!(lines(&store, &everything()), ["one", "two"]);
    // A repeat of a line that is in a file already, and one that differs in metadata only.
    push(&store, "a", &[entry(1, "one", &[("k", "v")]), entry(1, "one", &[]), entry(3, "three", &[])]);
    assert_eq!(lines(&store, &everything()), ["one", "one", "two", "three"]);
    drop(store);
    let store = open(dir.path());
    assert_eq!(lines(&store, &everything()), ["one", "one", "two", "three"]);
    store.flush().expect("flushes");
    drop(store);
    let store = open(dir.path());
    assert_eq!(lines(&store, &everything()), ["one", "one", "two", "three"]);
    let stats = store.source(&TenantId::default()).stats(&[], TimestampNs::MIN, TimestampNs::MAX).expect("stats");
    assert_eq!(stats, LogsStats { streams: 1, chunks: 2, bytes: 16, entries: 4 });
}

#[test]
fn a_record_is_not_replayed_into_a_partition_that_has_it() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(1, "one", &[])]);
    drop(store);
    let wal = dir.path().join("logs/wal");
    let kept: Vec<_> = std::fs::read_dir(&wal)
        .expect("lists")
        .map(|e| e.expect("entry").path())
        .map(|p| (p.clone(), std::fs::read(&p).expect("reads")))
        .collect();
    open(dir.path()).flush().expect("flushes");
    // As if the process died between the commit and the truncation of the log.
    for (path, bytes) in kept {
        std::fs::write(path, bytes).expect("writes");
    }
    let store = open(dir.path());
    let stats = store.source(&TenantId::default()).stats(&[], TimestampNs::MIN, TimestampNs::MAX).expect("stats");
    assert_eq!(stats.entries, 1);
}

#[test]
fn matchers_times_and_days() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for day in 0..3 {
        push(&store, "a", &[entry(-day * 86_400, &format!("a{day}"), &[])]);
        push(&store, "b", &[entry(-day * 86_400, &format!("b{day}"), &[])]);
        if day == 1 {
            store.flush().expect("flushes");
        }
    }
    let only_a = Matcher::new("app", MatchOp::Equal, "a").expect("valid");
    let select = LogsSelect { matchers: vec![only_a.clone()], ..everything() };
    assert_eq!(lines(&store, &select), ["a2", "a1", "a0"]);
    let now = TimestampNs::from_ms(NOW);
    assert_eq!(lines(&store, &LogsSelect { start: now, ..select.clone() }), ["a0"]);
    assert!(lines(&store, &LogsSelect { start: now.saturating_add(-S), end: now, ..select }).is_empty());
    let source = store.source(&TenantId::default());
    assert_eq!(source.streams(&[], TimestampNs::MIN, TimestampNs::MAX).expect("streams").len(), 2);
    assert_eq!(source.streams(&[vec![only_a]], now, TimestampNs::MAX).expect("streams").len(), 1);
    let other = TenantId::new("other").expect("valid");
    assert!(store.source(&other).streams(&[], TimestampNs::MIN, TimestampNs::MAX).expect("streams").is_empty());
}

#[test]
fn days_past_retention_go() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(-9 * 86_400, "old", &[]), entry(0, "new", &[])]);
    store.flush().expect("flushes");
    store.maintain(NOW).expect("maintains");
    assert_eq!(lines(&store, &everything()), ["new"]);
    drop(store);
    assert_eq!(lines(&open(dir.path()), &everything()), ["new"]);
}

#[test]
fn memory_is_bounded() {
    let dir = tempfile::tempdir().expect("temp dir");
    let config = Config { data_dir: dir.path().to_owned(), head_bytes_max: 1000, ..Config::default() };
    let store = LogsStore::open(config).expect("opens");
    push(&store, "a", &[entry(0, &"x".repeat(2000), &[])]);
    let write = LogsWrite::default();
    assert!(matches!(store.append(&TenantId::default(), write.clone(), NOW), Err(Error::Busy)));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            store.wait_for_room(Duration::from_secs(60));
            store.append(&TenantId::default(), LogsWrite::default(), NOW)
        });
        store.flush().expect("flushes");
        waiting.join().expect("no panic").expect("there is room");
    });
    push(&store, "a", &[entry(1, "again", &[])]);
    assert_eq!(lines(&store, &everything()).len(), 2);
}

#[derive(Debug, Clone)]
enum Step {
    Push(u8, Vec<LogEntry>),
    Flush,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let word = prop::sample::select(vec!["error", "id77", "of", "GET /a", "x=1 ", " ", "é"]);
    let line = proptest::collection::vec(word, 0..4).prop_map(|w| w.concat());
    let names = prop::sample::select(vec!["k", "l", "detected_level", "app"]);
    let values = prop::sample::select(vec!["v", "id9", "w w", "error", "s0"]);
    let pairs = proptest::collection::vec((names, values), 0..3);
    let one = (-100_000..2_i64, line, pairs)
        .prop_map(|(t, line, pairs)| LogEntry { metadata: Labels::from_pairs(pairs), ..entry(t, &line, &[]) });
    let step = prop_oneof![
        4 => (0..2_u8, proptest::collection::vec(one, 1..6)).prop_map(|(s, e)| Step::Push(s, e)),
        1 => Just(Step::Flush),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn answers_are_those_of_a_plain_list(
        steps in steps(),
        needle in prop_oneof![
            prop::sample::select(vec!["", "error", " id77 ", "1 id77", "x=1 error", "T /a", "é"]).prop_map(str::to_owned),
            "[eror id7=xof /GETé1]{0,9}",
        ],
        pair in prop::option::of((
            prop::sample::select(vec!["k", "l", "detected_level", "app"]),
            prop::sample::select(vec!["v", "id9", "w w", "error", "s0"]),
        )),
        newest_first in any::<bool>(),
        enough in prop::option::of(0..8_usize),
    ) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        let mut model: BTreeMap<Labels, std::collections::BTreeSet<LogEntry>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Push(stream, entries) => {
                    let app = format!("s{stream}");
                    push(&store, &app, &entries);
                    model.entry(Labels::from_pairs([("app", app)])).or_default().extend(entries);
                }
                Step::Flush => store.flush().expect("flushes"),
                Step::Restart => {
                    drop(store);
                    store = open(dir.path());
                }
            }
        }
        let select = LogsSelect {
            filter: LogsFilter::all([LogsFilter::contains(&needle)].into_iter().chain(
                pair.iter().map(|(n, v)| LogsFilter::Pair { name: (*n).to_owned(), value: (*v).to_owned() }),
            )),
            newest_first,
            enough,
            ..everything()
        };
        // As a pipeline compares: a stream's label comes before metadata of its name.
        let value = |labels: &Labels, e: &LogEntry, name: &str| match labels.get(name) {
            "" => e.metadata.get(name).to_owned(),
            label => label.to_owned(),
        };
        let wanted = |labels: &Labels, e: &LogEntry| {
            e.line.contains(&needle) && pair.as_ref().is_none_or(|(n, v)| value(labels, e, n) == *v)
        };
        let filter = |all: BTreeMap<Labels, Vec<LogEntry>>| -> BTreeMap<Labels, Vec<LogEntry>> {
            let filtered = all.into_iter().map(|(l, e)| {
                let kept = e.into_iter().filter(|e| wanted(&l, e)).collect::<Vec<_>>();
                (l, kept)
            });
            filtered.filter(|(_, e)| !e.is_empty()).collect()
        };
        let want = filter(model.into_iter().map(|(l, e)| (l, e.into_iter().collect())).collect());
        prop_assert_eq!(filter(read(&store, &select)), want);
    }
}
