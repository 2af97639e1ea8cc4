use std::ops::ControlFlow;

use aio_source::TracesSelect;
use aio_types::{AttributeValue, Resource, Scope, SpanEvent, SpanId, SpanLink, TimestampNs, TraceId};
use proptest::prelude::*;

use super::*;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

fn open(dir: &Path) -> TracesStore {
    TracesStore::open(Config { data_dir: dir.to_owned(), ..Config::default() }).expect("opens")
}

fn trace_id(n: u8) -> TraceId {
    let mut id = [0; 16];
    (id[0], id[15]) = (n, n);
    TraceId(id)
}

fn span(trace: u8, id: u8, seconds: i64, service: &str, name: &str) -> Span {
    let start = TimestampNs::from_ms(NOW).saturating_add(seconds * 1_000_000_000);
    let text = |s: &str| AttributeValue::String(s.into());
    Span {
        trace_id: trace_id(trace),
        span_id: SpanId([id; 8]),
        parent_span_id: SpanId::default(),
        trace_state: "a=b".into(),
        flags: 1,
        name: name.into(),
        kind: 2,
        start,
        end: start.saturating_add(5),
        attributes: vec![
            ("s".into(), text("v")),
            ("all".into(), AttributeValue::Array(vec![AttributeValue::Int(-1), AttributeValue::Double(0.5)])),
            ("map".into(), AttributeValue::Map(vec![("b".into(), AttributeValue::Bool(true))])),
            ("bytes".into(), AttributeValue::Bytes([1, 2].into())),
            ("empty".into(), AttributeValue::Empty),
        ],
        dropped_attributes: 1,
        events: vec![SpanEvent { time: start, name: "e".into(), attributes: Vec::new(), dropped_attributes: 2 }],
        dropped_events: 3,
        links: vec![SpanLink {
            trace_id: trace_id(9),
            span_id: SpanId([9; 8]),
            trace_state: "".into(),
            attributes: Vec::new(),
            dropped_attributes: 4,
            flags: 5,
        }],
        dropped_links: 6,
        status: 2,
        status_message: "bad".into(),
        resource: Arc::new(Resource {
            attributes: vec![("service.name".into(), text(service))],
            dropped_attributes: 7,
            schema_url: "u".into(),
        }),
        scope: Arc::new(Scope { name: "lib".into(), version: "1".into(), ..Scope::default() }),
    }
}

fn push(store: &TracesStore, spans: &[Span]) {
    store.append(&TenantId::default(), TracesWrite { spans: spans.to_vec() }, NOW).expect("stored");
}

fn trace(store: &TracesStore, id: u8) -> Vec<Span> {
    let found = store.source(&TenantId::default()).trace(trace_id(id)).expect("reads");
    found.map(|t| t.spans).unwrap_or_default()
}

fn everything() -> TracesSelect {
    TracesSelect { start: TimestampNs::MIN, end: TimestampNs::MAX, services: Vec::new(), names: Vec::new() }
}

fn select(store: &TracesStore, select: &TracesSelect) -> Vec<(TraceId, usize)> {
    let mut out = Vec::new();
    let mut previous = TimestampNs::MAX;
    let mut visit = |t: aio_source::TraceSpans, bound: TimestampNs| {
        assert!(t.spans.iter().any(|s| s.start <= bound) && bound <= previous, "{t:?} {bound:?}");
        previous = bound;
        out.push((t.trace_id, t.spans.len()));
        ControlFlow::Continue(())
    };
    store.source(&TenantId::default()).select(select, &mut visit).expect("reads");
    out
}

