//! The store against a model, over restarts, cuts and damage.

use std::collections::BTreeMap;
use std::path::Path;

use aio_types::{
    BucketSpan, Exemplar, Histogram, HistogramSample, Labels, MatchOp, Matcher, Metadata, Sample, Samples, SeriesWrite,
    TimeRange,
};
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
const NOW: TimestampMs = TimestampMs(1_000 * HOUR);

fn open(dir: &Path) -> MetricsStore {
    MetricsStore::open(Config { data_dir: dir.to_owned(), ..Config::default() }).expect("opens")
}

fn write(series: &str, samples: &[(i64, f64)]) -> MetricsWrite {
    let samples = samples.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect::<Vec<_>>().into();
    let labels = Labels::from_pairs([("__name__", "m"), ("s", series)]);
    MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars: Vec::new() }])
}

fn append(store: &MetricsStore, series: &str, samples: &[(i64, f64)]) -> AppendReport {
    store.append(&TenantId::default(), &write(series, samples), NOW, OnFault::KeepTheRest).expect("appends")
}

fn all(store: &MetricsStore) -> BTreeMap<String, Vec<(i64, u64)>> {
    everything(&*store.source(&TenantId::default())).expect("reads")
}

fn everything(source: &dyn MetricsSource) -> Result<BTreeMap<String, Vec<(i64, u64)>>, aio_source::Error> {
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let mut all = BTreeMap::new();
    for series in source.select(&[matcher], TimeRange::ALL)? {
        let mut samples = Samples::default();
        series.read(TimeRange::ALL, &mut samples)?;
        let samples = samples.floats.iter().map(|s| (s.t.0, s.v.to_bits())).collect();
        all.insert(series.labels().get("s").to_owned(), samples);
    }
    Ok(all)
}

/// Asks for whatever a block is made of.
fn everything_and_labels(source: &dyn MetricsSource) -> Result<BTreeMap<String, Vec<(i64, u64)>>, aio_source::Error> {
    let selection = vec![Matcher::new("__name__", MatchOp::Equal, "m").expect("valid")];
    let part = TimeRange::new(NOW.0 - 10 * HOUR, NOW.0);
    let before = TimeRange::new(0, part.start.0);
    source.label_names(std::slice::from_ref(&selection), part)?;
    source.label_values("s", &[selection], before)?;
    source.label_values("s", &[], part)?;
    everything(source)
}

fn block_files(dir: &Path) -> Vec<PathBuf> {
    let dir = dir.join("metrics/tenants/default");
    std::fs::read_dir(dir).map(|d| d.map(|e| e.expect("entry").path()).collect()).unwrap_or_default()
}

#[test]
fn rules_for_late_repeated_and_future_samples() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let t = NOW.0;
    append(&store, "a", &[(t, 1.0), (t - 1000, 2.0)]);
    for (sample, kept, rejected, why) in [
        ((t, 1.0), 1, 0, ""),
        ((t, 9.0), 0, 1, "duplicate sample"),
        ((t - 1000, 2.0), 1, 0, ""),
        ((t - HOUR / 2, 3.0), 1, 0, ""),
        ((t - 2 * HOUR, 4.0), 0, 1, "out of order"),
        ((t + HOUR, 5.0), 0, 1, "out of bounds"),
        ((t - 500 * HOUR, 6.0), 0, 1, "too old"),
    ] {
        let report = append(&store, "a", &[sample]);
        assert_eq!((report.samples, report.rejected), (kept, rejected), "{sample:?}");
        assert!(report.first_rejection.unwrap_or_default().contains(why), "{sample:?}");
    }
    assert_eq!(all(&store)["a"].len(), 3);
}

#[test]
fn data_outlives_restart_cut_and_restart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let samples: Vec<_> = (0..600_i32).map(|i| (NOW.0 - 5 * HOUR + i64::from(i) * 30_000, f64::from(i))).collect();
    append(&store, "a", &samples);
    append(&store, "old", &samples[..10]);
    let metadata = vec![("m".to_owned(), Metadata { help: "h".into(), ..Metadata::default() })];
    let with_metadata = MetricsWrite::default().with_metadata(metadata);
    store.append(&TenantId::default(), &with_metadata, NOW, OnFault::KeepTheRest).expect("appends");
    let before = all(&store);
    store.maintain(NOW).expect("maintains");
    assert_eq!(block_files(dir.path()).len(), 1);
    assert!(store.tenant(&TenantId::default()).memory.lock().head.is_empty(), "memory is free");
    assert_eq!(all(&store), before);
    drop(store);
    let store = open(dir.path());
    assert_eq!(all(&store), before);
    assert_eq!(store.source(&TenantId::default()).metadata().expect("reads")["m"][0].help, "h");
    store.maintain(NOW.saturating_add(600 * HOUR)).expect("maintains");
    assert!(all(&store).is_empty(), "past retention");
}

