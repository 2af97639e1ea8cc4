use std::path::Path;

use aio_types::{Histogram, Labels, Metadata, MetricKind, Sample, is_stale, stale_nan};

use super::*;
use crate::chunk::tests::floats::{Float, xor};
use crate::testkit::log as write;

const START: TimestampMs = TimestampMs(1000);

fn labels(series: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("s", series)])
}

fn open(dir: &Path) -> Head {
    let files = HeadFiles::find(dir).expect("lists").expect("there is a log");
    Head::open(files, START).expect("opens")
}

fn read(dir: &Path) -> Vec<HeadSeries> {
    let mut head = open(dir);
    std::iter::from_fn(|| head.next_series().expect("reads")).collect()
}

/// Times and values by series.
fn floats(all: &[HeadSeries]) -> Vec<(String, Vec<(i64, f64)>)> {
    let of = |samples: &Samples| samples.floats.iter().map(|sample| (sample.t.0, sample.v)).collect();
    all.iter().map(|series| (series.labels.get("s").to_owned(), of(&series.samples))).collect()
}

fn named(all: &[(&str, &[(i64, f64)])]) -> Vec<(String, Vec<(i64, f64)>)> {
    all.iter().map(|(name, samples)| ((*name).to_owned(), samples.to_vec())).collect()
}

fn log(dir: &Path, records: Vec<Vec<u8>>) {
    write::write_log(&dir.join("wal"), 0, &[records]);
}

#[test]
fn samples_count_in_order_and_from_the_end_of_the_blocks_on() {
    let dir = tempfile::tempdir().expect("temp dir");
    let (a, b) = (labels("a"), labels("b"));
    log(
        dir.path(),
        vec![
            write::series(&[(2, &b), (1, &a)]),
            write::floats(&[(1, 900, 0.5), (2, 1000, 1.0), (1, 1010, 2.0)]),
            write::floats(&[(1, 1005, 3.0), (1, 1010, 9.0), (1, 1020, 4.0), (77, 1020, 5.0)]),
        ],
    );
    let all = read(dir.path());
    assert_eq!(floats(&all), named(&[("a", &[(1010, 2.0), (1020, 4.0)]), ("b", &[(1000, 1.0)])]));
    let one = Cut { floats: 1, histograms: 0 };
    let lost = Lost { in_blocks: one, not_taken: Cut { floats: 2, histograms: 0 }, ..Lost::default() };
    assert_eq!((all[0].lost, all[0].read.floats), (lost, 5));
    let head = open(dir.path());
    assert_eq!((head.unknown(), head.range()), ((one, 0), Some(TimeRange::new(1000, 1020))));
}

#[test]
fn late_samples_come_from_their_own_log_and_from_chunks() {
    let dir = tempfile::tempdir().expect("temp dir");
    let a = labels("a");
    log(dir.path(), vec![write::series(&[(1, &a)]), write::floats(&[(1, 2000, 1.0), (1, 500, 2.0), (1, 2010, 3.0)])]);
    write::write_log(&dir.path().join("wbl"), 0, &[vec![write::floats(&[(1, 500, 2.0), (1, 400, 4.0)]), vec![5, 0]]]);
    write::write_mapped(
        &dir.path().join("chunks_head"),
        1,
        &[(1, 0x81, xor(&[(300, 0, 7.0)])), (9, 0x81, xor(&[(1, 0, 1.0)]))],
    );
    let all = read(dir.path());
    let expected: &[(i64, f64)] = &[(2000, 1.0), (2010, 3.0), (300, 7.0), (500, 2.0), (400, 4.0)];
    assert_eq!(floats(&all), named(&[("a", expected)]));
    assert_eq!(open(dir.path()).unknown().0.floats, 1);
}

#[test]
fn mapped_chunks_hold_what_the_log_lost() {
    let dir = tempfile::tempdir().expect("temp dir");
    let a = labels("a");
    let mapped: Vec<Float> = (0..4).map(|i| (990 + i * 10, 0, 1.0)).collect();
    log(dir.path(), vec![write::series(&[(1, &a)]), write::floats(&[(1, 1010, 1.0), (1, 1020, 1.0), (1, 1030, 5.0)])]);
    write::write_mapped(&dir.path().join("chunks_head"), 1, &[(1, 1, xor(&mapped))]);
    let all = read(dir.path());
    assert_eq!(floats(&all), named(&[("a", &[(1000, 1.0), (1010, 1.0), (1020, 1.0), (1030, 5.0)])]));
    let Lost { in_blocks, mapped_too, .. } = all[0].lost;
    assert_eq!((in_blocks.floats, mapped_too.floats), (1, 2));
}

