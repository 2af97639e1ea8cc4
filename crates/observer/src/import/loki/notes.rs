//! Which chunks are in: a line for each in `imports/loki` of the data directory, written once they are.
//!
//! ```text
//!   first millisecond | last millisecond | TENANT | key of the chunk, separated by tabs
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aio_types::{TenantId, TimeRange, TimestampMs};
use anyhow::Context;

/// See the module.
#[derive(Debug)]
pub(super) struct Notes {
    path: PathBuf,
    file: File,
    done: HashMap<(TenantId, String), TimeRange>,
}

impl Notes {
    pub(super) fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let dir = data_dir.join("imports");
        std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        let path = dir.join("loki");
        let named = || format!("opening {}", path.display());
        let mut file = File::options().read(true).append(true).create(true).open(&path).with_context(named)?;
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(named)?;
        // A line that was cut off says nothing.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(whole as u64).with_context(named)?;
        }
        let done = text[..whole].lines().filter_map(parse).collect();
        Ok(Self { path, file, done })
    }

    /// Whether all of a chunk that is wanted is in.
    pub(super) fn has(&self, tenant: &TenantId, key: &str, wanted: TimeRange) -> bool {
        let done = self.done.get(&(tenant.clone(), key.to_owned()));
        done.is_some_and(|done| done.start <= wanted.start && wanted.end <= done.end)
    }

    /// What is noted survives power loss.
    pub(super) fn add(&mut self, done: Vec<(TenantId, String, TimeRange)>) -> anyhow::Result<()> {
        let line = |(tenant, key, range): &(TenantId, String, TimeRange)| {
            format!("{}\t{}\t{tenant}\t{key}\n", range.start.0, range.end.0)
        };
        let text: String = done.iter().map(line).collect();
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.with_context(|| format!("writing {}", self.path.display()))?;
        self.done.extend(done.into_iter().map(|(tenant, key, range)| ((tenant, key), range)));
        Ok(())
    }
}

fn parse(line: &str) -> Option<((TenantId, String), TimeRange)> {
    let mut parts = line.splitn(4, '\t');
    let mut time = || parts.next()?.parse().ok().map(TimestampMs);
    let range = TimeRange { start: time()?, end: time()? };
    let tenant = TenantId::new(parts.next()?).ok()?;
    Some(((tenant, parts.next()?.to_owned()), range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stay_and_a_cut_off_one_is_forgotten() {
        let dir = tempfile::tempdir().expect("temp dir");
        let range = |start, end| TimeRange { start: TimestampMs(start), end: TimestampMs(end) };
        let tenant = TenantId::default();
        let mut notes = Notes::open(dir.path()).expect("opens");
        notes.add(vec![(tenant.clone(), "a/b/c".to_owned(), range(10, 20))]).expect("notes");
        let path = dir.path().join("imports/loki");
        std::fs::write(&path, std::fs::read_to_string(&path).expect("reads") + "10\t20\tdefault\ta/b/d")
            .expect("writes");
        let mut notes = Notes::open(dir.path()).expect("opens");
        assert!(notes.has(&tenant, "a/b/c", range(10, 20)) && notes.has(&tenant, "a/b/c", range(12, 13)));
        assert!(!notes.has(&tenant, "a/b/c", range(9, 20)) && !notes.has(&tenant, "a/b/d", range(10, 20)));
        notes.add(vec![(tenant.clone(), "a/b/e".to_owned(), range(1, 2))]).expect("notes");
        assert!(Notes::open(dir.path()).expect("opens").has(&tenant, "a/b/e", range(1, 2)));
    }
}
