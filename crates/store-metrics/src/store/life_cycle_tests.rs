//! The store against a model, over deletions, compactions, snapshots, retention, restarts and crashes in between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aio_source::MetricsSource;
use aio_types::{
    Exemplar, Labels, MatchOp, Matcher, Metadata, MetricsWrite, Sample, Samples, SeriesWrite, TenantId, TimeRange,
    TimestampMs,
};
use proptest::prelude::*;

use crate::{Config, MetricsStore, OnFault};

const HOUR: i64 = 3_600_000;
const START: i64 = 1_000 * HOUR;

type Held = BTreeMap<String, Vec<(i64, f64)>>;

fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.to_owned(),
        retention: Duration::from_secs(1000 * 3600),
        out_of_order: Duration::from_secs(100 * 3600),
        ..Config::default()
    }
}

fn open(dir: &Path) -> MetricsStore {
    MetricsStore::open(config(dir)).expect("opens")
}

fn append(store: &MetricsStore, series: &str, samples: &[(i64, f64)]) -> u64 {
    let now = TimestampMs(samples.iter().map(|(t, _)| *t).max().unwrap_or(START));
    let exemplar =
        |t: i64, v| Exemplar { labels: Labels::from_pairs([("trace_id", t.to_string())]), sample: sample(t, v) };
    let exemplars = samples.iter().take(1).map(|&(t, v)| exemplar(t, v)).collect();
    let samples: Vec<_> = samples.iter().map(|&(t, v)| sample(t, v)).collect();
    let series = SeriesWrite { labels: labels(series), samples: samples.into(), exemplars };
    let metadata = vec![("m".to_owned(), Metadata { help: "h".to_owned(), ..Metadata::default() })];
    let write = MetricsWrite::from_iter([series]).with_metadata(metadata);
    store.append(&TenantId::default(), &write, now, OnFault::KeepTheRest).expect("appends").samples
}

fn sample(t: i64, v: f64) -> Sample {
    Sample { t: TimestampMs(t), v }
}

fn labels(series: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("s", series)])
}

fn matching(op: MatchOp, series: &str) -> Vec<Vec<Matcher>> {
    vec![vec![Matcher::new("s", op, series).expect("valid")]]
}

fn delete(store: &MetricsStore, series: &str, range: (i64, i64)) {
    let selections = matching(MatchOp::Regex, series);
    store.delete(&TenantId::default(), &selections, TimeRange::new(range.0, range.1)).expect("deletes");
}

fn held(store: &MetricsStore) -> Held {
    let source = store.source(&TenantId::default());
    let held = read(&*source);
    let names: Vec<_> = held.keys().cloned().collect();
    let series = source.series(&[], TimeRange::ALL).expect("reads");
    let listed: Vec<_> = series.iter().map(|labels| labels.get("s").to_owned()).collect();
    assert_eq!(listed, names, "what is listed is what can be read");
    // A series may be found of which nothing is left.
    held.into_iter().filter(|(_, samples)| !samples.is_empty()).collect()
}

fn read(source: &dyn MetricsSource) -> Held {
    let matcher = Matcher::new("__name__", MatchOp::Equal, "m").expect("valid");
    let mut held = Held::new();
    for series in source.select(&[matcher], TimeRange::ALL).expect("selects") {
        let mut samples = Samples::default();
        series.read(TimeRange::ALL, &mut samples).expect("reads");
        let samples = samples.floats.iter().map(|s| (s.t.0, s.v)).collect();
        held.insert(series.labels().get("s").to_owned(), samples);
    }
    held
}

fn exemplar_times(store: &MetricsStore, series: &str) -> Vec<i64> {
    let source = store.source(&TenantId::default());
    let found = source.exemplars(&matching(MatchOp::Equal, series), TimeRange::ALL).expect("reads");
    let mut times: Vec<_> =
        found.iter().flat_map(|series| &series.exemplars).map(|exemplar| exemplar.sample.t.0).collect();
    times.dedup();
    times
}

fn maintain(store: &MetricsStore, now: i64) {
    store.maintain(TimestampMs(now)).expect("maintains");
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir.join("metrics/tenants/default")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("entry").path());
    paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

/// Five samples an hour from `START` on, and a block for every two hours of them.
fn with_blocks(dir: &Path, hours: i64) -> MetricsStore {
    let store = open(dir);
    for hour in 0..hours {
        for series in ["a", "b"] {
            let samples: Vec<_> =
                (0_i32..5).map(|i| (START + hour * HOUR + i64::from(i) * 60_000, f64::from(i))).collect();
            append(&store, series, &samples);
        }
        maintain(&store, START + hour * HOUR + HOUR / 2);
    }
    store
}

