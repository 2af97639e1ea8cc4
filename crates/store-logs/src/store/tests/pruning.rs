//! Whatever the index rules out, the answer is that of reading everything.

use proptest::collection::vec;

use super::*;

/// Few different pieces, so that needles hit; ids, words in either case, letters beyond ASCII, runs in ids.
fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("refused".to_owned()),
        Just("Connection".to_owned()),
        Just("conſk\u{212a}is".to_owned()),
        Just("naïve".to_owned()),
        Just("user12end".to_owned()),
        Just("verylongwordwithoutanydigitsthatgoeson_and_on".to_owned()),
        Just("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        Just("00f067aa0ba902b7xyz".to_owned()),
        Just(r"\u0065rror".to_owned()),
        "[a-cé1-2]{1,6}",
        "[a-f0-9]{14,34}",
    ];
    let separator = prop_oneof![Just(" "), Just("="), Just(""), Just("-"), Just("\""), Just("/")];
    vec((piece, separator), 0..6).prop_map(|parts| parts.into_iter().map(|(p, s)| p + s).collect())
}

/// A piece of one of the lines, or of none.
fn needle(lines: &[String], which: usize, from: usize, len: usize) -> String {
    let line = lines.get(which % (lines.len() + 1)).map_or("absent needle0 zzzz", String::as_str);
    line.chars().skip(from).take(len).collect()
}

#[derive(Debug, Clone)]
struct Shape {
    kind: u8,
    which: usize,
    from: usize,
    len: usize,
}

fn filter(shapes: &[Shape], lines: &[String]) -> LogsFilter {
    let one = |shape: &Shape| {
        let text = needle(lines, shape.which, shape.from, shape.len);
        match shape.kind {
            0 if text.is_ascii() => LogsFilter::ContainsFold(text.to_ascii_lowercase()),
            1 => LogsFilter::Pair { name: "k".to_owned(), value: format!("v{}", shape.which % 4) },
            2 => LogsFilter::Pair { name: "detected_level".to_owned(), value: "error".to_owned() },
            4 => LogsFilter::spelled(&text, shape.which.is_multiple_of(2)),
            3 => LogsFilter::of_pattern(&text.replace('-', ".*")),
            _ => LogsFilter::contains(text),
        }
    };
    let parts: Vec<LogsFilter> = shapes.chunks(2).map(|some| LogsFilter::one_of(some.iter().map(one))).collect();
    LogsFilter::all(parts)
}