#[test]
fn spans_are_seen_once_and_whole_in_memory_in_blocks_and_after_restarts() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let first = [span(1, 1, 0, "a", "x"), span(2, 1, 1, "b", "y")];
    push(&store, &first);
    let check = |store: &TracesStore| {
        assert_eq!(trace(store, 1), &first[..1]);
        assert_eq!(trace(store, 2), &first[1..]);
        assert!(trace(store, 3).is_empty());
        assert_eq!(select(store, &everything()), [(trace_id(2), 1), (trace_id(1), 1)]);
    };
    check(&store);
    store.flush().expect("flushes");
    check(&store);
    push(&store, &first);
    check(&store);
    drop(store);
    check(&open(dir.path()));
    let store = open(dir.path());
    store.flush().expect("flushes");
    check(&store);
    // The catalogue is only a help.
    drop(store);
    for catalogue in catalogues(dir.path()) {
        std::fs::remove_dir_all(catalogue).expect("removes");
    }
    check(&open(dir.path()));
}

#[test]
fn late_spans_join_their_trace() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    push(&store, &[span(1, 2, -90_000, "b", "y")]);
    store.flush().expect("flushes");
    push(&store, &[span(1, 3, 10, "c", "z")]);
    assert_eq!(trace(&store, 1).iter().map(|s| s.span_id.0[0]).collect::<Vec<_>>(), [2, 1, 3]);
    let now = TimestampNs::from_ms(NOW);
    let select_at = |services: &[&str], from: i64, to: i64| {
        let services = services.iter().map(|s| (*s).to_owned()).collect();
        let (start, end) = (now.saturating_add(from * 1_000_000_000), now.saturating_add(to * 1_000_000_000));
        select(&store, &TracesSelect { start, end, services, names: Vec::new() })
    };
    // The service asked for is in another block than the span in range.
    assert_eq!(select_at(&["b"], 0, 1), [(trace_id(1), 3)]);
    assert!(select_at(&[], 1, 5).is_empty());
    drop(store);
    let store = open(dir.path());
    store.flush().expect("flushes");
    let none = TracesSelect { services: vec!["nobody".into()], ..everything() };
    assert!(select(&store, &none).is_empty());
}

#[test]
fn days_past_retention_go() {
    const DAY_MS: i64 = 86_400_000;
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    // The second began long before it arrived: it is kept as long as any that arrived with it.
    push(&store, &[span(1, 1, 0, "a", "x"), span(2, 1, -90 * 86_400, "a", "x")]);
    store.flush().expect("flushes");
    for (days, kept) in [(0, 1), (7, 1), (9, 0)] {
        store.maintain(NOW.saturating_add(days * DAY_MS)).expect("maintains");
        assert_eq!((trace(&store, 1).len(), trace(&store, 2).len()), (kept, kept), "after {days} days");
    }
    assert!(files(dir.path(), "spans").is_empty() && catalogues(dir.path()).is_empty());
    push(&store, &[span(3, 1, 0, "a", "x")]);
    assert_eq!(trace(&store, 3).len(), 1);
}

#[test]
fn the_oldest_days_go_where_all_take_too_much() {
    const DAY_MS: i64 = 86_400_000;
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for day in 0..3 {
        let now = NOW.saturating_add(i64::from(day) * DAY_MS);
        let spans = vec![span(day + 1, 1, i64::from(day) * 86_400, "a", "x")];
        store.append(&TenantId::default(), TracesWrite { spans }, now).expect("stored");
        store.flush().expect("flushes");
    }
    let day = dir.path().join("traces/tenants/default").join(TimestampNs::from_ms(NOW).day().to_string());
    let one = aio_kit::fs::bytes_in(&day).expect("there");
    let now = NOW.saturating_add(2 * DAY_MS);
    for (days, kept) in [(9, [1, 1, 1]), (2, [0, 1, 1]), (0, [0, 0, 1])] {
        let bytes = one * days + one / 2 + 1;
        store.set_retention(TracesRetention { bytes, ..TracesRetention::default() });
        store.maintain(now).expect("maintains");
        assert_eq!([1, 2, 3].map(|n| trace(&store, n).len()), kept, "{days} days of room");
    }
}