#[test]
fn a_damaged_file_of_mapped_chunks_is_told_and_the_log_has_it_all() {
    let dir = tempfile::tempdir().expect("temp dir");
    let a = labels("a");
    log(dir.path(), vec![write::series(&[(1, &a)]), write::floats(&[(1, 1010, 1.0), (1, 1020, 2.0)])]);
    let chunks = dir.path().join("chunks_head");
    write::write_mapped(&chunks, 1, &[(1, 1, xor(&[(1010, 0, 1.0)])), (1, 1, xor(&[(1020, 0, 2.0)]))]);
    let mut bytes = std::fs::read(chunks.join("000001")).expect("reads");
    bytes[60] ^= 1;
    std::fs::write(chunks.join("000001"), bytes).expect("writes");
    assert_eq!(floats(&read(dir.path())), named(&[("a", &[(1010, 1.0), (1020, 2.0)])]));
    let head = open(dir.path());
    assert!(head.remarks()[0].contains("000001 is damaged at offset"), "{:?}", head.remarks());
}

#[test]
fn what_was_deleted_does_not_come_out() {
    let dir = tempfile::tempdir().expect("temp dir");
    let (a, b) = (labels("a"), labels("b"));
    log(
        dir.path(),
        vec![
            write::series(&[(1, &a), (2, &b)]),
            write::floats(&[(1, 1000, 1.0), (1, 1010, 2.0), (2, 1010, 2.0), (1, 1020, 3.0)]),
            write::deletions(&[(1, 1005, 1015), (2, i64::MIN, i64::MAX)]),
            write::series(&[(3, &b)]),
            write::floats(&[(1, 1030, 4.0), (3, 1040, 5.0)]),
        ],
    );
    let all = read(dir.path());
    let expected = named(&[("a", &[(1000, 1.0), (1020, 3.0), (1030, 4.0)]), ("b", &[(1040, 5.0)])]);
    assert_eq!(floats(&all), expected, "memory gave up `b`, and began it again");
    assert_eq!((all[0].lost.deleted.floats, all[1].lost.in_blocks.floats), (1, 1));
}

#[test]
fn a_series_may_have_had_several_references() {
    let dir = tempfile::tempdir().expect("temp dir");
    let a = labels("a");
    log(
        dir.path(),
        vec![
            write::series(&[(1, &a)]),
            write::floats(&[(1, 1000, 1.0)]),
            write::series(&[(5, &a)]),
            write::floats(&[(5, 1010, 2.0), (1, 1020, 3.0)]),
        ],
    );
    assert_eq!(floats(&read(dir.path())), named(&[("a", &[(1000, 1.0), (1010, 2.0), (1020, 3.0)])]));
}

#[test]
fn markers_histograms_exemplars_and_metadata() {
    let dir = tempfile::tempdir().expect("temp dir");
    let (a, trace) = (labels("a"), Labels::from_pairs([("trace_id", "x")]));
    let h = Histogram { count: 3.0, zero_count: 3.0, ..Histogram::default() };
    let metadata = Metadata { kind: MetricKind::Gauge, help: "What.".to_owned(), unit: String::new() };
    log(
        dir.path(),
        vec![
            write::series(&[(1, &a)]),
            write::metadata(1, 2, &metadata),
            write::histogram(1, 1000, None, &h, false),
            write::floats(&[(1, 1010, stale_nan())]),
            write::floats(&[(1, 1020, 1.0)]),
            write::floats(&[(1, 1030, stale_nan())]),
            write::exemplars(&[(1, 900, 1.0, &trace), (9, 900, 1.0, &trace)]),
        ],
    );
    let all = read(dir.path());
    let histograms = &all[0].samples.histograms;
    assert_eq!(histograms.iter().map(|s| (s.t.0, s.h.is_stale())).collect::<Vec<_>>(), [(1000, false), (1010, true)]);
    let Sample { t, v } = all[0].samples.floats[1];
    assert!(t.0 == 1030 && is_stale(v));
    assert_eq!((all[0].read.floats, all[0].read.histograms, all[0].exemplars.len()), (3, 1, 1));
    let head = open(dir.path());
    assert_eq!((head.metadata(), head.unknown().1), (vec![("m".to_owned(), metadata)], 1));
}

#[test]
fn there_is_no_memory_without_a_log() {
    let dir = tempfile::tempdir().expect("temp dir");
    assert!(HeadFiles::find(dir.path()).expect("lists").is_none());
    std::fs::create_dir(dir.path().join("wal")).expect("creates");
    assert!(HeadFiles::find(dir.path()).expect("lists").is_none());
}

#[test]
fn other_files_have_another_fingerprint() {
    let dir = tempfile::tempdir().expect("temp dir");
    let found = || HeadFiles::find(dir.path()).expect("lists").expect("there").fingerprint();
    log(dir.path(), vec![write::floats(&[(1, 1, 1.0)])]);
    let first = found();
    assert_eq!(first, found());
    write::write_log(&dir.path().join("wal"), 1, &[vec![vec![5]]]);
    assert_ne!(first, found());
}
