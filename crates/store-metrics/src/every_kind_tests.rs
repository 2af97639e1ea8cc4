//! The store against a model, with floats, native histograms and exemplars, deletions, cuts and compactions, a clock that
//! jumps, a disk that is full now and then, and ends at any moment in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aio_types::{
    BucketSpan, Exemplar, Histogram, HistogramSample, Labels, MatchOp, Matcher, MetricsWrite, Sample, Samples,
    SeriesWrite, TenantId, TimeRange, TimestampMs,
};
use proptest::prelude::*;

use crate::error::Error;
use crate::{Config, MetricsStore, OnFault};

const HOUR: i64 = 3_600_000;
const START: i64 = 1_000 * HOUR;

/// What a series has, by time: samples as `float N` or `histogram N`, and values of exemplars.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Held {
    samples: BTreeMap<i64, String>,
    exemplars: BTreeSet<(i64, u8)>,
}

#[derive(Debug, Clone)]
enum Step {
    /// Samples of a series: position in time, value, whether it is a histogram; the first has an exemplar. The clock
    /// is so many minutes ahead of each sample.
    Append(u8, Vec<(i64, u8, bool)>, i64),
    Delete(u8, i64, i64),
    /// At so many hours from now, before or after.
    Maintain(i64),
    Compact(i64),
    Clean,
    Reopen,
    /// Neither a head nor merged blocks can be written next time.
    FillDisk,
}

fn step() -> impl Strategy<Value = Step> {
    let samples = prop::collection::vec((0_i64..20, 0_u8..4, any::<bool>()), 1..12);
    prop_oneof![
        6 => (0_u8..3, samples, -9_i64..3000).prop_map(|(s, v, ahead)| Step::Append(s, v, ahead)),
        3 => (0_u8..4, 0_i64..20, 0_i64..10).prop_map(|(s, start, length)| Step::Delete(s, start, start + length)),
        4 => (-30_i64..60).prop_map(Step::Maintain),
        3 => (-30_i64..90).prop_map(Step::Compact),
        1 => Just(Step::Clean),
        2 => Just(Step::Reopen),
        2 => Just(Step::FillDisk),
    ]
}

fn open(dir: &Path) -> MetricsStore {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let (retention, out_of_order) = (hours(1000), hours(200));
    let config = Config { data_dir: dir.to_owned(), retention, out_of_order, ..Config::default() };
    MetricsStore::open(config).expect("opens")
}

fn histogram(value: u8) -> Arc<Histogram> {
    let count = f64::from(value) + 1.0;
    Arc::new(Histogram {
        // Layouts that differ are in one series too.
        schema: i32::from(value % 2),
        count: count + 2.0,
        sum: f64::from(value),
        positive_spans: vec![BucketSpan { offset: 1, length: 2 }],
        positive_buckets: vec![count, 2.0],
        ..Histogram::default()
    })
}

/// How many samples and exemplars were stored.
fn append(store: &MetricsStore, series: &str, sample: (i64, u8, bool), exemplar: bool, ahead: i64) -> (u64, u64) {
    let (t, value, is_histogram) = (TimestampMs(sample.0), sample.1, sample.2);
    let mut samples = Samples::default();
    if is_histogram {
        samples.histograms.push(HistogramSample { t, start: TimestampMs(0), h: histogram(value) });
    } else {
        samples.push_float(Sample { t, v: f64::from(value) }, TimestampMs(0));
    }
    let sample = Sample { t, v: f64::from(value) };
    let exemplars = if exemplar { vec![Exemplar { labels: Labels::default(), sample }] } else { Vec::new() };
    let labels = Labels::from_pairs([("__name__", "m"), ("s", series)]);
    let write = MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars }]);
    let now = t.saturating_add(ahead * 60_000);
    let report = store.append(&TenantId::default(), &write, now, OnFault::KeepTheRest).expect("appends");
    (report.samples + report.histograms, report.exemplars)
}

#[expect(clippy::cast_possible_truncation, reason = "what was written was small")]
#[expect(clippy::cast_sign_loss, reason = "what was written was positive")]
fn held(store: &MetricsStore) -> BTreeMap<String, Held> {
    let source = store.source(&TenantId::default());
    let all = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let mut found: BTreeMap<String, Held> = BTreeMap::new();
    for series in source.select(std::slice::from_ref(&all), TimeRange::ALL).expect("selects") {
        let mut samples = Samples::default();
        series.read(TimeRange::ALL, &mut samples).expect("reads");
        let held = found.entry(series.labels().get("s").to_owned()).or_default();
        let floats = samples.floats.iter().map(|s| (s.t.0, format!("float {}", s.v)));
        let histograms = samples.histograms.iter().map(|s| (s.t.0, format!("histogram {}", s.h.sum)));
        held.samples = floats.chain(histograms).collect();
        assert_eq!(held.samples.len(), samples.len(), "a moment has one sample");
    }
    for series in source.exemplars(&[vec![all]], TimeRange::ALL).expect("reads") {
        let held = found.entry(series.labels.get("s").to_owned()).or_default();
        held.exemplars = series.exemplars.iter().map(|e| (e.sample.t.0, e.sample.v as u8)).collect();
        assert_eq!(held.exemplars.len(), series.exemplars.len(), "an exemplar is there once");
    }
    found.retain(|_, held| *held != Held::default());
    found
}

/// What ought to be there.
#[derive(Default)]
struct Model(BTreeMap<String, Held>);