#[test]
fn deleted_samples_are_gone_at_once_wherever_they_lie_and_stay_gone() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = with_blocks(dir.path(), 6);
    assert!(files(dir.path(), "block").len() > 1, "some in blocks");
    let all = held(&store);
    let range = (START + 60_000, START + 5 * HOUR + 60_000);
    let expected: Vec<_> = all["a"].iter().copied().filter(|(t, _)| *t < range.0 || *t > range.1).collect();
    let snapshot = store.source(&TenantId::default());
    delete(&store, "a", range);
    assert_eq!(read(&*snapshot), all, "a snapshot stays as it was");
    for step in 0..4 {
        let found = held(&store);
        assert_eq!((&found["a"], &found["b"]), (&expected, &all["b"]), "step {step}");
        assert_eq!(exemplar_times(&store, "a"), [START]);
        match step {
            0 => drop(std::mem::replace(&mut store, open(dir.path()))),
            1 => store.clean_tombstones(&TenantId::default()).expect("cleans"),
            2 => maintain(&store, START + 20 * HOUR),
            _ => store.compact(TimestampMs(START + 30 * HOUR)).expect("compacts"),
        }
    }
    assert!(!dir.path().join("metrics/tenants/default/tombstones").exists() || store_is_clean(&store));
}

fn store_is_clean(store: &MetricsStore) -> bool {
    store.source(&TenantId::default()).blocks().expect("reads").iter().all(|block| block.holes == 0)
}

#[test]
fn what_is_written_after_a_deletion_is_kept() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 6);
    delete(&store, ".*", (i64::MIN, i64::MAX));
    assert!(held(&store).is_empty());
    let source = store.source(&TenantId::default());
    assert!(source.label_values("s", &[], TimeRange::ALL).expect("reads").is_empty());
    // The same moments, other values, as if nothing had been there.
    let again = [(START, 7.0), (START + 5 * HOUR, 8.0)];
    assert_eq!(append(&store, "a", &again), 2);
    for now in [0, 1, 30] {
        assert_eq!(held(&store), Held::from([("a".to_owned(), again.to_vec())]));
        maintain(&store, START + now * HOUR);
    }
    drop(store);
    assert_eq!(held(&open(dir.path())), Held::from([("a".to_owned(), again.to_vec())]));
}

#[test]
fn a_deletion_is_meant_for_what_was_there() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(START, 1.0)]);
    delete(&store, "a", (START, START));
    append(&store, "a", &[(START, 2.0)]);
    drop(store);
    assert_eq!(held(&open(dir.path()))["a"], [(START, 2.0)], "replayed in order");
}

#[test]
fn deletions_while_a_head_waits_to_become_a_block_are_not_lost() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(START, 1.0), (START + HOUR, 2.0)]);
    let in_the_way = dir.path().join("metrics/tenants/default");
    std::fs::write(&in_the_way, b"").expect("writes");
    store.maintain(TimestampMs(START + 9 * HOUR)).expect_err("no directory");
    std::fs::remove_file(&in_the_way).expect("removes");
    delete(&store, "a", (START, START));
    append(&store, "a", &[(START + 9 * HOUR, 3.0)]);
    let expected = Held::from([("a".to_owned(), vec![(START + HOUR, 2.0), (START + 9 * HOUR, 3.0)])]);
    assert_eq!(held(&store), expected);
    maintain(&store, START + 9 * HOUR);
    assert_eq!(held(&store), expected);
    drop(store);
    assert_eq!(held(&open(dir.path())), expected);
}

#[test]
fn blocks_become_few_and_hold_the_same() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = with_blocks(dir.path(), 40);
    let (before, count) = (held(&store), files(dir.path(), "block").len());
    assert!(count > 10, "{count}");
    let exemplars = exemplar_times(&store, "a");
    store.compact(TimestampMs(START + 60 * HOUR)).expect("compacts");
    let compacted = files(dir.path(), "block").len();
    assert!(compacted < count / 3, "{count} became {compacted}");
    for _ in 0..2 {
        assert_eq!(held(&store), before);
        assert_eq!(exemplar_times(&store, "a"), exemplars);
        assert_eq!(append(&store, "a", &[(START, 9.0)]), 0, "what is stored is known still");
        drop(store);
        store = open(dir.path());
    }
    assert_eq!(files(dir.path(), "block").len(), compacted);
    assert!(files(dir.path(), "replaces").is_empty() && files(dir.path(), "tmp").is_empty());
}

