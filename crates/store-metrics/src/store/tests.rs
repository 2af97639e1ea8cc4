//! The store against a model, over restarts, cuts and damage.

use std::collections::BTreeMap;
use std::path::Path;

use aio_types::{MatchOp, Matcher, Metadata, TimeRange};
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
const NOW: TimestampMs = TimestampMs(1_000 * HOUR);

fn open(dir: &Path) -> MetricsStore {
    MetricsStore::open(Config { data_dir: dir.to_owned(), ..Config::default() }).expect("opens")
}

fn write(series: &str, samples: &[(i64, f64)]) -> MetricsWrite {
    let samples = samples.iter().map(|&(t, v)| Sample { t: TimestampMs(t), v }).collect();
    let labels = Labels::from_pairs([("__name__", "m"), ("s", series)]);
    MetricsWrite { series: vec![SeriesWrite { labels, samples, exemplars: Vec::new() }], metadata: Vec::new() }
}

fn append(store: &MetricsStore, series: &str, samples: &[(i64, f64)]) -> AppendReport {
    store.append(&TenantId::default(), &write(series, samples), NOW).expect("appends")
}

fn all(store: &MetricsStore) -> BTreeMap<String, Vec<(i64, u64)>> {
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let found = store.source(&TenantId::default()).select(&[matcher], TimeRange::ALL, usize::MAX).expect("reads");
    let of_series = |s: aio_source::Series| {
        (s.labels.get("s").to_owned(), s.samples.iter().map(|s| (s.t.0, s.v.to_bits())).collect())
    };
    found.into_iter().map(of_series).collect()
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
    let with_metadata = MetricsWrite { series: Vec::new(), metadata };
    store.append(&TenantId::default(), &with_metadata, NOW).expect("appends");
    let before = all(&store);
    store.maintain(NOW).expect("maintains");
    assert_eq!(block_files(dir.path()).len(), 1);
    assert_eq!(store.tenant(&TenantId::default()).head.lock().series.len(), 1, "series without data leave memory");
    assert_eq!(all(&store), before);
    drop(store);
    let store = open(dir.path());
    assert_eq!(all(&store), before);
    assert_eq!(store.source(&TenantId::default()).metadata().expect("reads")["m"][0].help, "h");
    store.maintain(NOW.saturating_add(600 * HOUR)).expect("maintains");
    assert!(all(&store).is_empty(), "past retention");
}

#[test]
fn a_damaged_index_is_set_aside_and_a_damaged_chunk_is_named() {
    for (offset_from_end, at_open) in [(40_usize, true), (0, false)] {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = open(dir.path());
        append(&store, "a", &[(NOW.0 - 10 * HOUR, 1.0), (NOW.0 - 10 * HOUR + 1, 2.5)]);
        store.maintain(NOW).expect("maintains");
        drop(store);
        let path = block_files(dir.path()).pop().expect("a block");
        let mut bytes = std::fs::read(&path).expect("reads");
        let at = if at_open { bytes.len() - offset_from_end } else { 14 };
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).expect("writes");
        let store = open(dir.path());
        if at_open {
            assert!(all(&store).is_empty());
            assert!(block_files(dir.path())[0].to_string_lossy().ends_with(".block.corrupt"));
        } else {
            let error = store.source(&TenantId::default()).select(&[], TimeRange::ALL, 100).expect_err("damaged");
            assert!(error.to_string().contains("offset 8"), "{error}");
        }
    }
}

#[test]
fn tenants_do_not_see_each_other() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    let other = TenantId::new("other").expect("valid");
    store.append(&other, &write("a", &[(NOW.0, 1.0)]), NOW).expect("appends");
    assert!(all(&store).is_empty());
    assert_eq!(store.source(&other).label_values("s", &[], TimeRange::ALL).expect("reads"), ["a"]);
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
        for step in steps {
            match step {
                Step::Append(series, samples) => {
                    for (minute, bits) in samples {
                        let (t, name) = (NOW.0 - 8 * HOUR + minute * 60_000, series.to_string());
                        let report = append(&store, &name, &[(t, f64::from_bits(bits))]);
                        if report.samples == 1 {
                            model.entry(name).or_default().entry(t).or_insert(bits);
                        }
                    }
                }
                Step::Maintain => store.maintain(NOW).expect("maintains"),
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