/// Times of 1970, of the far future, and ends before starts.
fn absurd() -> Vec<Span> {
    let mut spans: Vec<Span> = (0..200_u8).map(|i| span(1, i, 0, "a", "x")).collect();
    for (i, span) in (0_i64..).zip(&mut spans) {
        let day = i * 400 * 86_400_000_000_000;
        span.start = TimestampNs(day);
        span.end = TimestampNs(if i % 2 == 0 { 0 } else { i64::MAX });
    }
    spans[0].start = TimestampNs(0);
    spans[1].start = TimestampNs::MAX;
    spans.sort_by_key(|s| (s.start, s.span_id));
    spans
}

#[test]
fn absurd_times_are_kept_and_make_no_days_of_their_own() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = open(dir.path());
    push(&store, &absurd());
    for _ in 0..2 {
        assert_eq!(trace(&store, 1), absurd());
        drop(store);
        store = open(dir.path());
        assert_eq!(trace(&store, 1), absurd());
        store.flush().expect("flushes");
        store.maintain(NOW).expect("maintains");
    }
    assert_eq!(catalogues(dir.path()).len(), 1, "one day holds all");
    assert_eq!(select(&store, &everything()), [(trace_id(1), 200)]);
}

#[test]
fn a_range_finds_what_is_under_way_in_it() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut long = span(1, 1, 0, "a", "x");
    long.end = long.start.saturating_add(100_000_000_000);
    push(&store, &[long, span(2, 1, 50, "a", "x"), span(3, 1, 200, "a", "x")]);
    let now = TimestampNs::from_ms(NOW);
    let at = |from: i64, to: i64| TracesSelect {
        start: now.saturating_add(from * 1_000_000_000),
        end: now.saturating_add(to * 1_000_000_000),
        ..everything()
    };
    for _ in 0..2 {
        assert_eq!(select(&store, &at(60, 61)), [(trace_id(1), 1)]);
        assert_eq!(select(&store, &at(50, 51)), [(trace_id(2), 1), (trace_id(1), 1)]);
        assert!(select(&store, &at(101, 200)).is_empty());
        assert_eq!(select(&store, &at(200, 201)), [(trace_id(3), 1)]);
        store.flush().expect("flushes");
    }
}

#[test]
fn small_blocks_are_merged_and_readers_notice_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let spans: Vec<Span> = (0..20).map(|i| span(i % 4, i, i64::from(i), "a", "x")).collect();
    let want = |id: u8| spans.iter().filter(|s| s.trace_id == trace_id(id)).cloned().collect::<Vec<_>>();
    push(&store, &spans[..1]);
    let reader = store.source(&TenantId::default());
    for (i, span) in spans.iter().enumerate() {
        // Repeats in another block are one span after the merge, too.
        push(&store, &[span.clone(), spans[0].clone()]);
        store.flush().expect("flushes");
        store.maintain(NOW).expect("maintains");
        assert_eq!(reader.trace(span.trace_id).expect("reads").map(|t| t.spans.len()), Some(i / 4 + 1), "after {i}");
    }
    let left = files(dir.path(), "spans").len();
    assert!(left < 10, "{left} blocks");
    for id in 0..4 {
        assert_eq!(trace(&store, id), want(id));
    }
    drop((reader, store));
    let store = open(dir.path());
    assert_eq!(files(dir.path(), "spans").len(), left);
    for id in 0..4 {
        assert_eq!(trace(&store, id), want(id));
    }
}

type Contents = Vec<(PathBuf, Vec<u8>)>;

/// A day with eight blocks and what they become: the files of both states.
fn before_and_after_a_merge(dir: &Path) -> (Contents, Contents) {
    let store = open(dir);
    for i in 0..8 {
        push(&store, &[span(i, 1, 0, "a", "x")]);
        store.flush().expect("flushes");
    }
    let read = || -> Contents {
        files(dir, "spans").into_iter().map(|p| (p.clone(), std::fs::read(p).expect("reads"))).collect()
    };
    let before = read();
    store.maintain(NOW).expect("maintains");
    (before, read())
}

