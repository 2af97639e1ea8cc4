use std::sync::Arc;

use aio_types::{
    BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, Labels, Metadata, MetricKind, Sample, TimeRange,
    TimestampMs,
};
use proptest::prelude::*;

use super::record::{RefExemplar, decode};
use super::*;
use crate::testkit::log as write;
use crate::testkit::log::Compression;

fn labels(series: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("s", series)])
}

/// What is read, and what is told of the end.
fn read(dir: &Path) -> (Result<Option<String>, Error>, Vec<Record>) {
    let mut all = Vec::new();
    let end = Log::find(dir).expect("lists").for_each(&mut |record| all.push(record));
    (end, all)
}

fn float(series: u64, t: i64, v: f64) -> RefFloat {
    RefFloat { series, sample: Sample { t: TimestampMs(t), v }, start: TimestampMs(0) }
}

#[test]
fn records_of_every_kind() {
    let (a, b, trace) = (labels("a"), labels("ü"), Labels::from_pairs([("trace_id", "x")]));
    let metadata = Metadata { kind: MetricKind::Summary, help: "What.".to_owned(), unit: "s".to_owned() };
    let exemplar = |series, t, v| RefExemplar {
        series,
        exemplar: aio_types::Exemplar { labels: trace.clone(), sample: Sample { t: TimestampMs(t), v } },
    };
    let started = |start, one: RefFloat| RefFloat { start: TimestampMs(start), ..one };
    for (bytes, expected) in [
        (write::series(&[(7, &a), (1 << 40, &b)]), Record::Series(vec![(7, a.clone()), (1 << 40, b.clone())])),
        (vec![2], Record::Floats(Vec::new())),
        (write::floats(&[(7, -5, 1.5), (3, 9, -0.0)]), Record::Floats(vec![float(7, -5, 1.5), float(3, 9, -0.0)])),
        (
            write::floats_with_starts(&[(7, 5, 2, 1.5), (3, 9, 2, 2.5), (4, 8, 0, 3.5), (4, 9, 1, 4.5)]),
            Record::Floats(vec![
                started(2, float(7, 5, 1.5)),
                started(2, float(3, 9, 2.5)),
                float(4, 8, 3.5),
                started(1, float(4, 9, 4.5)),
            ]),
        ),
        (
            write::deletions(&[(7, -5, 5), (8, i64::MIN, i64::MAX)]),
            Record::Deletions(vec![(7, TimeRange::new(-5, 5)), (8, TimeRange::ALL)]),
        ),
        (
            write::exemplars(&[(7, 5, 1.5, &trace), (3, 9, 2.5, &trace)]),
            Record::Exemplars(vec![exemplar(7, 5, 1.5), exemplar(3, 9, 2.5)]),
        ),
        (write::metadata(300, 5, &metadata), Record::Metadata(vec![(300, metadata.clone())])),
        (vec![5, 1, 2, 3], Record::Other),
        (vec![99], Record::Other),
        (vec![], Record::Other),
    ] {
        assert_eq!(decode(&bytes), Ok(expected));
    }
}

fn histogram(custom: bool) -> Histogram {
    let span = |offset, length| BucketSpan { offset, length };
    let common = Histogram {
        count: 17.0,
        sum: -2.5,
        positive_spans: vec![span(-3, 2), span(1, 1)],
        positive_buckets: vec![4.0, 1.0, 9.0],
        reset_hint: aio_types::ResetHint::Gauge,
        ..Histogram::default()
    };
    if custom {
        return Histogram { schema: CUSTOM_BUCKETS_SCHEMA, custom_bounds: [1.0, 2.0].into(), ..common };
    }
    let (negative_spans, negative_buckets) = (vec![span(5, 1)], vec![2.0]);
    Histogram { schema: -3, zero_count: 1.0, zero_threshold: 0.25, negative_spans, negative_buckets, ..common }
}