/// A store with one block on disk and one sample in memory; the block's file.
fn with_a_block(dir: &Path) -> PathBuf {
    let store = open(dir);
    let old: Vec<_> = (0..5).map(|i| (NOW.0 - 10 * HOUR + i * 15_000, 1.5)).collect();
    append(&store, "a", &old);
    append(&store, "b", &old[..1]);
    store.maintain(NOW).expect("maintains");
    append(&store, "c", &[(NOW.0, 7.0)]);
    block_files(dir).pop().expect("a block")
}

#[test]
fn a_flipped_byte_anywhere_in_a_block_is_never_served() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = with_a_block(dir.path());
    let sound = std::fs::read(&path).expect("reads");
    let before = all(&open(dir.path()));
    let (mut aside, mut named) = (0, 0);
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).expect("writes");
        let store = open(dir.path());
        match everything_and_labels(&*store.source(&TenantId::default())) {
            Ok(found) => {
                assert_eq!(found.into_keys().collect::<Vec<_>>(), ["c"], "byte {at}: the rest is served");
                let set_aside = path.with_extension("block.corrupt");
                std::fs::remove_file(set_aside).expect("the damaged file is set aside");
                aside += 1;
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains(".block is damaged at offset "), "byte {at}: {error}");
                let rest = Matcher::new("s", MatchOp::Equal, "c").expect("valid");
                let source = store.source(&TenantId::default());
                match source.select(&[rest], TimeRange::ALL) {
                    Ok(rest) => assert_eq!(rest.len(), 1, "the rest is served"),
                    Err(error) => assert!(error.to_string().contains("damaged at offset "), "{error}"),
                }
                named += 1;
            }
        }
        append(&store, "d", &[(NOW.0, 1.0)]);
        drop(store);
        std::fs::remove_dir_all(dir.path().join("metrics/wal")).expect("forgets the sample");
        append(&open(dir.path()), "c", &[(NOW.0, 7.0)]);
    }
    assert!(aside > 50 && named > 100, "{aside} set aside, {named} named");
    std::fs::write(&path, sound).expect("writes");
    assert_eq!(all(&open(dir.path())), before);
}

#[test]
fn damage_in_the_log_is_refused_by_name_and_a_torn_tail_is_cut() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(NOW.0, 1.0)]);
    append(&store, "b", &[(NOW.0, 2.0)]);
    drop(store);
    let segment = dir.path().join("metrics/wal/00000001.wal");
    let sound = std::fs::read(&segment).expect("reads");
    let mut bytes = sound.clone();
    bytes[40] ^= 1;
    std::fs::write(&segment, bytes).expect("writes");
    let config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
    let error = MetricsStore::open(config).expect_err("refused").to_string();
    assert!(error.contains("00000001.wal") && error.contains("offset 28"), "{error}");
    std::fs::write(&segment, &sound[..sound.len() - 3]).expect("writes");
    let store = open(dir.path());
    assert_eq!(all(&store).into_keys().collect::<Vec<_>>(), ["a"]);
    append(&store, "b", &[(NOW.0, 3.0)]);
    drop(store);
    assert_eq!(all(&open(dir.path()))["b"], [(NOW.0, 3_f64.to_bits())]);
}

#[test]
fn a_snapshot_stays_as_it_was_over_writes_and_cuts() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(NOW.0 - 5 * HOUR, 1.0)]);
    let snapshot = store.source(&TenantId::default());
    let before = everything(&*snapshot).expect("reads");
    append(&store, "a", &[(NOW.0, 2.0)]);
    append(&store, "b", &[(NOW.0, 3.0)]);
    assert_eq!(snapshot.label_values("s", &[], TimeRange::ALL).expect("reads"), ["a"]);
    store.maintain(NOW).expect("maintains");
    store.maintain(NOW.saturating_add(900 * HOUR)).expect("drops the block");
    assert_eq!(everything(&*snapshot).expect("reads"), before);
    assert!(all(&store).is_empty());
}

