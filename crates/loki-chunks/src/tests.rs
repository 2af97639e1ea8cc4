use aio_types::{Labels, LogEntry, TimestampNs};
use proptest::prelude::*;

use crate::{ChunksDir, Error, decode, testkit};

fn entry(ts: i64, line: &str, metadata: &[(&str, &str)]) -> LogEntry {
    LogEntry { ts: TimestampNs(ts), line: line.into(), metadata: Labels::from_pairs(metadata.iter().copied()) }
}

fn some() -> Vec<LogEntry> {
    let info = [("detected_level", "info"), ("trace_id", "abc")];
    (0..25)
        .map(|i| entry(1_700_000_000_000_000_000 - i * 7, &format!("line {i} é"), &info[..(i % 3) as usize]))
        .collect()
}

#[test]
fn every_version_and_codec_comes_back() {
    for version in 1..=4 {
        for codec in [0, 1, 3, 4, 5, 6, 7, 8, 9] {
            let mut want = some();
            if version < 4 {
                want.iter_mut().for_each(|e| e.metadata = Labels::default());
            }
            let chunk = testkit::chunk(version, codec, &some(), 10);
            let found = decode(&testkit::object("team", &[("app", "a")], &chunk)).expect("decodes");
            assert_eq!((found.tenant.as_str(), &found.labels), ("team", &Labels::from_pairs([("app", "a")])));
            assert_eq!(found.entries, want, "version {version} codec {codec}");
        }
    }
}

#[test]
fn a_table_with_wrong_offsets_is_put_right() {
    let mut chunk = testkit::chunk(3, 0, &some()[..2], 9);
    let at = chunk.len() - 8;
    let table = usize::try_from(u64::from_be_bytes(chunk[at..].try_into().expect("eight"))).expect("fits");
    // One block: number of blocks, lines, two times of nine bytes each, offset.
    let offset = table + 2 + 2 * 9;
    assert_eq!(chunk[offset], 6);
    chunk[offset] = 9;
    let crc = crc32c::crc32c(&chunk[table..at - 4]).to_be_bytes();
    chunk[at - 4..at].copy_from_slice(&crc);
    assert_eq!(decode(&testkit::object("", &[], &chunk)).expect("decodes").entries.len(), 2);
}

#[test]
fn faults_say_what_and_where() {
    let object = |chunk: &[u8]| testkit::object("t", &[("a", "b")], chunk);
    let whole = testkit::chunk(4, 9, &some(), 10);
    let fault = |bytes: &[u8]| decode(bytes).expect_err("damaged").to_string();
    let mut version = whole.clone();
    version[4] = 9;
    assert!(fault(&object(&version)).ends_with("chunks of version 9 are not known here, only 1 to 4"));
    let mut codec = whole.clone();
    codec[5] = 2;
    assert!(fault(&object(&codec)).ends_with("2 is no codec that is known here"));
    let mut magic = whole.clone();
    magic[0] = 9;
    assert!(fault(&object(&magic)).contains("is not the magic number of chunks"));
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    assert!(fault(&object(&flipped)).contains("does not have its checksum"));
    for len in 0..object(&whole).len() {
        assert!(decode(&object(&whole)[..len]).is_err(), "{len}");
    }
}

#[test]
fn chunks_are_found_where_loki_keeps_them() {
    let dir = tempfile::tempdir().expect("temp dir");
    assert!(matches!(ChunksDir::open(dir.path()), Err(Error::NoChunks { .. })));
    let chunks = dir.path().join("chunks");
    let object = testkit::object("team", &[("app", "a")], &testkit::chunk(4, 4, &some(), 10));
    testkit::write(&chunks, "team", (20, 30), &object);
    let damaged = testkit::write(&chunks, "fake", (10, 20), &object[1..]);
    std::fs::write(&damaged, &object).expect("writes");
    std::fs::write(chunks.join("loki_cluster_seed.json"), "{}").expect("writes");
    std::fs::create_dir_all(chunks.join("index/index_1")).expect("creates");
    std::fs::write(chunks.join("index/index_1/x.tsdb.gz"), "x").expect("writes");
    std::fs::write(chunks.join("team/odd"), "x").expect("writes");
    std::fs::create_dir_all(dir.path().join("wal")).expect("creates");
    for root in [dir.path(), &chunks] {
        let found = ChunksDir::open(root).expect("opens");
        let told: Vec<_> = found.files.iter().map(|f| (f.tenant.as_str(), f.range.start.0, f.range.end.0)).collect();
        assert_eq!(told, [("fake", 10, 20), ("team", 20, 30)]);
        assert_eq!((found.passed_over.len(), found.has_log), (1, false));
        let error = found.files[0].read().expect_err("another file").to_string();
        assert!(error.contains("does not have the checksum that is in its name"), "{error}");
        assert_eq!(found.files[1].read().expect("reads").entries, some());
    }
    std::fs::write(dir.path().join("wal/00000001"), "x").expect("writes");
    assert!(ChunksDir::open(dir.path()).expect("opens").has_log);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..200_usize) {
        let _any_answer_will_do = decode(&bytes);
        let mut object = testkit::object("t", &[], &testkit::chunk(4, 0, &some(), 10));
        object.splice(at..at, bytes);
        let _any_answer_will_do = decode(&object);
    }
}