impl Model {
    fn append(&mut self, store: &MetricsStore, name: &str, sample: (i64, u8, bool), exemplar: bool, ahead: i64) {
        let held = self.0.entry(name.to_owned()).or_default();
        let (t, value, is_histogram) = sample;
        let text = format!("{} {value}", if is_histogram { "histogram" } else { "float" });
        let (samples, exemplars) = append(store, name, sample, exemplar, ahead);
        let known = held.samples.get(&t);
        assert_eq!(samples == 1, known.is_none_or(|known| *known == text), "{text} at {t}, known is {known:?}");
        held.samples.entry(t).or_insert(text);
        if exemplars == 1 {
            held.exemplars.insert((t, value));
        }
    }

    fn delete(&mut self, pattern: &str, start: i64, end: i64) {
        for (_, held) in self.0.iter_mut().filter(|(name, _)| pattern.split('|').any(|p| p == *name)) {
            held.samples.retain(|t, _| !(start..=end).contains(t));
            held.exemplars.retain(|(t, _)| !(start..=end).contains(t));
        }
    }

    fn held(&self) -> BTreeMap<String, Held> {
        let all = self.0.iter().filter(|(_, held)| **held != Held::default());
        all.map(|(name, held)| (name.clone(), held.clone())).collect()
    }
}

/// A disk that takes no byte of the files that are about to be written.
struct FullDisk<'a>(&'a Path);

impl FullDisk<'_> {
    fn places(&self) -> [std::path::PathBuf; 2] {
        ["head.tmp", "compacting.tmp"].map(|name| self.0.join("metrics/tenants/default").join(name))
    }

    fn fill(&self) {
        std::fs::create_dir_all(self.0.join("metrics/tenants/default")).expect("creates");
        for place in self.places() {
            let _is_full_already = std::os::unix::fs::symlink("/dev/full", place);
        }
    }

    /// What fails must fail for this, and leaves room then.
    fn try_on(&self, work: impl FnOnce() -> Result<(), Error>) {
        let was_full = self.places().map(|place| place.symlink_metadata().is_ok());
        match work() {
            Ok(()) => {}
            Err(Error::Io { path, source }) => {
                assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{}", path.display());
                let is_left = self.places().map(|place| place.symlink_metadata().is_ok());
                assert_ne!(was_full, is_left, "the unfinished file is removed");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_store_holds_what_a_map_would(steps in prop::collection::vec(step(), 1..30)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let disk = FullDisk(dir.path());
        let mut store = open(dir.path());
        let mut model = Model::default();
        for (hour, step) in (0_i64..).zip(&steps) {
            // Twenty moments that move on with the steps.
            let time = |position: i64| START + hour * HOUR - 4 * HOUR + position * HOUR / 4;
            let clock = |hours: i64| TimestampMs(START + (hour + hours) * HOUR);
            match step {
                Step::Append(series, samples, ahead) => {
                    for (i, (position, value, is_histogram)) in samples.iter().enumerate() {
                        let sample = (time(*position), *value, *is_histogram);
                        model.append(&store, &series.to_string(), sample, i == 0, *ahead);
                    }
                }
                Step::Delete(series, start, end) => {
                    let pattern = if *series == 3 { "0|2".to_owned() } else { series.to_string() };
                    let selection = vec![vec![Matcher::new("s", MatchOp::Regex, &*pattern).expect("valid")]];
                    let range = TimeRange::new(time(*start), time(*end));
                    store.delete(&TenantId::default(), &selection, range).expect("deletes");
                    model.delete(&pattern, range.start.0, range.end.0);
                }
                Step::Maintain(hours) => disk.try_on(|| store.maintain(clock(*hours))),
                Step::Compact(hours) => disk.try_on(|| store.compact(clock(*hours))),
                Step::Clean => disk.try_on(|| store.clean_tombstones(&TenantId::default())),
                Step::Reopen => {
                    drop(store);
                    store = open(dir.path());
                }
                Step::FillDisk => disk.fill(),
            }
            prop_assert_eq!(held(&store), model.held(), "after step {} {:?}", hour, step);
        }
    }
}

/// The same with what matters for certain: a full disk keeps a head from becoming a block, and blocks from being merged.
#[test]
fn a_full_disk_costs_nothing_but_time() {
    let dir = tempfile::tempdir().expect("temp dir");
    let disk = FullDisk(dir.path());
    let store = open(dir.path());
    let mut model = Model::default();
    let blocks = || {
        let entries = std::fs::read_dir(dir.path().join("metrics/tenants/default")).expect("lists");
        entries.filter(|e| e.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|e| e == "block"))).count()
    };
    for hour in 0..30 {
        for (value, is_histogram) in [(1, false), (2, true)] {
            let t = START + hour * HOUR + i64::from(value);
            model.append(&store, "a", (t, value, is_histogram), true, 0);
        }
        let now = TimestampMs(START + (hour + 3) * HOUR);
        disk.fill();
        store.maintain(now).expect_err("no room for the head");
        let before = blocks();
        assert_eq!(held(&store), model.held());
        store.maintain(now).expect("there is room again");
        assert_eq!((blocks(), held(&store)), (before + 1, model.held()));
    }
    let now = TimestampMs(START + 60 * HOUR);
    disk.fill();
    store.compact(now).expect_err("no room for the child");
    assert_eq!((blocks(), held(&store)), (30, model.held()));
    store.compact(now.saturating_add(HOUR)).expect("there is room again");
    assert!(blocks() < 10, "{}", blocks());
    assert_eq!(held(&store), model.held());
    drop(store);
    assert_eq!(held(&open(dir.path())), model.held());
}
