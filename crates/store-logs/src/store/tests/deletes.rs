//! Deleted lines are gone at once and for good; small chunks become large; days go by size.

use super::*;
use crate::tombstones::DeleteLines;

fn delete(store: &LogsStore, query: &str, from: i64, to: i64) -> String {
    let at = |seconds: i64| TimestampNs::from_ms(NOW).saturating_add(seconds * S);
    let lines = DeleteLines { query: query.to_owned(), start: at(from), end: at(to) };
    store.delete(&TenantId::default(), lines, NOW).expect("deletes")
}

fn entries(store: &LogsStore) -> u64 {
    store.source(&TenantId::default()).stats(&[], TimestampNs::MIN, TimestampNs::MAX).expect("stats").entries
}

#[test]
fn deleted_lines_are_gone_at_once_after_a_restart_and_from_files() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for i in 0..6 {
        push(&store, "a", &[entry(i, &format!("a{i} {}", if i % 2 == 0 { "secret" } else { "open" }), &[])]);
        push(&store, "b", &[entry(i, &format!("b{i} secret"), &[])]);
    }
    let first = delete(&store, "a secret", 1, 4);
    let second = delete(&store, "b ", -1, 9);
    assert_ne!(first, second);
    let want = ["a0 secret", "a1 open", "a3 open", "a5 open"];
    assert_eq!((lines(&store, &everything()), entries(&store)), (want.map(str::to_owned).to_vec(), 4));
    assert!(store.delete_requests(&TenantId::default()).iter().all(|r| !r.is_processed));
    // A line that comes later is not among them, even if it is the same.
    push(&store, "b", &[entry(1, "b1 secret", &[])]);
    let want = ["a0 secret", "a1 open", "b1 secret", "a3 open", "a5 open"];
    assert_eq!((lines(&store, &everything()), entries(&store)), (want.map(str::to_owned).to_vec(), 5));
    drop(store);
    let store = open(dir.path());
    assert_eq!(lines(&store, &everything()), want);
    store.flush().expect("flushes");
    assert_eq!((lines(&store, &everything()), entries(&store)), (want.map(str::to_owned).to_vec(), 5));
    store.maintain(NOW).expect("maintains");
    assert!(store.delete_requests(&TenantId::default()).iter().all(|r| r.is_processed));
    assert_eq!((lines(&store, &everything()), entries(&store)), (want.map(str::to_owned).to_vec(), 5));
    drop(store);
    let store = open(dir.path());
    assert_eq!((lines(&store, &everything()), entries(&store)), (want.map(str::to_owned).to_vec(), 5));
    assert!(!store.cancel_delete(&TenantId::default(), &first).expect("asks"));
}

#[test]
fn a_request_can_be_taken_back_until_it_is_processed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(0, "one", &[])]);
    let id = delete(&store, "a ", -1, 1);
    assert_eq!(entries(&store), 0);
    assert!(store.cancel_delete(&TenantId::default(), &id).expect("cancels"));
    assert_eq!((entries(&store), lines(&store, &everything()).len()), (1, 1));
}

#[test]
fn a_query_that_is_none_deletes_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(0, "one", &[])]);
    let lines = DeleteLines { query: "a".to_owned(), start: TimestampNs::MIN, end: TimestampNs::MAX };
    let fault = store.delete(&TenantId::default(), lines, NOW).expect_err("no query");
    assert_eq!(fault.to_string(), "query of a deletion: not APP TEXT");
    assert_eq!(entries(&store), 1);
}

#[test]
fn small_chunks_are_made_one() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for i in 0..12 {
        push(&store, "a", &[entry(i, &format!("line {i}"), &[("detected_level", "info")])]);
        push(&store, &format!("once{i}"), &[entry(i, "x", &[])]);
        store.flush().expect("flushes");
    }
    let before = lines(&store, &everything());
    store.maintain(NOW).expect("maintains");
    let only_a = Matcher::new("app", MatchOp::Equal, "a").expect("valid");
    let source = store.source(&TenantId::default());
    let stats = source.stats(&[only_a], TimestampNs::MIN, TimestampNs::MAX).expect("stats");
    assert_eq!((stats.chunks, stats.entries), (1, 12));
    assert_eq!(lines(&store, &everything()), before);
    drop(store);
    assert_eq!(lines(&open(dir.path()), &everything()), before);
}

#[test]
fn streams_are_kept_as_long_as_they_should_be() {
    const DAY: i64 = 86_400;
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let other = TenantId::new("other").expect("valid");
    for day in [0, 2, 20, 50] {
        for app in ["plain", "short", "long", "both"] {
            let text = format!("{app} {day}");
            push(&store, app, &[entry(-day * DAY - 1, &text, &[])]);
            let stream = StreamWrite {
                labels: Labels::from_pairs([("app", app)]),
                entries: vec![entry(-day * DAY - 1, &text, &[])],
            };
            store.append(&other, LogsWrite { streams: vec![stream] }, NOW).expect("stored");
        }
    }
    store.flush().expect("flushes");
    let streams = |op, app: &str, priority, days: u64| KeptStreams {
        matchers: vec![Matcher::new("app", op, app).expect("valid")],
        priority,
        time: Duration::from_secs(days * 86_400),
    };
    let common = LogsRetention {
        streams: vec![
            streams(MatchOp::Equal, "short", 0, 1),
            streams(MatchOp::Regex, "short|both", 0, 3),
            streams(MatchOp::Regex, "long|both", 1, 30),
        ],
        ..LogsRetention::default()
    };
    let own = LogsRetention { time: Duration::from_secs(DAY.unsigned_abs() * 40), ..LogsRetention::default() };
    store.set_retention(PerTenant { common, own: [(other.clone(), own)].into() });
    store.maintain(NOW).expect("maintains");
    let want = ["both 0", "both 2", "both 20", "long 0", "long 2", "long 20", "plain 0", "plain 2", "short 0"];
    let kept = |store: &LogsStore| {
        let mut kept = lines(store, &everything());
        kept.sort();
        kept
    };
    assert_eq!(kept(&store), want);
    let stats = store.source(&other).stats(&[], TimestampNs::MIN, TimestampNs::MAX).expect("stats");
    assert_eq!(stats.entries, 12);
    drop(store);
    assert_eq!(kept(&open(dir.path())), want);
}

#[test]
fn the_oldest_days_go_when_all_take_too_much() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for day in 0..4 {
        push(&store, "a", &[entry(-day * 86_400, &format!("day {day}"), &[])]);
    }
    store.flush().expect("flushes");
    let bytes = |bytes| PerTenant::all(LogsRetention { bytes, ..LogsRetention::default() });
    store.set_retention(bytes(1 << 30));
    store.maintain(NOW).expect("maintains");
    assert_eq!(entries(&store), 4);
    store.set_retention(bytes(1));
    store.maintain(NOW).expect("maintains");
    assert_eq!(lines(&store, &everything()), ["day 0"]);
}