#[test]
fn a_crash_between_a_merge_and_its_clean_up_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let (before, after) = before_and_after_a_merge(dir.path());
    assert_eq!((before.len(), after.len()), (8, 1));
    let all_there = |kept: usize| {
        let store = open(dir.path());
        assert_eq!((0..8).map(|i| trace(&store, i).len()).collect::<Vec<_>>(), [1; 8]);
        assert_eq!(files(dir.path(), "spans").len(), kept);
    };
    // Some or all of the old ones are still there.
    for left in [8, 3] {
        before[..left].iter().for_each(|(path, bytes)| std::fs::write(path, bytes).expect("writes"));
        all_there(1);
    }
    // The merged one is damaged while the old ones are there: they are the ones that count.
    before.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).expect("writes"));
    let (path, mut bad) = after[0].clone();
    bad[30] ^= 1;
    std::fs::write(path, bad).expect("writes");
    all_there(8);
}

#[test]
fn memory_counts_what_requests_share() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for i in 0..100 {
        push(&store, &[span(1, i, 0, "the same", "x")]);
    }
    let same = store.memory.load(Ordering::Relaxed);
    for i in 0..100 {
        push(&store, &[span(1, i, 1, &format!("{i}{}", "y".repeat(10_000)), "x")]);
    }
    let other = store.memory.load(Ordering::Relaxed) - same;
    assert!(other > 1_000_000 && same < 200_000, "{same} {other}");
}

#[test]
fn no_more_than_the_allowed_memory_is_taken() {
    let dir = tempfile::tempdir().expect("temp dir");
    let config = Config { data_dir: dir.path().to_owned(), head_bytes_max: 10_000, ..Config::default() };
    let store = TracesStore::open(config).expect("opens");
    let write = |i: u8| store.append(&TenantId::default(), TracesWrite { spans: vec![span(i, 1, 0, "a", "x")] }, NOW);
    let taken = (0..100).take_while(|i| write(*i).is_ok()).count();
    assert!((2..50).contains(&taken), "{taken}");
    assert!(matches!(write(100), Err(Error::Busy)));
    store.flush().expect("flushes");
    write(100).expect("taken again");
}

#[test]
fn a_span_with_a_nan_is_itself_when_it_is_sent_again() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut odd = span(1, 1, 0, "a", "x");
    odd.attributes.push(("nan".into(), AttributeValue::Double(f64::NAN)));
    push(&store, &[odd.clone()]);
    store.flush().expect("flushes");
    push(&store, &[odd.clone(), odd]);
    assert_eq!(trace(&store, 1).len(), 1);
}

#[test]
fn one_trace_of_many_spans_and_many_traces_of_one() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let blank = span(1, 1, 0, "a", "x");
    let numbered = |n: u64, trace: u8| Span {
        span_id: SpanId(n.to_be_bytes()),
        trace_id: trace_id(trace),
        attributes: Vec::new(),
        ..blank.clone()
    };
    for chunk in 0..10 {
        let mut spans: Vec<Span> = (0..2000).map(|n| numbered(chunk * 2000 + n + 1, 1)).collect();
        spans.extend((0..2000_u64).map(|n| {
            let mut single = numbered(n + 1, 2);
            single.trace_id.0[4..12].copy_from_slice(&(chunk * 2000 + n).to_be_bytes());
            single
        }));
        push(&store, &spans);
        if chunk % 3 == 0 {
            store.flush().expect("flushes");
        }
    }
    for _ in 0..2 {
        assert_eq!(trace(&store, 1).len(), 20_000);
        assert_eq!(select(&store, &everything()).len(), 20_001);
        store.flush().expect("flushes");
    }
}