#[test]
fn a_store_that_is_being_stopped_rewrites_no_blocks() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 40);
    let (before, blocks) = (held(&store), files(dir.path(), "block").len());
    store.stop_compaction();
    store.compact(TimestampMs(START + 60 * HOUR)).expect("does nothing");
    delete(&store, "b", (START, START + HOUR));
    assert!(matches!(store.clean_tombstones(&TenantId::default()), Err(crate::Error::Stopped)));
    assert_eq!(files(dir.path(), "block").len(), blocks);
    assert!(files(dir.path(), "replaces").is_empty() && files(dir.path(), "tmp").is_empty());
    assert_eq!(held(&store)["a"], before["a"]);
    drop(store);
    let store = open(dir.path());
    store.compact(TimestampMs(START + 60 * HOUR)).expect("compacts");
    assert!(files(dir.path(), "block").len() < blocks);
}

#[test]
fn a_value_of_which_every_sample_is_deleted_is_not_listed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let mut store = with_blocks(dir.path(), 12);
    append(&store, "late", &[(START + 5 * HOUR, 1.0)]);
    maintain(&store, START + 20 * HOUR);
    delete(&store, "late", (START + 4 * HOUR, START + 6 * HOUR));
    for _ in 0..2 {
        let source = store.source(&TenantId::default());
        assert_eq!(source.label_values("s", &[], TimeRange::ALL).expect("lists"), ["a", "b"]);
        assert_eq!(source.series(&[], TimeRange::ALL).expect("lists").len(), 2);
        drop(std::mem::replace(&mut store, open(dir.path())));
    }
}

#[test]
fn a_crash_between_the_childs_birth_and_the_parents_end_leaves_nothing_twice() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 40);
    delete(&store, "b", (START, START + 3 * HOUR));
    let before = held(&store);
    let parents: Vec<_> =
        files(dir.path(), "block").into_iter().map(|p| (std::fs::read(&p).expect("reads"), p)).collect();
    let tombstones = dir.path().join("metrics/tenants/default/tombstones");
    let old_tombstones = std::fs::read(&tombstones).expect("reads");
    store.compact(TimestampMs(START + 60 * HOUR)).expect("compacts");
    let compacted = files(dir.path(), "block");
    drop(store);
    // The last child's note would be there still.
    let newest = compacted.iter().filter_map(|p| sequence(p)).max().expect("a child");
    let gone: Vec<_> = parents.iter().filter(|(_, path)| !path.exists()).collect();
    let sequences: Vec<_> = gone.iter().filter_map(|(_, path)| sequence(path)).collect();
    gone.iter().for_each(|(bytes, path)| std::fs::write(path, bytes).expect("writes"));
    std::fs::write(&tombstones, old_tombstones).expect("writes");
    crate::compact::note_for_tests(&dir.path().join("metrics/tenants/default"), newest, &sequences);
    let store = open(dir.path());
    assert_eq!(held(&store), before);
    assert_eq!(files(dir.path(), "block").len(), compacted.len());
    assert!(files(dir.path(), "replaces").is_empty());
}

fn sequence(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.rsplit('-').next()?.parse().ok()
}

#[test]
fn a_note_without_its_child_leaves_the_parents_alone() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 6);
    let (before, blocks) = (held(&store), files(dir.path(), "block"));
    drop(store);
    let sequences: Vec<_> = blocks.iter().filter_map(|p| sequence(p)).collect();
    let tenant = dir.path().join("metrics/tenants/default");
    crate::compact::note_for_tests(&tenant, 99, &sequences);
    std::fs::write(tenant.join("98.replaces"), b"damaged").expect("writes");
    std::fs::write(tenant.join("compacting.tmp"), b"half").expect("writes");
    let store = open(dir.path());
    assert_eq!((held(&store), files(dir.path(), "block").len()), (before, blocks.len()));
    assert!(files(dir.path(), "replaces").is_empty() && files(dir.path(), "tmp").is_empty());
}