fn shape() -> impl Strategy<Value = Shape> {
    (0..9_u8, 0..64_usize, 0..40_usize, 1..40_usize).prop_map(|(kind, which, from, len)| Shape {
        kind,
        which,
        from,
        len,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_index_changes_no_answer(
        lines in vec(line(), 1..40),
        queries in vec(vec(shape(), 1..4), 1..24),
        flushed in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = open(dir.path());
        for (i, line) in lines.iter().enumerate() {
            let level = if i % 3 == 0 { "error" } else { "notice" };
            let metadata = [("k", format!("v{}", i % 3)), ("detected_level", level.to_owned())];
            let metadata: Vec<_> = metadata.iter().take(i % 3).map(|(n, v)| (*n, v.as_str())).collect();
            // Few lines per chunk, so that much can be ruled out.
            push(&store, &format!("s{}", i / 2), &[entry(i64::try_from(i).expect("few"), line, &metadata)]);
        }
        if flushed {
            store.flush().expect("flushes");
        }
        let everything = read(&store, &everything());
        for query in &queries {
            let filter = filter(query, &lines);
            let mut found: BTreeMap<Labels, Vec<LogEntry>> = BTreeMap::new();
            let mut visit = |batch: LogsBatchOf| {
                found.entry(batch.labels).or_default().extend(batch.entries);
                ControlFlow::Continue(())
            };
            let source = store.source(&TenantId::default());
            let read = source.select(&LogsSelect { filter: filter.clone(), ..super::everything() }, &mut visit).expect("reads");
            let mut want = everything.clone();
            for (labels, entries) in &mut want {
                entries.retain(|e| filter.keeps(labels, e));
            }
            want.retain(|_, entries| !entries.is_empty());
            prop_assert_eq!(&found, &want, "{:?}", filter);
            prop_assert_eq!(
                read.chunks,
                read.chunks_read + read.skipped_by_ids + read.skipped_by_levels + read.skipped_by_terms
            );
        }
    }

    #[test]
    fn counts_are_those_of_the_lines(
        first in vec((0..12_i64, 0..3_u8, 0..3_u8), 0..20),
        second in vec((0..12_i64, 0..3_u8, 0..3_u8), 0..20),
        third in vec((0..12_i64, 0..3_u8, 0..3_u8), 0..20),
        mut edges in vec(0..14_i64, 0..5),
        by_level in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = open(dir.path());
        for (i, writes) in [first, second, third].iter().enumerate() {
            for (seconds, text, level) in writes {
                let level = ["", "warn", "odd"][usize::from(*level)];
                let lines = ["", "one", "three"][usize::from(*text)];
                push(&store, "a", &[entry(*seconds, lines, &[("detected_level", level), ("k", "v")])]);
            }
            if i < 2 {
                store.flush().expect("flushes");
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let edges = edges.into_iter().map(|s| TimestampNs::from_ms(NOW).saturating_add(s * S)).collect();
        let count = aio_source::LogsCount { matchers: Vec::new(), edges, by_level };
        let source = store.source(&TenantId::default());
        let want = aio_source::count_by_reading(&*source, &count).expect("reads").0;
        let got = source.count(&count).expect("counts").0;
        prop_assert_eq!(&got, &want);
        if let (Some(start), Some(end)) = (count.edges.first(), count.edges.last()) {
            let buckets = || want.iter().flat_map(|c| c.buckets.values());
            let stats = source.stats(&[], *start, *end).expect("counts");
            prop_assert_eq!(stats.entries, buckets().map(|b| b.lines).sum::<u64>());
            prop_assert_eq!(stats.bytes, buckets().map(|b| b.line_bytes + b.metadata_bytes).sum::<u64>());
        }
    }
}

#[test]
fn what_was_skipped_is_told() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for i in 0..10 {
        let line = format!("user {i} went to place{} with trace=4bf92f3577b34da6a3ce929d0e0e473{i}", i % 2);
        push(
            &store,
            &format!("s{i}"),
            &[entry(i, &line, &[("detected_level", if i == 0 { "error" } else { "info" })])],
        );
    }
    store.flush().expect("flushes");
    let source = store.source(&TenantId::default());
    let ask = |filter: LogsFilter| {
        source.select(&LogsSelect { filter, ..everything() }, &mut |_| ControlFlow::Continue(())).expect("reads")
    };
    let read = ask(LogsFilter::contains("4bf92f3577b34da6a3ce929d0e0e4737"));
    assert_eq!((read.chunks, read.skipped_by_ids, read.chunks_read, read.lines_kept), (10, 9, 1, 1));
    let read = ask(LogsFilter::contains("absent"));
    assert_eq!((read.skipped_by_terms, read.chunks_read, read.bytes_read), (10, 0, 0));
    let level = LogsFilter::Pair { name: "detected_level".to_owned(), value: "error".to_owned() };
    let read = ask(level);
    assert_eq!((read.skipped_by_levels, read.chunks_read, read.lines_kept), (9, 1, 1));
}

#[test]
fn names_of_metadata_are_known() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let knows = |name: &str| {
        let source = store.source(&TenantId::default());
        source.may_have_metadata(name, TimestampNs::MIN, TimestampNs::MAX).expect("reads")
    };
    push(&store, "a", &[entry(1, "x", &[("detected_level", "info"), ("trace", "4bf92f3577b34da6a3ce929d0e0e4736")])]);
    for _in_memory_then_in_a_file in 0..2 {
        assert!(knows("trace") && knows("detected_level") && !knows("app") && !knows("tr") && !knows("x"));
        store.flush().expect("flushes");
    }
}