#[test]
fn histograms_of_every_kind() {
    for (custom, is_float, start) in itertools([None, Some(3)]) {
        let h = histogram(custom);
        let bytes = write::histogram(9, 1000, start, &h, is_float);
        let sample =
            HistogramSample { t: TimestampMs(1000), start: TimestampMs(start.unwrap_or(0)), h: Arc::new(h.clone()) };
        let Ok(Record::Histograms(found)) = decode(&bytes) else { panic!("histograms") };
        assert_eq!(found, [RefHistogram { series: 9, sample }]);
        assert_eq!(found[0].sample.h.reset_hint, h.reset_hint);
    }
    let mut wrong = histogram(false);
    wrong.positive_buckets.pop();
    let reason = decode(&write::histogram(9, 1000, None, &wrong, true)).expect_err("refused");
    assert_eq!(reason, "a histogram has not as many buckets as its spans say");
}

fn itertools(starts: [Option<i64>; 2]) -> impl Iterator<Item = (bool, bool, Option<i64>)> {
    let pairs = [(false, false), (false, true), (true, false), (true, true)];
    pairs.into_iter().flat_map(move |(custom, is_float)| starts.map(|start| (custom, is_float, start)))
}

#[test]
fn a_checkpoint_stands_for_what_it_was_made_of() {
    let dir = tempfile::tempdir().expect("temp dir");
    let record = |t| vec![write::floats(&[(1, t, 1.0)])];
    write::write_log(dir.path(), 3, &[record(3), record(4), record(5), record(6)]);
    write::write_log(&dir.path().join("checkpoint.00000004"), 0, &[record(1), record(2)]);
    write::write_log(&dir.path().join("checkpoint.000002"), 0, &[record(0)]);
    std::fs::create_dir(dir.path().join("checkpoint.00000009.tmp")).expect("creates");
    let (end, all) = read(dir.path());
    assert_eq!(end.expect("reads"), None);
    let expected: Vec<_> = [1, 2, 5, 6].map(|t| Record::Floats(vec![float(1, t, 1.0)])).to_vec();
    assert_eq!(all, expected);
}

#[test]
fn records_go_over_pages() {
    for compression in [Compression::None, Compression::Snappy, Compression::Zstd] {
        let long: Vec<_> = (0..9000).map(|i| (i, i64::try_from(i * i % 977).expect("small"), 0.1)).collect();
        let records = [vec![write::floats(&long)], vec![write::floats(&long[..3]); 5000]].concat();
        let dir = tempfile::tempdir().expect("temp dir");
        std::fs::write(dir.path().join("00000000"), write::segment(&records, compression)).expect("writes");
        let (end, all) = read(dir.path());
        assert_eq!((end.expect("reads"), all.len()), (None, 5001));
        assert!(matches!(&all[0], Record::Floats(found) if found.len() == 9000));
    }
}

#[test]
fn only_the_end_of_the_log_may_be_cut_off() {
    let dir = tempfile::tempdir().expect("temp dir");
    let record = |t| vec![write::floats(&[(1, t, 1.0)])];
    write::write_log(dir.path(), 0, &[record(1), record(2)]);
    let cut = |number: usize| {
        let path = dir.path().join(format!("{number:08}"));
        let bytes = std::fs::read(&path).expect("reads");
        std::fs::write(&path, &bytes[..bytes.len() - 3]).expect("writes");
    };
    cut(1);
    let (end, all) = read(dir.path());
    assert!(end.expect("reads").expect("told").contains("00000001 is damaged at offset 0"));
    assert_eq!(all.len(), 1);
    cut(0);
    let error = read(dir.path()).0.expect_err("refused");
    assert!(error.to_string().contains("00000000 is damaged at offset 0: a part of a record is cut off"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_flipped_bit_is_told(at in any::<prop::sample::Index>(), bit in 0_u32..8, compression in 0_usize..3) {
        let dir = tempfile::tempdir().expect("temp dir");
        let compression = [Compression::None, Compression::Snappy, Compression::Zstd][compression];
        let records: Vec<_> = (0..2000).map(|t| write::floats(&[(1, t, 1.0), (2, t, 2.0)])).collect();
        let mut bytes = write::segment(&records, compression);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        std::fs::write(dir.path().join("00000000"), bytes).expect("writes");
        let (end, all) = read(dir.path());
        // The reserved bits of a fragment's type mean nothing.
        prop_assert!(end.is_err() || end.is_ok_and(|told| told.is_some()) || all.len() == 2000);
    }

    #[test]
    fn hostile_bytes_are_no_record_and_no_panic(kind in 0_u8..15, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        decode_anything(&[&[kind][..], &bytes].concat());
    }
}