fn find(dir: &Path, wanted: &dyn Fn(&Path) -> bool, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("lists") {
        let path = entry.expect("entry").path();
        if wanted(&path) {
            out.push(path.clone());
        }
        if path.is_dir() {
            find(&path, wanted, out);
        }
    }
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    find(dir, &|p| p.extension().is_some_and(|e| e == extension), &mut out);
    out.sort();
    out
}

fn catalogues(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    find(dir, &|p| p.file_name().is_some_and(|n| n == "catalogue"), &mut out);
    out
}

#[test]
fn damaged_blocks_are_never_served() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let good_spans = [span(1, 1, 0, "a", "x"), span(1, 2, 1, "a", "y")];
    push(&store, &good_spans);
    store.flush().expect("flushes");
    drop(store);
    let [path] = &files(dir.path(), "spans")[..] else { panic!("one block") };
    let good = std::fs::read(path).expect("reads");
    for at in (0..good.len()).step_by(7) {
        for without_catalogue in [false, true] {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            std::fs::write(path, &bad).expect("writes");
            if without_catalogue {
                catalogues(dir.path()).iter().for_each(|c| std::fs::remove_dir_all(c).expect("removes"));
            }
            let store = open(dir.path());
            let found = trace(&store, 1);
            assert!(found.is_empty() || found == good_spans, "at {at}: {found:?}");
            let all = select(&store, &everything());
            assert!(all.is_empty() || all == [(trace_id(1), 2)], "at {at}");
            drop(store);
            let aside = path.with_extension("spans.corrupt");
            if aside.exists() {
                std::fs::remove_file(aside).expect("removes");
            }
        }
    }
    std::fs::write(path, &good).expect("writes");
    assert_eq!(trace(&open(dir.path()), 1), good_spans);
}

#[test]
fn a_damaged_catalogue_is_rebuilt() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    drop(store);
    let [catalogue] = &catalogues(dir.path())[..] else { panic!("one catalogue") };
    let mut inner = Vec::new();
    find(catalogue, &|p| p.is_file(), &mut inner);
    for file in inner {
        let good = std::fs::read(&file).expect("reads");
        for at in (0..good.len()).step_by(good.len() / 5 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            std::fs::write(&file, &bad).expect("writes");
            assert_eq!(trace(&open(dir.path()), 1).len(), 1, "{} at {at}", file.display());
        }
    }
}

#[test]
fn a_torn_log_is_cut_and_a_damaged_one_refused() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    push(&store, &[span(2, 1, 0, "a", "x")]);
    drop(store);
    let [path] = &files(dir.path(), "wal")[..] else { panic!("one segment") };
    let good = std::fs::read(path).expect("reads");
    std::fs::write(path, &good[..good.len() - 3]).expect("writes");
    let store = open(dir.path());
    assert_eq!((trace(&store, 1).len(), trace(&store, 2).len()), (1, 0));
    drop(store);
    let mut bad = good.clone();
    bad[40] ^= 1;
    std::fs::write(path, &bad).expect("writes");
    let error =
        TracesStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect_err("refused");
    assert!(error.to_string().contains("damaged at offset 28") && error.to_string().contains(".wal"), "{error}");
}