#[test]
fn a_second_value_is_refused_wherever_the_first_lies() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let t = NOW.0 - 3 * HOUR;
    append(&store, "a", &[(t, 1.0), (t + 1, 1.0)]);
    store.maintain(NOW).expect("cuts");
    for (sample, kept, why) in [
        ((t, 1.0), 1, ""),
        ((t, 2.0), 0, "duplicate sample"),
        ((t - 2 * HOUR, 1.0), 0, "out of order"),
        ((t - 1, 4.0), 1, ""),
    ] {
        let report = append(&store, "a", &[sample]);
        assert_eq!(report.samples, kept, "{sample:?}");
        assert!(report.first_rejection.unwrap_or_default().contains(why), "{sample:?}");
    }
    // Within one write, in two pieces.
    let mut twice = write("b", &[(t, 1.0)]);
    let again = vec![Sample { t: TimestampMs(t), v: 1.0 }, Sample { t: TimestampMs(t), v: 5.0 }];
    let labels = Labels::from_pairs([("__name__", "m"), ("s", "b")]);
    twice.push(SeriesWrite { labels, samples: again.into(), exemplars: Vec::new() });
    let report = store.append(&TenantId::default(), &twice, NOW, OnFault::KeepTheRest).expect("appends");
    assert_eq!((report.samples, report.rejected, report.rejected_series), (2, 1, vec![1]));
}

#[test]
fn nothing_of_a_faulty_write_is_kept_where_that_is_asked_for() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let faulty = write("a", &[(NOW.0, 1.0), (NOW.0 + 10 * HOUR, 1.0)]);
    let report = store.append(&TenantId::default(), &faulty, NOW, OnFault::KeepNothing).expect("appends");
    assert_eq!((report.samples, report.rejected), (0, 1));
    assert!(all(&store).is_empty());
}

#[test]
fn a_block_that_cannot_be_written_is_written_later() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(NOW.0 - 5 * HOUR, 1.0)]);
    let in_the_way = dir.path().join("metrics/tenants/default");
    std::fs::write(&in_the_way, b"").expect("writes");
    store.maintain(NOW).expect_err("no directory");
    append(&store, "a", &[(NOW.0, 2.0)]);
    let before = all(&store);
    assert_eq!(before["a"].len(), 2);
    std::fs::remove_file(&in_the_way).expect("removes");
    store.maintain(NOW).expect("maintains");
    assert_eq!((all(&store), block_files(dir.path()).len()), (before.clone(), 1));
    drop(store);
    assert_eq!(all(&open(dir.path())), before);
}

#[test]
fn old_samples_yield_no_block_a_minute() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    for minute in 0..40 {
        append(&store, &minute.to_string(), &[(NOW.0 - 5 * HOUR, 1.0)]);
        store.maintain(NOW.saturating_add(minute * 60_000)).expect("maintains");
    }
    assert_eq!(block_files(dir.path()).len(), 2);
    assert_eq!(all(&store).len(), 40);
}

#[test]
fn exemplars_need_a_series_and_a_possible_time() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let exemplar =
        |t| Exemplar { labels: Labels::from_pairs([("trace_id", "x")]), sample: Sample { t: TimestampMs(t), v: 1.0 } };
    let exemplars: Vec<_> = [NOW.0, i64::MAX, i64::MIN].map(exemplar).into();
    for (samples, kept) in [(vec![], 0), (vec![Sample { t: NOW, v: 1.0 }], 1)] {
        let labels = Labels::from_pairs([("__name__", "m")]);
        let series = SeriesWrite { labels, samples: Samples::from(samples), exemplars: exemplars.clone() };
        let write = MetricsWrite::from_iter([series]);
        let report = store.append(&TenantId::default(), &write, NOW, OnFault::KeepTheRest).expect("appends");
        assert_eq!(report.exemplars, kept);
    }
    store.maintain(NOW.saturating_add(5 * HOUR)).expect("cuts");
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let found = store.source(&TenantId::default()).exemplars(&[vec![matcher]], TimeRange::ALL).expect("reads");
    assert_eq!(found[0].exemplars, [exemplar(NOW.0)]);
}

#[test]
fn tenants_do_not_see_each_other() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let other = TenantId::new("other").expect("valid");
    store.append(&other, &write("a", &[(NOW.0, 1.0)]), NOW, OnFault::KeepTheRest).expect("appends");
    assert!(all(&store).is_empty());
    assert_eq!(store.source(&other).label_values("s", &[], TimeRange::ALL).expect("reads"), ["a"]);
}

fn histogram(count: f64) -> Arc<Histogram> {
    let spans = vec![BucketSpan { offset: 0, length: 2 }];
    let buckets = vec![count, 1.0];
    let h = Histogram {
        schema: 1,
        count,
        sum: 0.5,
        positive_spans: spans,
        positive_buckets: buckets,
        ..Histogram::default()
    };
    Arc::new(h)
}