#[test]
fn a_compaction_that_cannot_be_written_changes_nothing_and_rests() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 20);
    let (before, blocks) = (held(&store), files(dir.path(), "block").len());
    let in_the_way = dir.path().join("metrics/tenants/default/compacting.tmp");
    std::fs::create_dir(&in_the_way).expect("creates");
    let now = START + 60 * HOUR;
    store.compact(TimestampMs(now)).expect_err("no file");
    assert_eq!((held(&store), files(dir.path(), "block").len()), (before.clone(), blocks));
    std::fs::remove_dir(&in_the_way).expect("removes");
    store.compact(TimestampMs(now + 1)).expect("rests");
    assert_eq!(files(dir.path(), "block").len(), blocks);
    // A clock that was set back does not keep it from work.
    store.compact(TimestampMs(now - HOUR)).expect("compacts");
    assert!(files(dir.path(), "block").len() < blocks);
    assert_eq!(held(&store), before);
}

#[test]
fn a_damaged_block_keeps_no_others_from_being_merged() {
    let dir = tempfile::tempdir().expect("temp dir");
    drop(with_blocks(dir.path(), 40));
    let mut blocks = files(dir.path(), "block");
    blocks.sort_by_key(|path| sequence(path));
    let mut bytes = std::fs::read(&blocks[0]).expect("reads");
    // The first part of the file, behind its magic, belongs to a chunk.
    bytes[20] ^= 1;
    std::fs::write(&blocks[0], bytes).expect("writes");
    let store = open(dir.path());
    store.compact(TimestampMs(START + 60 * HOUR)).expect("compacts the others");
    assert!(blocks[0].exists());
    let left = files(dir.path(), "block").len();
    assert!(left < blocks.len() / 2, "{left} of {}", blocks.len());
}

#[test]
fn what_a_deletion_left_of_a_block_is_known_to_late_writes() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(START, 1.0), (START + 2, 1.0)]);
    maintain(&store, START + 5 * HOUR);
    delete(&store, "a", (START + 1, START + 9));
    assert_eq!(append(&store, "a", &[(START, 2.0)]), 0, "another value for a moment that is still there");
    assert_eq!(append(&store, "a", &[(START + 2, 2.0)]), 1, "a moment that was deleted is free");
    assert_eq!(held(&store)["a"], [(START, 1.0), (START + 2, 2.0)]);
}

#[test]
fn a_clock_that_jumps_back_does_not_keep_heads_in_memory() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    append(&store, "a", &[(START, 1.0)]);
    maintain(&store, START + 900 * HOUR);
    append(&store, "a", &[(START + HOUR, 1.0)]);
    maintain(&store, START + 4 * HOUR);
    assert_eq!(files(dir.path(), "block").len(), 2);
    assert_eq!(held(&store)["a"].len(), 2);
}

#[test]
fn the_oldest_blocks_go_when_there_are_too_many_bytes() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 20);
    let count = files(dir.path(), "block").len();
    store.set_retention_bytes(0);
    maintain(&store, START + 20 * HOUR);
    assert!(files(dir.path(), "block").len() >= count, "no limit");
    let bytes = |path: &PathBuf| std::fs::metadata(path).expect("exists").len();
    let total: u64 = files(dir.path(), "block").iter().map(bytes).sum();
    let log: u64 = std::fs::read_dir(dir.path().join("metrics/wal"))
        .expect("lists")
        .map(|e| bytes(&e.expect("entry").path()))
        .sum();
    store.set_retention_bytes(total / 2 + log);
    maintain(&store, START + 20 * HOUR);
    let left: u64 = files(dir.path(), "block").iter().map(bytes).sum();
    assert!(left <= total / 2 && left > total / 4, "{left} of {total}");
    let found = held(&store);
    assert!(found["a"][0].0 > START + 5 * HOUR && found["a"].last().is_some_and(|(t, _)| *t > START + 19 * HOUR));
    store.set_retention_bytes(1);
    maintain(&store, START + 20 * HOUR);
    assert_eq!(files(dir.path(), "block").len(), 1, "the newest stays");
}

