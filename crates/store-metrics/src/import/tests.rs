use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aio_types::{
    Exemplar, Histogram, HistogramSample, Labels, MatchOp, Matcher, Metadata, MetricKind, MetricsWrite, Sample,
    Samples, SeriesWrite, TenantId, TimeRange, TimestampMs,
};
use proptest::prelude::*;

use super::*;
use crate::{Config, OnFault};

const HOUR: i64 = 3_600_000;
const NOW: TimestampMs = TimestampMs(1_000 * HOUR);
const LONG_AGO: i64 = 95 * HOUR;

fn open(dir: &Path) -> MetricsStore {
    MetricsStore::open(Config { data_dir: dir.to_owned(), ..Config::default() }).expect("opens")
}

fn labels(series: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("s", series)])
}

fn floats(start: i64, count: i64) -> Samples {
    let mut samples = Samples::default();
    for i in 0..count {
        samples.push_float(Sample { t: TimestampMs(start + i * 15_000), v: 0.1 }, TimestampMs(i));
    }
    samples
}

fn histogram(t: i64) -> HistogramSample {
    let h = Histogram { count: 3.0, sum: 2.5, ..Histogram::default() };
    HistogramSample { t: TimestampMs(t), start: TimestampMs(3), h: Arc::new(h) }
}

fn exemplar(t: i64) -> Exemplar {
    Exemplar { labels: Labels::from_pairs([("trace_id", "abc")]), sample: Sample { t: TimestampMs(t), v: 1.0 } }
}

fn selection() -> Vec<Matcher> {
    vec![Matcher::new("__name__", MatchOp::Equal, "m").expect("valid")]
}

fn all(store: &MetricsStore) -> BTreeMap<String, Samples> {
    let mut all = BTreeMap::new();
    for series in store.source(&TenantId::default()).select(&selection(), TimeRange::ALL).expect("reads") {
        let mut samples = Samples::default();
        series.read(TimeRange::ALL, &mut samples).expect("reads");
        all.insert(series.labels().get("s").to_owned(), samples);
    }
    all
}

fn begin<'a>(store: &'a MetricsStore, series: &[(&str, Samples)]) -> Import<'a> {
    let extent = TimeRange::new(LONG_AGO, LONG_AGO + 30 * HOUR);
    let mut import = store.begin_import(&TenantId::default(), extent).expect("begins");
    for (name, samples) in series {
        import.add(&labels(name), samples.clone(), vec![exemplar(LONG_AGO)]).expect("adds");
    }
    import
}

fn import(store: &MetricsStore, key: &str, series: &[(&str, Samples)]) -> ImportReport {
    let finished = begin(store, series).finish().expect("finishes");
    assert_eq!(finished.read_back().expect("reads"), finished.written());
    let report = finished.report();
    finished.publish(key, "as it was").expect("publishes");
    report
}

fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("metrics/tenants/default")).expect("lists");
    let names = entries.map(|entry| entry.expect("entry").file_name().into_string().expect("text"));
    names.filter(|name| name != "imports").collect()
}

#[test]
fn what_is_imported_is_served_and_nothing_is_too_old() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut samples = floats(LONG_AGO, 1100);
    samples.histograms.push(histogram(LONG_AGO + 1));
    let report = import(&store, "one", &[("a", samples.clone()), ("b", samples.clone())]);
    let expected =
        ImportReport { series: 2, floats: 2200, histograms: 2, exemplars: 2, blocks: 1, ..Default::default() };
    assert_eq!(report, expected);
    for store in [store, open(dir.path())] {
        assert_eq!(all(&store), BTreeMap::from([("a".to_owned(), samples.clone()), ("b".to_owned(), samples.clone())]));
        assert_eq!(store.imported(&TenantId::default()).expect("reads"), [("one".to_owned(), "as it was".to_owned())]);
    }
}

#[test]
fn what_is_not_published_leaves_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut unsorted = begin(&store, &[("b", floats(LONG_AGO, 9))]);
    assert!(matches!(unsorted.add(&labels("a"), floats(0, 1), Vec::new()), Err(Error::Unsorted { .. })));
    drop(unsorted);
    drop(begin(&store, &[("b", floats(LONG_AGO, 9))]).finish().expect("finishes"));
    let refused = begin(&store, &[("b", floats(LONG_AGO, 9))]).finish().expect("finishes").publish("../b", "");
    assert!(matches!(refused, Err(Error::ImportKey(_))));
    assert_eq!((all(&store).len(), files(dir.path())), (0, Vec::new()));
}