fn write_all(store: &MetricsStore, series: &str, samples: Samples) -> AppendReport {
    let labels = Labels::from_pairs([("__name__", "m"), ("s", series)]);
    let write = MetricsWrite::from_iter([SeriesWrite { labels, samples, exemplars: Vec::new() }]);
    store.append(&TenantId::default(), &write, NOW, OnFault::KeepTheRest).expect("appends")
}

fn read_all(store: &MetricsStore, range: TimeRange) -> BTreeMap<String, Samples> {
    let source = store.source(&TenantId::default());
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let mut all = BTreeMap::new();
    for series in source.select(&[matcher], range).expect("selects") {
        let mut samples = Samples::default();
        series.read(range, &mut samples).expect("reads");
        all.insert(series.labels().get("s").to_owned(), samples);
    }
    all
}

#[test]
fn histograms_and_starts_outlive_restart_cut_and_restart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = open(dir.path());
    let (mut counter, mut histograms) = (Samples::default(), Samples::default());
    for i in 0..300_i32 {
        let t = TimestampMs(NOW.0 - 5 * HOUR + i64::from(i) * 15_000);
        let start = TimestampMs(if i < 150 { 0 } else { NOW.0 - 4 * HOUR });
        counter.push_float(Sample { t, v: f64::from(i) }, start);
        let h = if i == 200 { Arc::new(Histogram::stale()) } else { histogram(f64::from(i)) };
        histograms.histograms.push(HistogramSample { t, start, h });
    }
    let last = TimestampMs(NOW.0 - 3 * HOUR);
    let mut float = Samples::default();
    float.push_float(Sample { t: last, v: 1.0 }, TimestampMs(7));
    let mixed = Samples { histograms: histograms.histograms.clone(), ..float.clone() };
    let writes = [("counter", &counter), ("histograms", &histograms), ("mixed", &histograms), ("mixed", &float)];
    for (name, samples) in writes {
        let report = write_all(&store, name, samples.clone());
        let kept = (samples.floats.len() as u64, samples.histograms.len() as u64);
        assert_eq!((report.samples, report.histograms), kept, "{name}: {report:?}");
    }
    for step in ["in memory", "after a restart", "cut", "after another"] {
        let all = read_all(&store, TimeRange::ALL);
        assert_eq!((&all["counter"], &all["histograms"], &all["mixed"]), (&counter, &histograms, &mixed), "{step}");
        let (start, end) = (counter.floats[160].t.0, counter.floats[260].t.0);
        let some = read_all(&store, TimeRange::new(start, end));
        assert_eq!((some["counter"].floats.len(), some["counter"].starts.len()), (101, 101), "{step}");
        assert_eq!(some["mixed"].histograms, histograms.histograms[160..=260], "{step}");
        // The same writes again change nothing.
        let report = write_all(&store, "mixed", mixed.clone());
        assert_eq!(report, AppendReport { samples: 1, histograms: 300, ..AppendReport::default() }, "{step}");
        if step == "after a restart" {
            store.maintain(NOW).expect("maintains");
            assert_eq!(block_files(dir.path()).len(), 1);
        } else {
            drop(store);
            store = open(dir.path());
        }
    }
}

#[test]
fn a_moment_has_one_float_or_one_histogram() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let float = |t, v| Samples::from(vec![Sample { t: TimestampMs(t), v }]);
    let one = |t, h| {
        let sample = HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h };
        Samples { histograms: vec![sample], ..Samples::default() }
    };
    let t = NOW.0 - 3 * HOUR;
    write_all(&store, "a", float(t, 1.0));
    write_all(&store, "a", one(t + 1, histogram(5.0)));
    for _ in ["in memory", "in a block"] {
        for (samples, why) in [
            (one(t, histogram(1.0)), "duplicate sample"),
            (float(t + 1, 5.0), "duplicate sample"),
            (one(t + 1, histogram(6.0)), "duplicate sample"),
            (one(t + 1, histogram(5.0)), ""),
            (one(t - 2 * HOUR, histogram(5.0)), "out of order"),
            (one(NOW.0 + HOUR, histogram(5.0)), "out of bounds"),
        ] {
            let report = write_all(&store, "a", samples);
            assert_eq!(report.rejected, u64::from(!why.is_empty()), "{report:?}");
            assert!(report.first_rejection.unwrap_or_default().contains(why));
        }
        store.maintain(NOW).expect("maintains");
    }
    let both = Samples { histograms: one(t + 2, histogram(1.0)).histograms, ..float(t + 2, 1.0) };
    let report = write_all(&store, "a", both);
    assert_eq!((report.samples, report.rejected), (1, 1), "within one write");
}

