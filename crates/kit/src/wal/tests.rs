//! What each kind of damage and failure leads to.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::handle::Handle;
use super::segment::{HEADER_BYTES, RECORD_HEADER_BYTES};
use super::{Error, Wal, segment_numbers, segment_path};

const RECORD_BYTES: u64 = 20 + RECORD_HEADER_BYTES as u64;

/// Three records to a segment.
fn open(dir: &Path, mut found: impl FnMut(&[u8])) -> Result<Wal, Error> {
    Wal::open(dir, HEADER_BYTES + 2 * RECORD_BYTES + 1, |r| {
        found(r);
        Ok(())
    })
}

fn records(dir: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let mut found = Vec::new();
    open(dir, |r| found.push(r.to_vec())).map(|_| found)
}

fn written(count: u8) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temp dir");
    let wal = open(dir.path(), |_| ()).expect("opens");
    for i in 1..=count {
        wal.append(&[i; 20]).expect("appends");
    }
    dir
}

fn last_segment(dir: &Path) -> PathBuf {
    segment_path(dir, *segment_numbers(dir).expect("lists").last().expect("one"))
}

fn set_len(path: &Path, change: impl FnOnce(u64) -> u64) {
    let len = std::fs::metadata(path).expect("exists").len();
    OpenOptions::new().write(true).open(path).expect("opens").set_len(change(len)).expect("cut");
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("reads");
    change(&mut bytes);
    std::fs::write(path, bytes).expect("writes");
}

fn refusal(dir: &Path) -> String {
    records(dir).expect_err("must be refused").to_string()
}

#[test]
fn records_come_back_in_order_over_segments() {
    let dir = written(9);
    assert!(segment_numbers(dir.path()).expect("lists").len() > 2);
    let expected: Vec<_> = (1..=9).map(|i| vec![i; 20]).collect();
    assert_eq!(records(dir.path()).expect("opens"), expected);
}

#[test]
fn a_torn_tail_is_cut_at_every_length_and_writing_goes_on() {
    for cut in 1..RECORD_BYTES {
        let dir = written(8);
        set_len(&last_segment(dir.path()), |len| len - cut);
        assert_eq!(records(dir.path()).expect("opens").len(), 7, "cut {cut}");
        open(dir.path(), |_| ()).expect("opens").append(b"more").expect("appends");
        assert_eq!(records(dir.path()).expect("opens").last().map(Vec::as_slice), Some(&b"more"[..]));
    }
}

#[test]
fn a_tail_whose_bytes_never_reached_the_disk_is_cut() {
    // Length without bytes: of whole records, of the end of one, of the beginning of one.
    for zeros in [1, 15, 16, 17, 300, 5000] {
        let dir = written(8);
        set_len(&last_segment(dir.path()), |len| len + zeros);
        assert_eq!(records(dir.path()).expect("opens").len(), 8, "{zeros} zeros");
    }
    for (from, to) in [(600, 5000), (1024, 1536), (64, 512)] {
        let dir = written(7);
        let path = last_segment(dir.path());
        let wal = Wal::open(dir.path(), 1 << 20, |_| Ok(())).expect("opens");
        wal.append(&[7; 5000]).expect("appends");
        wal.append(&[8; 20]).expect("appends");
        edit(&path, |bytes| bytes[from..to].fill(0));
        assert_eq!(records(dir.path()).expect("opens").len(), 7, "zeros at {from}..{to}");
    }
}

#[test]
fn an_unwritten_block_before_something_later_synced_is_damage() {
    let dir = tempfile::tempdir().expect("temp dir");
    let wal = Wal::open(dir.path(), 1 << 20, |_| Ok(())).expect("opens");
    wal.append(&[7; 5000]).expect("appends");
    wal.sync().expect("syncs");
    wal.append(&[8; 20]).expect("appends");
    edit(&last_segment(dir.path()), |bytes| bytes[1024..1536].fill(0));
    let error = refusal(dir.path());
    assert!(error.contains("00000001.wal") && error.contains("offset 28"), "{error}");
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let dir = written(5);
    let pristine: Vec<_> = [1, 2].map(|n| std::fs::read(segment_path(dir.path(), n)).expect("reads")).into();
    for (number, bytes) in (1..).zip(&pristine) {
        let path = segment_path(dir.path(), number);
        for at in 0..bytes.len() {
            edit(&path, |b| b[at] ^= 1 << (at % 8));
            let error = refusal(dir.path());
            let record =
                (at as u64).checked_sub(HEADER_BYTES).map_or(0, |n| HEADER_BYTES + n / RECORD_BYTES * RECORD_BYTES);
            let named = format!("{number:08}.wal is damaged at offset {record}:");
            assert!(error.contains(&named), "byte {at}: {error}");
            std::fs::write(&path, bytes).expect("restores");
        }
    }
    assert_eq!(records(dir.path()).expect("opens").len(), 5);
}

