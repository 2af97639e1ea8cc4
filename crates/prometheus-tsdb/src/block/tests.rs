use aio_types::{Labels, ResetHint};
use proptest::prelude::*;

use super::*;
use crate::chunk::tests::floats::{Float, samples_of, xor, xor2};
use crate::chunk::tests::histograms::{self, Ints};
use crate::testkit::block::{TestBlock, TestChunk};

const ULID: &str = "01HZX00000000000000000000A";

fn labels(series: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("s", series), ("größe", "ü")])
}

fn chunk(floats: &[Float]) -> TestChunk {
    (1, xor(floats), floats[0].0, floats[floats.len() - 1].0)
}

fn run(start: i64, count: i64) -> Vec<Float> {
    (0..count).map(|i| (start + i * 10, 0, f64::from(i32::try_from(i).expect("small")))).collect()
}

fn block(version: u8) -> TestBlock {
    let some = |start| vec![chunk(&run(start, 20)), chunk(&run(start + 300, 20))];
    TestBlock {
        ulid: ULID.to_owned(),
        version,
        series: vec![
            (labels("a"), some(0)),
            (labels("b"), some(5)),
            (labels("c"), vec![(4, xor2(&run(7, 9)), 7, 87)]),
            (labels("d"), Vec::new()),
        ],
        tombstones: vec![(1, 0, 100), (1, 305, 305), (2, -9, 1000)],
    }
}

fn read(dir: &Path) -> Result<Vec<BlockSeries>, Error> {
    let mut block = Block::open(dir)?;
    let mut all = Vec::new();
    while let Some(series) = block.next_series()? {
        all.push(series);
    }
    Ok(all)
}

#[test]
fn every_version_of_the_index_is_read_and_what_was_deleted_is_not() {
    for version in 1..=3 {
        let dir = tempfile::tempdir().expect("temp dir");
        let all = read(&block(version).write(dir.path())).expect("reads");
        let names: Vec<_> = all.iter().map(|series| series.labels.get("s").to_owned()).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        let expected = [run(0, 20), run(300, 20)].concat();
        assert_eq!(all[0].samples, samples_of(&expected, false));
        let read: Vec<_> =
            all.iter().map(|series| (series.chunks, series.read.floats, series.deleted.floats)).collect();
        assert_eq!(read, [(2, 40, 0), (2, 40, 11), (1, 9, 9), (0, 0, 0)]);
        assert!(all[1].samples.floats.iter().all(|sample| sample.t.0 > 100 && sample.t.0 != 305));
    }
}

#[test]
fn histograms_that_follow_a_deletion_may_have_been_reset() {
    let layout = histograms::layout(false);
    let one = |t| Ints { t, start: 0, numbers: [1, 2], sum: 1.0, buckets: vec![1; 6] };
    let all: Vec<_> = (0..6).map(one).collect();
    let chunk = (2, histograms::integers(&layout, &all, 0, false), 0, 5);
    let mut block = block(2);
    (block.series, block.tombstones) = (vec![(labels("a"), vec![chunk])], vec![(0, 2, 3)]);
    let dir = tempfile::tempdir().expect("temp dir");
    let read = read(&block.write(dir.path())).expect("reads");
    let hints: Vec<_> = read[0].samples.histograms.iter().map(|sample| sample.h.reset_hint).collect();
    let (no, unknown) = (ResetHint::NotReset, ResetHint::Unknown);
    assert_eq!(hints, [unknown, no, unknown, no]);
    assert_eq!(read[0].deleted, Cut { floats: 0, histograms: 2 });
}

#[test]
fn an_unknown_version_is_told() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = block(4).write(dir.path());
    assert!(
        read(&path)
            .expect_err("refused")
            .to_string()
            .ends_with("is of version 4 of indexes, of which 1 to 3 are known here")
    );
}

#[test]
fn missing_files_are_told() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = block(2).write(dir.path());
    std::fs::remove_file(path.join("chunks/000002")).expect("removes");
    assert!(matches!(read(&path), Err(Error::Corrupt { .. })));
    std::fs::remove_file(path.join("index")).expect("removes");
    assert!(matches!(read(&path), Err(Error::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Wherever a bit is flipped, it is noticed, or it does not matter.
    #[test]
    fn a_flipped_bit_is_told_with_file_and_offset(
        file in prop::sample::select(vec!["index", "chunks/000001", "chunks/000002", "tombstones"]),
        at in any::<prop::sample::Index>(), bit in 0_u32..8, version in 1_u8..=3,
    ) {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = block(version).write(dir.path());
        let whole = read(&path).expect("reads");
        let mut bytes = std::fs::read(path.join(file)).expect("reads");
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        std::fs::write(path.join(file), bytes).expect("writes");
        match read(&path) {
            Ok(all) => {
                let content = |all: &[BlockSeries]| all.iter().map(|s| (s.labels.clone(), s.samples.clone())).collect::<Vec<_>>();
                prop_assert_eq!(content(&all), content(&whole), "{} {}", file, at);
            }
            Err(Error::Corrupt { path, .. } | Error::Version { path, .. }) => prop_assert!(path.starts_with(dir.path())),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn hostile_bytes_are_no_series_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        decode_anything(Path::new("t"), &bytes);
    }
}