#[test]
fn damage_is_named_with_file_and_offset_and_the_rest_is_served() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    push(&store, &[span(1, 2, 1, "a", "x"), span(2, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    let [path, _] = &files(dir.path(), "spans")[..] else { panic!("two blocks") };
    let mut bad = std::fs::read(path).expect("reads");
    bad[10] ^= 1;
    std::fs::write(path, bad).expect("writes");
    let cache = Arc::new(OpenedCache::new(0));
    let error = crate::block::Block::open(path, &cache).and_then(|b| b.verify()).expect_err("damaged");
    assert!(error.to_string().contains("damaged at offset 8") && error.to_string().contains(".spans"), "{error}");
    assert_eq!((trace(&store, 1).len(), trace(&store, 2).len()), (1, 1));
    push(&store, &[span(1, 3, 2, "a", "x")]);
    store.flush().expect("the next write works");
    store.maintain(NOW).expect("maintains");
    assert_eq!(trace(&store, 1).len(), 2);
}

#[test]
fn a_block_whose_footer_is_damaged_is_set_aside_at_start() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    drop(store);
    let [path] = &files(dir.path(), "spans")[..] else { panic!("one block") };
    let good = std::fs::read(path).expect("reads");
    let mut bad = good.clone();
    let at = bad.len() - 20;
    bad[at] ^= 1;
    std::fs::write(path, bad).expect("writes");
    catalogues(dir.path()).iter().for_each(|c| std::fs::remove_dir_all(c).expect("removes"));
    let store = open(dir.path());
    assert!(trace(&store, 1).is_empty());
    assert_eq!(files(dir.path(), "corrupt").len(), 1);
    push(&store, &[span(2, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    assert_eq!(trace(&store, 2).len(), 1);
}

#[test]
fn a_catalogue_without_its_snapshot_or_its_log_is_rebuilt() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    drop(store);
    for wanted in ["snap.", "db", "conf"] {
        let mut found = Vec::new();
        let name_fits = |p: &Path| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(wanted));
        find(&catalogues(dir.path())[0], &|p| p.is_file() && name_fits(p), &mut found);
        found.iter().for_each(|p| std::fs::remove_file(p).expect("removes"));
        let store = open(dir.path());
        assert_eq!(trace(&store, 1).len(), 1, "without {wanted}");
        push(&store, &[span(2, 1, 0, "a", "x")]);
        store.flush().expect("flushes");
        assert_eq!(trace(&store, 2).len(), 1, "without {wanted}");
    }
}

/// The states a killed process can leave between writing a block and cutting the log: as if none, one or all of these
/// had happened.
#[test]
fn a_kill_between_block_catalogue_and_log_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let spans = [span(1, 1, 0, "a", "x"), span(1, 2, -80_001, "a", "x"), span(2, 1, 5, "b", "y")];
    let store = open(dir.path());
    push(&store, &spans);
    let log = files(dir.path(), "wal").into_iter().map(|p| (p.clone(), std::fs::read(p).expect("reads")));
    let log: Vec<_> = log.collect();
    store.flush().expect("flushes");
    drop(store);
    let with_log = || log.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).expect("writes"));
    let check = |state: &str| {
        let store = open(dir.path());
        assert_eq!(trace(&store, 1), [spans[1].clone(), spans[0].clone()], "{state}");
        assert_eq!(trace(&store, 2), &spans[2..], "{state}");
        assert_eq!(select(&store, &everything()).iter().map(|(_, n)| n).sum::<usize>(), 3, "{state}");
    };
    with_log();
    check("blocks and catalogue, but the log as well");
    with_log();
    catalogues(dir.path()).iter().for_each(|c| std::fs::remove_dir_all(c).expect("removes"));
    check("blocks without catalogue, and the log");
    with_log();
    std::fs::remove_file(&files(dir.path(), "spans")[0]).expect("removes");
    check("the block of one day only, and the log");
    let tmp = files(dir.path(), "spans")[0].with_extension("tmp");
    std::fs::write(&tmp, b"half").expect("writes");
    with_log();
    check("half a block");
    assert!(!tmp.exists());
}

