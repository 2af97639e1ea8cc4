//! A segment of the write-ahead log. With an even first byte the checksums of the first record's header and payload are
//! set right, so that lengths are reached as well.

use aio_kit::wal::Wal;

const HEADER_BYTES: usize = 28;
const RECORD_HEADER_BYTES: usize = 16;

pub(super) fn run(data: &[u8]) {
    let Some((mode, records)) = data.split_first() else { return };
    let mut records = records.to_vec();
    if mode % 2 == 0 {
        mend(&mut records);
    }
    let dir = tempfile::tempdir_in(memory()).expect("a folder in memory");
    drop(Wal::open(dir.path(), 1 << 20, |_| Ok(())).expect("a new log opens"));
    let path = dir.path().join("00000001.wal");
    let mut bytes = std::fs::read(&path).expect("the first segment");
    assert_eq!(bytes.len(), HEADER_BYTES);
    bytes.extend_from_slice(&records);
    std::fs::write(&path, bytes).expect("written");
    let mut first = Vec::new();
    let open = |found: &mut Vec<Vec<u8>>| {
        Wal::open(dir.path(), 1 << 20, |r| {
            found.push(r.to_vec());
            Ok(())
        })
    };
    if open(&mut first).is_ok() {
        let mut second = Vec::new();
        open(&mut second).expect("what opened once opens again");
        assert_eq!(first, second);
    }
}

/// So that the disk is not what is measured.
fn memory() -> &'static std::path::Path {
    let shm = std::path::Path::new("/dev/shm");
    if shm.is_dir() { shm } else { std::path::Path::new("/tmp") }
}

fn mend(records: &mut [u8]) {
    let Some((header, payload)) = records.split_first_chunk_mut::<RECORD_HEADER_BYTES>() else { return };
    let crc = crc32fast::hash(&header[..8]).to_le_bytes();
    header[8..12].copy_from_slice(&crc);
    let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    let crc = crc32fast::hash(payload.get(..len).unwrap_or_default()).to_le_bytes();
    header[12..16].copy_from_slice(&crc);
}
