use std::ops::ControlFlow;

use aio_source::TracesSelect;
use aio_types::{AttributeValue, Resource, Scope, SpanEvent, SpanId, SpanLink, TraceId};
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
    let mut visit = |t: aio_source::TraceSpans| {
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
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, &[span(1, 1, -9 * 86_400, "a", "x"), span(2, 1, 0, "a", "x")]);
    store.flush().expect("flushes");
    store.maintain(NOW).expect("maintains");
    assert!(trace(&store, 1).is_empty());
    assert_eq!(trace(&store, 2).len(), 1);
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
    bad[30] ^= 1;
    std::fs::write(path, &bad).expect("writes");
    let error =
        TracesStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect_err("refused");
    assert!(error.to_string().contains("damaged at offset 8"), "{error}");
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
}