#[derive(Debug, Clone)]
enum Step {
    Push(Vec<(u8, u8, i64)>),
    Flush,
    Restart,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn answers_are_those_of_a_plain_list(steps in proptest::collection::vec(prop_oneof![
        3 => proptest::collection::vec((0..4_u8, 0..6_u8, -100_000..2_i64), 1..6).prop_map(Step::Push),
        1 => Just(Step::Flush),
        1 => Just(Step::Restart),
    ], 1..10)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        let mut model: BTreeMap<u8, std::collections::BTreeSet<(i64, u8)>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Push(rows) => {
                    let spans: Vec<Span> = rows.iter().map(|(t, s, at)| span(*t, *s, *at, "a", "x")).collect();
                    push(&store, &spans);
                    for (t, s, at) in rows {
                        model.entry(t).or_default().insert((at, s));
                    }
                }
                Step::Flush => store.flush().expect("flushes"),
                Step::Restart => {
                    drop(store);
                    store = open(dir.path());
                }
            }
        }
        for id in 0..4_u8 {
            let want: Vec<Span> = model.get(&id).into_iter().flatten().map(|(at, s)| span(id, *s, *at, "a", "x")).collect();
            prop_assert_eq!(trace(&store, id), want);
        }
        prop_assert_eq!(select(&store, &everything()).len(), model.len());
    }

    #[test]
    fn every_span_comes_back_as_it_was(spans in proptest::collection::vec(any_span(), 1..8)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        push(&store, &spans);
        let mut want = spans;
        crate::repeats::sort_and_remove(&mut want);
        let show = |store: &TracesStore| format!("{:?}", trace(store, 1));
        prop_assert_eq!(show(&store), format!("{want:?}"));
        drop(store);
        store = open(dir.path());
        prop_assert_eq!(show(&store), format!("{want:?}"));
        store.flush().expect("flushes");
        prop_assert_eq!(show(&store), format!("{want:?}"));
    }
}

fn any_value() -> impl Strategy<Value = AttributeValue> {
    let leaf = prop_oneof![
        Just(AttributeValue::Empty),
        ".{0,6}".prop_map(|s| AttributeValue::String(s.into())),
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::Int),
        any::<f64>().prop_map(AttributeValue::Double),
        proptest::collection::vec(any::<u8>(), 0..5).prop_map(|b| AttributeValue::Bytes(b.into())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let pair = ("[a-b]{0,1}".prop_map(Box::from), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(AttributeValue::Array),
            proptest::collection::vec(pair, 0..4).prop_map(AttributeValue::Map),
        ]
    })
}

/// Empty and repeated names included.
fn any_attributes() -> impl Strategy<Value = aio_types::Attributes> {
    proptest::collection::vec(("[a-b]{0,1}".prop_map(Box::from), any_value()), 0..4)
}

fn any_span() -> impl Strategy<Value = Span> {
    let ids = (any::<[u8; 8]>(), any::<[u8; 8]>(), any::<u32>());
    let times = (any::<i64>(), any::<i64>(), any::<i64>());
    let attributes = (any_attributes(), any_attributes(), any_attributes(), any_attributes(), any_attributes());
    let texts = (".{0,4}", ".{0,4}", 0..7_u8, 0..4_u8);
    (ids, times, attributes, texts).prop_map(|(ids, times, attributes, texts)| {
        let (own, event, link, resource, scope) = attributes;
        let (name, message, kind, status) = texts;
        Span {
            trace_id: trace_id(1),
            span_id: SpanId(ids.0),
            parent_span_id: SpanId(ids.1),
            flags: ids.2,
            name: name.into(),
            status_message: message.as_str().into(),
            kind,
            status,
            start: TimestampNs(times.0),
            end: TimestampNs(times.1),
            attributes: own,
            dropped_attributes: ids.2,
            events: vec![SpanEvent {
                time: TimestampNs(times.2),
                name: message.into(),
                attributes: event,
                dropped_attributes: ids.2,
            }],
            links: vec![SpanLink { attributes: link, ..span(1, 1, 0, "a", "x").links[0].clone() }],
            resource: Arc::new(Resource { attributes: resource, dropped_attributes: ids.2, schema_url: "u".into() }),
            scope: Arc::new(Scope { attributes: scope, dropped_attributes: ids.2, ..Scope::default() }),
            ..span(1, 1, 0, "a", "x")
        }
    })
}
