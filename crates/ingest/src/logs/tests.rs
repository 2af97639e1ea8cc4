use aio_types::LogEntry;

use super::*;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

fn with(limits: LogsLimits, writes: &[(i64, &str)]) -> Vec<LogsReport> {
    let (gate, tenant) = (Gate::default(), TenantId::default());
    let one = |(seconds, line): &(i64, &str)| {
        let ts = TimestampNs::from_ms(NOW).saturating_add(seconds * 1_000_000_000);
        let entry = LogEntry { ts, line: (*line).into(), metadata: Labels::default() };
        let labels = Labels::from_pairs([("app", line.get(..1).unwrap_or("none"))]);
        let write = LogsWrite { streams: vec![StreamWrite { labels, entries: vec![entry] }] };
        accept(write, Sender { limits: &limits, gate: &gate, tenant: &tenant, now: NOW }).1
    };
    writes.iter().map(one).collect()
}

#[test]
fn lines_may_be_a_window_behind_their_stream() {
    let limits = LogsLimits { behind: std::time::Duration::from_secs(3600), ..LogsLimits::default() };
    let reports = with(limits, &[(0, "a"), (-3600, "a"), (-3601, "a"), (-4000, "b")]);
    assert_eq!(reports.iter().map(|r| r.rejected).collect::<Vec<_>>(), [0, 0, 1, 0]);
    assert_eq!(
        reports[2].message(),
        "entry with timestamp 2023-11-14 21:13:19 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: \
         2023-11-14T21:13:19Z, oldest acceptable timestamp is: 2023-11-14T21:13:20Z',\nuser 'default', total ignored: 1 \
         out of 1 for stream: {app=\"a\", service_name=\"a\"}"
    );
    assert!(!reports[2].is_limited);
}

#[test]
fn lines_are_a_window_behind_newer_ones_of_their_own_push() {
    let limits = LogsLimits { behind: std::time::Duration::from_secs(3600), ..LogsLimits::default() };
    let now = TimestampNs::from_ms(NOW);
    let entry = |(seconds, line): (i64, &str)| LogEntry {
        ts: now.saturating_add(seconds * 1_000_000_000),
        line: line.into(),
        metadata: Labels::default(),
    };
    // The first is behind nothing yet, and one that is too old for any stream moves nothing.
    let lines = [(-4000, "kept"), (0, "new"), (-3600, "just"), (-4000, "late"), (-90_000_000, "old"), (-3601, "late")];
    let entries = lines.map(entry).to_vec();
    let write = LogsWrite { streams: vec![StreamWrite { labels: Labels::from_pairs([("app", "a")]), entries }] };
    let (write, report) = accept(write, Sender { limits: &limits, gate: &Gate::default(), ..sender() });
    let kept: Vec<_> = write.streams[0].entries.iter().map(|e| &*e.line).collect();
    assert_eq!((kept, report.rejected), (vec!["kept", "new", "just"], 3));
    assert!(report.message().contains("total ignored: 2 out of 5 for stream"), "{}", report.message());
}

#[test]
fn streams_and_rates_are_limited_where_asked() {
    let reports = with(LogsLimits { streams: 2, ..LogsLimits::default() }, &[(0, "a"), (0, "b"), (0, "c"), (1, "a")]);
    assert_eq!(reports.iter().map(|r| r.is_limited).collect::<Vec<_>>(), [false, false, true, false]);
    let want = "maximum active stream limit exceeded when trying to create stream {app=\"c\", service_name=\"c\"}, \
                reduce";
    assert!(reports[2].message().starts_with(want), "{}", reports[2].message());
    let limits = LogsLimits { rate_bytes: 10, burst_bytes: 12, ..LogsLimits::default() };
    let reports = with(limits, &[(0, "aaaaaaaaaa"), (0, "bbb")]);
    assert_eq!(reports.iter().map(|r| r.accepted).collect::<Vec<_>>(), [1, 0]);
    let want = "ingestion rate limit exceeded for user default (limit: 10 bytes/sec) while attempting to ingest '1' \
                lines totaling '3' bytes";
    assert!(reports[1].message().starts_with(want), "{}", reports[1].message());
    let limits = LogsLimits { stream_rate_bytes: 3 << 20, ..LogsLimits::default() };
    let long = "a".repeat(200 << 10);
    let reports = with(limits, &vec![(0, long.as_str()); 16]);
    assert!(reports[15].is_limited && reports[14].accepted == 1);
    let want = "entry with timestamp 2023-11-14 22:13:20 +0000 UTC ignored, reason: 'Per stream rate limit exceeded \
                (limit: 3MB/sec) while attempting to ingest for stream '{app=\"a\", service_name=\"a\"}' totaling 200KB, \
                consider splitting";
    assert!(reports[15].message().starts_with(want), "{}", reports[15].message());
}

#[test]
fn long_lines_are_cut_where_asked() {
    let limits = LogsLimits { line_bytes: 2, is_cutting_lines: true, ..LogsLimits::default() };
    let entry = LogEntry { ts: TimestampNs::from_ms(NOW), line: "xéy".into(), metadata: Labels::default() };
    let stream = StreamWrite { labels: Labels::from_pairs([("a", "b")]), entries: vec![entry] };
    let sender = Sender { limits: &limits, ..sender() };
    let (write, report) = accept(LogsWrite { streams: vec![stream] }, sender);
    assert_eq!((&*write.streams[0].entries[0].line, report.rejected), ("x", 0));
}