#[test]
fn an_import_cut_off_while_it_is_published_is_taken_back() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    import(&store, "one", &[("a", floats(LONG_AGO, 9))]);
    import(&store, "two", &[("b", floats(LONG_AGO, 9))]);
    drop(store);
    let tenant_dir = dir.path().join("metrics/tenants/default");
    // The second block has its name, and the note has not.
    std::fs::rename(tenant_dir.join("imports/two"), tenant_dir.join("imports/+pending")).expect("renames");
    let read = crate::ReadOnly::open(dir.path()).expect("reads");
    let source = read.source(&TenantId::default()).expect("there");
    assert_eq!(source.select(&[selection().remove(0)], TimeRange::ALL).expect("reads").len(), 1);
    drop((source, read));
    let store = open(dir.path());
    assert_eq!(all(&store).into_keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!((store.imported(&TenantId::default()).expect("reads").len(), files(dir.path()).len()), (1, 1));
    import(&store, "two", &[("b", floats(LONG_AGO, 9))]);
    assert_eq!(all(&store).len(), 2);
}

#[test]
fn a_moment_that_is_there_is_not_taken_in_again() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let recent = NOW.0 - 10 * 15_000;
    let written = SeriesWrite { labels: labels("a"), samples: floats(recent, 3), exemplars: Vec::new() };
    let write = MetricsWrite::from_iter([written]);
    store.append(&TenantId::default(), &write, NOW, OnFault::KeepNothing).expect("appends");
    import(&store, "one", &[("a", floats(LONG_AGO, 9))]);
    let mut again = floats(LONG_AGO, 12);
    again.floats.iter_mut().for_each(|sample| sample.v = 7.0);
    again.histograms.push(histogram(LONG_AGO));
    super::super::merge::append(&mut again, &mut floats(recent, 4));
    let report = import(&store, "two", &[("a", again)]);
    assert_eq!(
        (report.floats, report.repeated_floats, report.repeated_histograms, report.repeated_exemplars),
        (4, 12, 1, 1)
    );
    let all = &all(&store)["a"].floats;
    assert_eq!(all.iter().map(|sample| sample.v).collect::<Vec<_>>(), [&[0.1; 9][..], &[7.0; 3], &[0.1; 4]].concat());
}

#[test]
fn what_was_deleted_may_come_back_and_what_is_deleted_later_goes() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let (tenant, range) = (TenantId::default(), TimeRange::new(LONG_AGO, LONG_AGO + 15_000));
    import(&store, "one", &[("a", floats(LONG_AGO, 9))]);
    store.delete(&tenant, &[selection()], range).expect("deletes");
    assert_eq!(import(&store, "two", &[("a", floats(LONG_AGO, 9))]).repeated_floats, 7);
    assert_eq!(all(&store)["a"].len(), 9);
    store.delete(&tenant, &[selection()], range).expect("deletes");
    for store in [store, open(dir.path())] {
        assert_eq!(all(&store)["a"].len(), 7);
    }
}

#[test]
fn metadata_is_known_at_once_and_after_a_restart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let mut import = begin(&store, &[("a", floats(LONG_AGO, 9))]);
    let metadata = Metadata { kind: MetricKind::Gauge, help: "What it is.".to_owned(), unit: String::new() };
    import.set_metadata(vec![("m".to_owned(), metadata.clone())]);
    import.finish().expect("finishes").publish("one", "").expect("publishes");
    for store in [store, open(dir.path())] {
        let known = store.source(&TenantId::default()).metadata().expect("reads");
        assert_eq!(known, BTreeMap::from([("m".to_owned(), vec![metadata.clone()])]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_digest_tells_every_bit(
        values in prop::collection::vec((0_i64..1 << 40, any::<u64>(), 0_i64..3), 1..30), at in any::<prop::sample::Index>(), bit in 0_u32..64,
    ) {
        let of = |values: &[(i64, u64, i64)]| {
            let mut samples = Samples::default();
            for (t, v, start) in values {
                samples.push_float(Sample { t: TimestampMs(*t), v: f64::from_bits(*v) }, TimestampMs(*start));
            }
            let mut digest = Digest::default();
            digest.add_series(&labels("a"), &samples, &[]);
            digest
        };
        let mut changed = values.clone();
        changed[at.index(values.len())].1 ^= 1_u64 << bit;
        prop_assert_ne!(of(&values), of(&changed));
        changed.clone_from(&values);
        changed.reverse();
        prop_assert_eq!(of(&values), of(&changed));
    }
}
