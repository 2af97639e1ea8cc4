//! The log against a list: whatever happens to process, machine and disk, what comes back is what was written, up to a
//! point that lies behind everything synced, or a refusal.

use std::path::Path;

use proptest::prelude::*;

use super::segment::{HEADER_BYTES, RECORD_HEADER_BYTES};
use super::{Error, Wal, segment_numbers, segment_path};

#[derive(Debug, Clone)]
enum Step {
    Append {
        bytes: usize,
    },
    Sync,
    Rotate,
    /// The disk fails to sync, once.
    FailedSync,
    /// Forgets everything before the newest rotation.
    Truncate,
    /// SIGKILL and a new start.
    Restart,
    /// Power loss: of what was never synced, this share of the length survives, and this share of that has its bytes.
    PowerLoss {
        length: f64,
        written: f64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop_oneof![1..40_usize, 500..3000_usize].prop_map(|bytes| Step::Append { bytes }),
        3 => Just(Step::Sync),
        1 => Just(Step::Rotate),
        1 => Just(Step::FailedSync),
        1 => Just(Step::Truncate),
        1 => Just(Step::Restart),
        2 => (0.0..=1.0, 0.0..=1.0).prop_map(|(length, written)| Step::PowerLoss { length, written }),
    ]
}

/// The log and what it ought to hold.
struct Model {
    dir: tempfile::TempDir,
    wal: Option<Wal>,
    /// Segment number and content.
    records: Vec<(u64, Vec<u8>)>,
    /// How many of them were synced.
    synced: usize,
    /// Which segment was synced last, and how far.
    synced_to: (u64, u64),
    next: u32,
}

fn open(dir: &Path) -> Result<(Wal, Vec<Vec<u8>>), Error> {
    let mut found = Vec::new();
    let wal = Wal::open(dir, 4096, |r| {
        found.push(r.to_vec());
        Ok(())
    })?;
    Ok((wal, found))
}

impl Model {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temp dir");
        let wal = open(dir.path()).expect("opens").0;
        Self { dir, wal: Some(wal), records: Vec::new(), synced: 0, synced_to: (1, HEADER_BYTES), next: 0 }
    }

    fn wal(&self) -> &Wal {
        self.wal.as_ref().expect("open")
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Append { bytes } => self.append(bytes),
            Step::Sync => {
                self.wal().sync().expect("syncs");
                self.note_sync();
            }
            Step::Rotate => {
                self.wal().rotate().expect("rotates");
                self.note_sync();
            }
            Step::FailedSync => self.fail_sync(),
            Step::Truncate => {
                let kept = self.wal().tail.lock().number;
                self.wal().truncate_before(kept).expect("truncates");
                let gone = self.records.iter().filter(|(number, _)| *number < kept).count();
                self.records.drain(..gone);
                self.synced = self.synced.saturating_sub(gone);
            }
            Step::Restart => {
                let found = self.reopen();
                assert_eq!(found, self.records.len(), "a killed process loses nothing");
            }
            Step::PowerLoss { length, written } => self.lose_power(length, written),
        }
    }

    /// What was in doubt is in a new segment afterwards, and synced.
    fn fail_sync(&mut self) {
        let (null, wal) = (super::tests::syncs_never(), self.wal());
        let (old, knows) = {
            let tail = wal.tail.lock();
            (tail.number, tail.synced >= HEADER_BYTES)
        };
        let good = std::mem::replace(&mut wal.tail.lock().file, null);
        if wal.sync().is_ok() {
            // There was nothing to sync.
            wal.tail.lock().file = good;
            return;
        }
        wal.sync().expect("syncs a new segment");
        let number = wal.tail.lock().number;
        // After a restart the log does not know what of its last segment was synced.
        let moved = self.records.iter_mut().skip(if knows { self.synced } else { 0 });
        moved.filter(|(segment, _)| *segment == old).for_each(|(segment, _)| *segment = number);
        self.note_sync();
    }

    fn note_sync(&mut self) {
        let at = self.wal().tail.lock();
        let synced_to = (at.number, at.len);
        drop(at);
        (self.synced, self.synced_to) = (self.records.len(), synced_to);
    }

    fn append(&mut self, bytes: usize) {
        self.next += 1;
        let before = self.wal().tail.lock().number;
        let record: Vec<u8> = self.next.to_le_bytes().into_iter().cycle().take(bytes).map(|b| b | 1).collect();
        self.wal().append(&record).expect("appends");
        let number = self.wal().tail.lock().number;
        if number != before {
            (self.synced, self.synced_to) = (self.records.len(), (number, HEADER_BYTES));
        }
        self.records.push((number, record));
    }

    fn lose_power(&mut self, length: f64, written: f64) {
        let (number, len) = {
            let tail = self.wal().tail.lock();
            (tail.number, tail.len)
        };
        let synced = if self.synced_to.0 == number { self.synced_to.1 } else { HEADER_BYTES };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a test's shares"
        )]
        let part = |of: u64, share: f64| (of as f64 * share) as usize;
        let path = segment_path(self.dir.path(), number);
        let mut bytes = std::fs::read(&path).expect("reads");
        let synced_bytes = usize::try_from(synced).expect("small");
        bytes.truncate(synced_bytes + part(len - synced, length));
        // Bytes are written by blocks: the rest of the length is zeros.
        let block = (synced_bytes + part((bytes.len() - synced_bytes) as u64, written)).next_multiple_of(512);
        if let Some(unwritten) = bytes.get_mut(block..) {
            unwritten.fill(0);
        }
        std::fs::write(&path, bytes).expect("writes");
        let found = self.reopen();
        assert!(found >= self.synced, "{found} of {} synced records came back", self.synced);
        self.records.truncate(found);
    }

    /// Starts anew; how many records came back.
    fn reopen(&mut self) -> usize {
        self.wal = None;
        let (wal, found) = open(self.dir.path()).expect("opens");
        self.wal = Some(wal);
        self.check_prefix(&found);
        found.len()
    }

    fn check_prefix(&self, found: &[Vec<u8>]) {
        assert!(found.len() <= self.records.len());
        assert!(found.iter().zip(&self.records).all(|(found, (_, written))| found == written));
    }

    /// Flips one bit, somewhere: it is named, and nothing wrong is served.
    fn flip(mut self, place: usize, bit: u32) {
        self.wal = None;
        let numbers = segment_numbers(self.dir.path()).expect("lists");
        let path = segment_path(self.dir.path(), numbers[place % numbers.len()]);
        let mut bytes = std::fs::read(&path).expect("reads");
        let at = place / numbers.len() % bytes.len();
        bytes[at] ^= 1 << bit;
        std::fs::write(&path, bytes).expect("writes");
        let mut found = Vec::new();
        let opened = Wal::open(self.dir.path(), 4096, |r| {
            found.push(r.to_vec());
            Ok(())
        });
        self.check_prefix(&found);
        let error = opened.expect_err("a flipped bit is refused").to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("offset"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_back_is_what_was_written(
        steps in proptest::collection::vec(step(), 1..60),
        place in any::<usize>(),
        bit in 0..8_u32,
    ) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
        }
        model.reopen();
        model.flip(place, bit);
    }

    #[test]
    fn arbitrary_bytes_behind_a_header_never_panic(
        tail in proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..3 * RECORD_HEADER_BYTES),
    ) {
        let model = Model::new();
        let path = segment_path(model.dir.path(), 1);
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes.extend_from_slice(&tail);
        std::fs::write(&path, bytes).expect("writes");
        if let Ok((_, found)) = open(model.dir.path()) {
            prop_assert!(found.iter().all(Vec::is_empty) || found.is_empty());
        }
    }
}