#[test]
fn a_sample_from_the_future_does_not_make_every_write_look_at_blocks() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let tenant = TenantId::default();
    append(&store, "future", &[(NOW.0 + HOUR / 10, 1.0)]);
    append(&store, "a", &[(NOW.0 - 3 * HOUR, 1.0)]);
    store.maintain(NOW).expect("cuts");
    let remembered = || {
        let memory = store.tenant(&tenant);
        let memory = memory.memory.lock();
        let labels = Labels::from_pairs([("__name__", "m"), ("s", "a")]);
        memory.head.get(labels.borrowed()).and_then(crate::series::HeadSeries::history_newest)
    };
    assert_eq!(append(&store, "a", &[(NOW.0 - 100, 2.0)]).samples, 1);
    assert_eq!(remembered(), Some(TimestampMs(NOW.0 - 101)));
    assert_eq!(append(&store, "a", &[(NOW.0 - 50, 3.0)]).samples, 1);
    assert_eq!(append(&store, "a", &[(NOW.0 - 3 * HOUR, 4.0)]).rejected, 1, "a second value");
    // What is imported may be newer than what was looked at.
    let samples = Samples::from(vec![Sample { t: TimestampMs(NOW.0 - 20), v: 5.0 }]);
    let extent = TimeRange::new(NOW.0 - 20, NOW.0 - 20);
    let mut import = store.begin_import(&tenant, extent).expect("begins");
    import.add(&Labels::from_pairs([("__name__", "m"), ("s", "a")]), samples, Vec::new()).expect("adds");
    import.finish().expect("finishes").publish("late", "").expect("publishes");
    assert_eq!(remembered(), None);
    assert_eq!(append(&store, "a", &[(NOW.0 - 20, 6.0)]).rejected, 1);
    assert_eq!(append(&store, "a", &[(NOW.0 - 20, 5.0)]).samples, 1, "a repeat");
}

#[test]
fn what_is_too_late_is_judged_by_what_a_deletion_left() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let samples: Vec<_> = (0..1200_i32).map(|i| (NOW.0 - 5 * HOUR + i64::from(i) * 15_000, 1.0)).collect();
    append(&store, "a", &samples);
    store.maintain(NOW).expect("cuts");
    let left = NOW.0 - 4 * HOUR;
    let selection = vec![Matcher::new("s", MatchOp::Equal, "a").expect("valid")];
    store.delete(&TenantId::default(), &[selection], TimeRange::new(left + 1, NOW.0)).expect("deletes");
    assert!(
        append(&store, "a", &[(left - HOUR - 1, 2.0)]).first_rejection.is_some_and(|why| why.contains("out of order"))
    );
    assert_eq!(append(&store, "a", &[(left - HOUR + 1, 2.0)]).samples, 1);
    assert_eq!(append(&store, "a", &[(left, 2.0)]).rejected, 1, "is there still");
    assert_eq!(append(&store, "a", &[(left + 15_000, 2.0)]).samples, 1, "is free");
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8, Vec<(i64, u64)>),
    Maintain,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let samples = prop::collection::vec((0_i64..8 * 60, any::<u64>()), 1..40);
    prop_oneof![
        6 => (0_u8..3, samples).prop_map(|(s, v)| Step::Append(s, v)),
        1 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_store_holds_what_a_map_would(steps in prop::collection::vec(step(), 1..14)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        let mut model: BTreeMap<String, BTreeMap<i64, u64>> = BTreeMap::new();
        for (hours, step) in (0_i64..).zip(steps) {
            match step {
                Step::Append(series, samples) => {
                    for (minute, bits) in samples {
                        let (t, name) = (NOW.0 - 8 * HOUR + minute * 60_000, series.to_string());
                        let report = append(&store, &name, &[(t, f64::from_bits(bits))]);
                        let known = model.get(&name).and_then(|m| m.get(&t));
                        prop_assert!(known.is_none_or(|known| (*known == bits) == (report.samples == 1)));
                        if report.samples == 1 {
                            model.entry(name).or_default().entry(t).or_insert(bits);
                        }
                    }
                }
                Step::Maintain => store.maintain(NOW.saturating_add(hours * HOUR)).expect("maintains"),
                Step::Reopen => {
                    drop(store);
                    store = open(dir.path());
                }
            }
            let expected: BTreeMap<_, Vec<_>> =
                model.iter().map(|(s, m)| (s.clone(), m.iter().map(|(t, v)| (*t, *v)).collect())).collect();
            prop_assert_eq!(all(&store), expected);
        }
    }
}