#[test]
fn a_segment_that_is_gone_or_cut_between_others_is_refused() {
    let dir = written(9);
    std::fs::remove_file(segment_path(dir.path(), 2)).expect("removed");
    let error = refusal(dir.path());
    assert!(error.contains("00000002.wal") && error.contains("missing"), "{error}");
    for cut in [1, RECORD_BYTES - 1, RECORD_BYTES] {
        let dir = written(9);
        set_len(&segment_path(dir.path(), 1), |len| len - cut);
        let error = refusal(dir.path());
        assert!(error.contains("00000001.wal") || error.contains("the segment before it"), "{error}");
    }
    let dir = written(9);
    std::fs::copy(segment_path(dir.path(), 1), segment_path(dir.path(), 2)).expect("copied");
    assert!(refusal(dir.path()).contains("holds segment 1"));
}

#[test]
fn another_format_or_version_is_refused_by_name() {
    for (bytes, reason) in [(&b"NOTOURS!"[..], "bad magic"), (b"AIOWAL01", "version \"01\""), (b"AIOWAL", "")] {
        let dir = written(2);
        edit(&segment_path(dir.path(), 1), |b| b[..bytes.len()].copy_from_slice(bytes));
        assert_eq!(records(dir.path()).is_err(), !reason.is_empty());
        if !reason.is_empty() {
            assert!(refusal(dir.path()).contains(reason));
        }
    }
}

#[test]
fn a_last_segment_without_a_whole_header_is_begun_anew() {
    let dir = written(9);
    let path = segment_path(dir.path(), 4);
    std::fs::write(&path, b"AIO").expect("writes");
    assert_eq!(records(dir.path()).expect("opens").len(), 9);
    assert_eq!(records(dir.path()).expect("opens again").len(), 9);
}

#[test]
fn foreign_files_are_left_alone() {
    let dir = written(2);
    for name in ["1.wal", "+2.wal", "x.wal", "00000002.wal.bak", "00000009.tmp"] {
        std::fs::write(dir.path().join(name), b"?").expect("writes");
    }
    assert_eq!(records(dir.path()).expect("opens").len(), 2);
}

#[test]
fn truncation_keeps_what_came_after_the_rotation() {
    let dir = written(3);
    let wal = open(dir.path(), |_| ()).expect("opens");
    let kept = wal.rotate().expect("rotates");
    assert_eq!(wal.rotate().expect("rotates"), kept, "an empty segment needs no successor");
    wal.append(b"new").expect("appends");
    wal.truncate_before(kept + 7).expect("truncates");
    drop(wal);
    assert_eq!(records(dir.path()).expect("opens"), [b"new".to_vec()]);
}

/// Makes every write and cut fail, as a full or failing disk does, until the handle is given back.
fn break_file(wal: &Wal) -> Arc<Handle> {
    let mut tail = wal.tail.lock();
    let read_only = std::fs::File::open(segment_path(&wal.dir, tail.number)).expect("opens");
    std::mem::replace(&mut tail.file, Handle::new(read_only))
}

#[test]
fn a_failed_append_leaves_nothing_and_writing_resumes_by_itself() {
    let dir = written(4);
    let wal = open(dir.path(), |_| ()).expect("opens");
    let good = break_file(&wal);
    assert!(matches!(wal.append(&[9; 20]), Err(Error::Io { .. })));
    // Half a record got into the file, and could not be cut off again.
    edit(&last_segment(dir.path()), |bytes| bytes.extend_from_slice(&[1, 2, 3]));
    assert!(matches!(wal.append(&[9; 20]), Err(Error::Io { .. })));
    wal.tail.lock().file = good;
    wal.append(&[5; 20]).expect("appends");
    wal.append(&[6; 20]).expect("appends");
    let expected: Vec<_> = (1..=6).map(|i| vec![i; 20]).collect();
    assert_eq!(records(dir.path()).expect("opens"), expected);
}

