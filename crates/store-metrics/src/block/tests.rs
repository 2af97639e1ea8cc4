//! Blocks of any series are found and read back; damage is told.

use std::collections::BTreeMap;

use aio_types::{MatchOp, Matcher, Sample};
use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::*;
use crate::plan::Plan;

type Model = BTreeMap<Labels, (Samples, Vec<Exemplar>)>;

fn written(dir: &Path, model: &Model) -> Block {
    let mut builder = BlockBuilder::create(dir, "test").expect("begins");
    for (labels, (samples, exemplars)) in model {
        builder.add(labels, samples, exemplars.iter()).expect("adds");
    }
    builder.set_metadata(vec![("m".to_owned(), Metadata { help: "h".into(), ..Metadata::default() })]);
    builder.finish().expect("finishes").expect("not empty").publish(7).expect("publishes")
}

/// Series whose numbers spread over pages and whose values have few and many series.
fn model(series: i64) -> Model {
    let one = |i: i64| {
        let parity = if i % 2 == 0 { "even" } else { "odd" };
        let pairs = [("__name__", "m".to_owned()), ("i", format!("{i:05}")), ("parity", parity.to_owned())];
        let samples: Vec<_> = (0..3).map(|k| Sample { t: TimestampMs(i * 1000 + k), v: i as f64 }).collect();
        let exemplar = Exemplar { labels: Labels::from_pairs([("trace_id", format!("{i}"))]), sample: samples[0] };
        (Labels::from_pairs(pairs), (samples.into(), vec![exemplar; usize::from(i % 7 == 0)]))
    };
    (0..series).map(one).collect()
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher::new(name, op, value).expect("valid")
}

#[test]
fn everything_of_a_block_is_found() {
    let dir = tempfile::tempdir().expect("temp dir");
    let model = model(1000);
    let block = written(dir.path(), &model);
    assert_eq!((block.series_count(), block.counts(), block.sequence), (1000, (1000, 3000), 7));
    assert_eq!(block.range, TimeRange::new(0, 999_002));
    assert_eq!(block.metadata().expect("reads")[0].1.help, "h");
    for (id, (labels, (samples, exemplars))) in (0..).zip(&model) {
        let series = block.series(id).expect("reads");
        assert_eq!(&series.labels, labels);
        assert_eq!(block.find(labels).expect("finds").expect("is there").labels, *labels);
        let mut found = Samples::default();
        block.read(&series, TimeRange::ALL, &mut found).expect("reads");
        assert_eq!((&found, &block.exemplars(&series, TimeRange::ALL).expect("reads")), (samples, exemplars));
        assert_eq!(block.at(&series, samples.floats[1].t), Some(Observation::Float(samples.floats[1].v)));
    }
    for labels in [Labels::default(), Labels::from_pairs([("i", "00003x")]), Labels::from_pairs([("z", "z")])] {
        assert!(block.find(&labels).expect("searches").is_none());
    }
    assert!(block.series(1000).is_err());
}

#[test]
fn a_block_of_another_version_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = written(dir.path(), &model(3)).path;
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[7] = b'2';
    std::fs::write(&path, &bytes).expect("writes");
    assert!(matches!(Block::open(&path), Err(Error::Version { version: '2', .. })));
    assert!(matches!(crate::cut::open_blocks(dir.path()), Err(Error::Version { .. })));
    assert_eq!(std::fs::read(&path).expect("reads"), bytes);
}

#[test]
fn labels_honour_what_is_wanted() {
    let dir = tempfile::tempdir().expect("temp dir");
    let block = written(dir.path(), &model(1000));
    let values = |name: &str, wanted: Option<&RoaringBitmap>| {
        let mut out = std::collections::BTreeSet::new();
        block.label_values(name, wanted, &mut out).expect("reads");
        out.into_iter().collect::<Vec<_>>()
    };
    let odd = block.select(&Plan::new(&[matcher("parity", MatchOp::Equal, "odd")])).expect("selects");
    assert_eq!((odd.len(), values("parity", None).len(), values("i", None).len()), (500, 2, 1000));
    assert_eq!((values("parity", Some(&odd)), values("i", Some(&odd)).len()), (vec!["odd".to_owned()], 500));
    let few = block.select(&Plan::new(&[matcher("i", MatchOp::Regex, "0000[1-3]")])).expect("selects");
    assert_eq!(values("i", Some(&few)), ["00001", "00002", "00003"]);
    assert_eq!(block.label_names(None).expect("reads"), ["__name__", "i", "parity"]);
    assert!(block.label_names(Some(&RoaringBitmap::new())).expect("reads").is_empty());
    let near = block.touching(TimeRange::new(500_000, 500_002)).expect("reads").expect("tells apart");
    assert!(near.contains(500) && near.len() < 20, "{near:?}");
    assert!(block.touching(TimeRange::ALL).expect("reads").is_none());
}

fn pattern() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "ab", "[ab]+", ".*", ".+", "[0-9]", "1.*", "a|", "2"])
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ab]{1,2}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_selected_is_what_passes(
        series in prop::collection::vec((word(), word(), 0_u16..300), 1..200),
        matchers in prop::collection::vec(("[xyz]", 0_u8..4, pattern()), 0..3),
    ) {
        let sample = Sample { t: TimestampMs(1), v: 1.0 };
        let labels = |(x, y, z): (String, String, u16)| Labels::from_pairs([("x", x), ("y", y), ("z", z.to_string())]);
        let model: Model = series.into_iter().map(|s| (labels(s), (vec![sample].into(), Vec::new()))).collect();
        let dir = tempfile::tempdir().expect("temp dir");
        let block = written(dir.path(), &model);
        let ops = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];
        let matchers: Vec<_> = matchers.iter().map(|(n, op, v)| matcher(n, ops[usize::from(*op)], v)).collect();
        let passes = |labels: &Labels| matchers.iter().all(|m| m.matches_labels(labels));
        let expected: Vec<u32> = (0..).zip(model.keys()).filter(|(_, l)| passes(l)).map(|(id, _)| id).collect();
        prop_assert_eq!(block.select(&Plan::new(&matchers)).expect("selects").into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn any_bytes_decode_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        decode_anything(&bytes);
    }
}