#[test]
fn a_server_starts_on_a_snapshot() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = with_blocks(dir.path(), 6);
    let other = TenantId::new("other").expect("valid");
    let series = SeriesWrite { labels: labels("x"), samples: vec![sample(START, 1.0)].into(), exemplars: Vec::new() };
    store
        .append(&other, &MetricsWrite::from_iter([series]), TimestampMs(START), OnFault::KeepTheRest)
        .expect("appends");
    delete(&store, "b", (START, START + 3 * HOUR));
    append(&store, "a", &[(START + 6 * HOUR, 1.0)]);
    let before = held(&store);
    let path = store.snapshot("one", false).expect("snapshots");
    let without_head = store.snapshot("two", true).expect("snapshots");
    assert!(path.ends_with("metrics/snapshots/one"));
    for name in ["one", "", "a/b", "..", "x.tmp"] {
        assert!(store.snapshot(name, false).is_err(), "{name}");
    }
    // What happens to the original does not matter to it.
    delete(&store, ".*", (i64::MIN, i64::MAX));
    store.clean_tombstones(&TenantId::default()).expect("cleans");
    let copy = open(&path);
    assert_eq!(held(&copy), before);
    assert_eq!(read(&*copy.source(&other)).keys().collect::<Vec<_>>(), ["x"]);
    assert_eq!(copy.source(&TenantId::default()).metadata().expect("reads").len(), 1);
    append(&copy, "b", &[(START, 5.0)]);
    assert_eq!(held(&copy)["b"][0], (START, 5.0));
    let copy = open(&without_head);
    let newest = |held: &Held| held["a"].last().map(|(t, _)| *t);
    assert!(newest(&held(&copy)) < newest(&before), "memory was left out");
}

#[test]
fn a_half_built_snapshot_is_removed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let half = dir.path().join("metrics/snapshots/x.tmp/metrics");
    std::fs::create_dir_all(&half).expect("creates");
    drop(open(dir.path()));
    assert!(!half.exists());
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8, Vec<(i64, u8)>),
    Delete(u8, i64, i64),
    Maintain,
    Compact,
    Clean,
    Reopen,
    Snapshot,
}

fn step() -> impl Strategy<Value = Step> {
    let samples = prop::collection::vec((0_i64..20, any::<u8>()), 1..20);
    prop_oneof![
        6 => (0_u8..3, samples).prop_map(|(s, v)| Step::Append(s, v)),
        3 => (0_u8..4, 0_i64..20, 0_i64..10).prop_map(|(s, start, length)| Step::Delete(s, start, start + length)),
        3 => Just(Step::Maintain),
        2 => Just(Step::Compact),
        1 => Just(Step::Clean),
        1 => Just(Step::Reopen),
        1 => Just(Step::Snapshot),
    ]
}

/// What ought to be there.
#[derive(Default)]
struct Model(BTreeMap<String, BTreeMap<i64, f64>>);

impl Model {
    fn held(&self) -> Held {
        let series = self.0.iter().filter(|(_, samples)| !samples.is_empty());
        series.map(|(name, samples)| (name.clone(), samples.iter().map(|(t, v)| (*t, *v)).collect())).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_store_holds_what_a_map_would(steps in prop::collection::vec(step(), 1..25)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        let mut model = Model::default();
        for (hour, step) in (0_i64..).zip(&steps) {
            // Twenty moments an hour that moves on.
            let time = |position: i64| START + hour * HOUR - 4 * HOUR + position * HOUR / 4;
            match step {
                Step::Append(series, samples) => {
                    let name = series.to_string();
                    for (position, value) in samples {
                        let (t, value) = (time(*position), f64::from(*value));
                        let known = model.0.get(&name).and_then(|samples| samples.get(&t)).copied();
                        let stored = append(&store, &name, &[(t, value)]);
                        prop_assert_eq!(stored == 1, known.is_none_or(|known| known == value), "{}", step_text(step));
                        model.0.entry(name.clone()).or_default().entry(t).or_insert(value);
                    }
                }
                Step::Delete(series, start, end) => {
                    let pattern = if *series == 3 { "0|2".to_owned() } else { series.to_string() };
                    delete(&store, &pattern, (time(*start), time(*end)));
                    for (_, samples) in model.0.iter_mut().filter(|(name, _)| pattern.split('|').any(|p| p == *name)) {
                        samples.retain(|t, _| !(time(*start)..=time(*end)).contains(t));
                    }
                }
                Step::Maintain => maintain(&store, time(30)),
                Step::Compact => store.compact(TimestampMs(time(60))).expect("compacts"),
                Step::Clean => store.clean_tombstones(&TenantId::default()).expect("cleans"),
                Step::Reopen => {
                    drop(store);
                    store = open(dir.path());
                }
                Step::Snapshot => {
                    let copy = open(&store.snapshot(&hour.to_string(), false).expect("snapshots"));
                    prop_assert_eq!(held(&copy), model.held());
                }
            }
            prop_assert_eq!(held(&store), model.held(), "after {}", step_text(step));
        }
    }
}

fn step_text(step: &Step) -> String {
    format!("{step:?}")
}