/// Takes every write and syncs none.
pub(super) fn syncs_never() -> Arc<Handle> {
    Handle::new(OpenOptions::new().append(true).open("/dev/null").expect("opens"))
}

fn break_sync(wal: &Wal) {
    wal.tail.lock().file = syncs_never();
}

#[test]
fn after_a_failed_fsync_the_records_in_doubt_are_written_anew() {
    for synced_before in [0, 1] {
        let dir = tempfile::tempdir().expect("temp dir");
        let wal = Wal::open(dir.path(), 1 << 20, |_| Ok(())).expect("opens");
        for i in 0..4 {
            wal.append(&[i; 20]).expect("appends");
            if i < synced_before {
                wal.sync().expect("syncs");
            }
        }
        break_sync(&wal);
        assert!(matches!(wal.sync(), Err(Error::Io { .. })));
        // As long as no new segment can be made, nothing is taken.
        let blocker = segment_path(dir.path(), 2);
        std::fs::create_dir(&blocker).expect("created");
        assert!(wal.append(&[4; 20]).is_err() && wal.sync().is_err() && wal.rotate().is_err());
        std::fs::remove_dir(&blocker).expect("removed");
        wal.append(&[4; 20]).expect("appends");
        wal.sync().expect("syncs");
        assert_eq!(segment_numbers(dir.path()).expect("lists"), [1, 2]);
        let expected: Vec<_> = (0..5).map(|i| vec![i; 20]).collect();
        assert_eq!(records(dir.path()).expect("opens"), expected, "each once");
        // What became of the old segment behind its last good fsync does not matter.
        let good = HEADER_BYTES + u64::from(synced_before) * RECORD_BYTES;
        set_len(&segment_path(dir.path(), 1), |_| good);
        assert_eq!(records(dir.path()).expect("opens"), expected);
    }
}

#[test]
fn a_rotation_that_cannot_sync_is_made_good() {
    let dir = written(3);
    let wal = open(dir.path(), |_| ()).expect("opens");
    break_sync(&wal);
    assert!(wal.append(&[4; 20]).is_err());
    wal.append(&[4; 20]).expect("appends");
    let expected: Vec<_> = (1..=4).map(|i| vec![i; 20]).collect();
    assert_eq!(records(dir.path()).expect("opens"), expected);
}

#[test]
fn a_rotation_hears_of_an_fsync_that_failed_beside_it() {
    let dir = written(3);
    let wal = open(dir.path(), |_| ()).expect("opens");
    wal.tail.lock().file.fail();
    assert!(wal.append(&[4; 20]).is_err(), "the segment is full, and cannot end");
    wal.append(&[4; 20]).expect("appends");
    let in_new = std::fs::metadata(segment_path(dir.path(), 2)).expect("exists").len();
    assert_eq!(in_new, HEADER_BYTES + 3 * RECORD_BYTES, "all that was in doubt is there");
    let expected: Vec<_> = (1..=4).map(|i| vec![i; 20]).collect();
    assert_eq!(records(dir.path()).expect("opens"), expected);
}

#[test]
fn a_failed_rotation_leaves_the_old_segment_in_use() {
    let dir = written(3);
    let wal = open(dir.path(), |_| ()).expect("opens");
    // The next segment's name is taken by something that a file cannot replace.
    let blocker = segment_path(dir.path(), 2);
    std::fs::create_dir(&blocker).expect("created");
    assert!(wal.append(&[4; 20]).is_err());
    assert!(wal.rotate().is_err());
    std::fs::remove_dir(&blocker).expect("removed");
    wal.append(&[4; 20]).expect("appends");
    assert_eq!(records(dir.path()).expect("opens").len(), 4);
}

#[test]
fn syncs_that_come_together_all_return_after_the_disk_did() {
    let dir = tempfile::tempdir().expect("temp dir");
    let wal = Wal::open(dir.path(), 1 << 20, |_| Ok(())).expect("opens");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    wal.append(&[1; 50]).expect("appends");
                    let appended = wal.tail.lock().len;
                    wal.sync().expect("syncs");
                    assert!(wal.tail.lock().synced >= appended.min(HEADER_BYTES + 1));
                }
            });
        }
    });
    let tail = wal.tail.lock();
    assert_eq!(tail.synced, tail.len);
}