fn sender() -> Sender<'static> {
    static LIMITS: std::sync::LazyLock<LogsLimits> = std::sync::LazyLock::new(LogsLimits::default);
    static GATE: std::sync::LazyLock<Gate> = std::sync::LazyLock::new(Gate::default);
    static TENANT: std::sync::LazyLock<TenantId> = std::sync::LazyLock::new(TenantId::default);
    Sender { limits: &LIMITS, gate: &GATE, tenant: &TENANT, now: NOW }
}

fn push(labels: &[(&str, &str)], seconds: i64, line: &str) -> (LogsWrite, LogsReport) {
    let entry = LogEntry {
        ts: TimestampNs::from_ms(NOW).saturating_add(seconds * 1_000_000_000),
        line: line.into(),
        metadata: Labels::default(),
    };
    let stream = StreamWrite { labels: Labels::from_pairs(labels.iter().copied()), entries: vec![entry] };
    accept(LogsWrite { streams: vec![stream] }, sender())
}

#[test]
fn services_and_levels_are_added() {
    let (write, report) = push(&[("job", "j"), ("app", "a")], 0, "level=warn");
    assert_eq!(write.streams[0].labels.get(SERVICE), "a");
    assert_eq!(write.streams[0].entries[0].metadata.get("detected_level"), "warn");
    assert_eq!((report.accepted, report.rejected), (1, 0));
    for labels in [&[("x", "y")][..], &[("app", "")], &[]] {
        let (write, report) = push(labels, 0, "");
        assert_eq!((write.streams[0].labels.get(SERVICE), report.rejected), ("unknown_service", 0), "{labels:?}");
    }
}

#[test]
fn metadata_has_limits() {
    let pairs = |count: usize, bytes: usize| {
        let pair = |i| (format!("k{i:03}"), "v".repeat(bytes));
        let metadata = Labels::from_pairs((0..count).map(pair));
        let entry = LogEntry { ts: TimestampNs::from_ms(NOW), line: "x".into(), metadata };
        let labels = Labels::from_pairs([("a", "b")]);
        let stream = StreamWrite { labels, entries: vec![entry] };
        accept(LogsWrite { streams: vec![stream] }, sender()).1.message()
    };
    assert_eq!(pairs(128, 1), "");
    let many = pairs(129, 1);
    assert!(many.contains("has too many structured metadata labels: '129', limit: '128'"), "{many}");
    let large = pairs(1, 65_536);
    assert!(large.ends_with("to increase it") && many.ends_with("to increase it"), "{large} {many}");
    assert!(large.contains("has structured metadata too large: '65540' bytes, limit: '65536' bytes"), "{large}");
}

#[test]
fn long_labels_are_cut_in_faults() {
    let long = "é".repeat(1_000_000);
    let message = push(&[("a", "b"), ("long", &long)], 0, "x").1.message();
    assert!(message.starts_with("stream '{a=\"b\", long=\"éé"), "{message:.100}");
    assert!(message.ends_with("éé…'") && message.len() < 1200, "{}", message.len());
}

#[test]
fn one_more_label_is_fine_when_it_names_the_service() {
    let names: Vec<String> = (0..15).map(|i| format!("l{i:02}")).collect();
    let mut labels: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "v")).collect();
    labels.push((SERVICE, "s"));
    assert_eq!(push(&labels, 0, "x").1.rejected, 0);
}

#[test]
fn limits_speak_as_lokis_do() {
    let many: Vec<(String, String)> = (0..16).map(|i| (format!("l{i:02}"), "v".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let long = "x".repeat((256 << 10) + 1);
    for (labels, seconds, line, want) in [
        (&many[..], 0, "x", "has 16 label names; limit 15"),
        (
            &[("a", "b")][..],
            0,
            &*long,
            "max entry size '262144' bytes exceeded for stream '{a=\"b\", service_name=\"unknown_service\"}'",
        ),
        (
            &[("a", "b")][..],
            -8 * 86_400,
            "x",
            "entry for stream '{a=\"b\", service_name=\"unknown_service\"}' has timestamp too old: \
             2023-11-06T22:13:20Z, oldest acceptable timestamp is: 2023-11-07T22:13:20Z",
        ),
        (&[("a", "b")][..], 601, "x", "has timestamp too new: 2023-11-14T22:23:21Z"),
        (&[("a b", "b")][..], 0, "x", "invalid label name: 'a b'"),
    ] {
        let (write, report) = push(labels, seconds, line);
        assert!(write.streams.is_empty());
        assert_eq!(report.rejected, 1);
        assert!(report.message().contains(want), "{}", report.message());
    }
}

#[test]
fn lines_without_a_time_are_of_the_first_year() {
    let entry = LogEntry { ts: aio_wire::loki::NO_TIME, line: "x".into(), metadata: Labels::default() };
    let stream = StreamWrite { labels: Labels::default(), entries: vec![entry] };
    let message = accept(LogsWrite { streams: vec![stream] }, sender()).1.message();
    assert!(message.contains("has timestamp too old: 0001-01-01T00:00:00Z, oldest"), "{message}");
}

#[test]
fn a_label_that_is_there_twice_is_told_with_the_service() {
    let pairs = [("app", "a"), ("app", "b"), ("z", "\"")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let want = r#"stream '{app="a", app="b", service_name="a", z="\""}' has duplicate label name: 'app'"#;
    assert_eq!(duplicate_label(&pairs, "app"), want);
    let pairs = [(SERVICE, "a"), (SERVICE, "b")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert!(duplicate_label(&pairs, SERVICE).starts_with(r#"stream '{service_name="a", service_name="b"}'"#));
}
