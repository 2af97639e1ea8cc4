//! A data directory: which blocks there are and are to be read.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use aio_types::TimestampMs;

use crate::block::{Meta, is_block_name};
use crate::error::Error;
use crate::in_use::lock;
use crate::numbered::numbered;

/// An open data directory. While it is open no Prometheus can start on it, if it uses lock files.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// What to read, oldest first.
    pub blocks: Vec<Meta>,
    /// What is not to be read, and why.
    pub passed_over: Vec<PassedOver>,
    _lock: Option<File>,
}

/// Something that is not to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Its directory.
    pub name: String,
    /// Why.
    pub why: String,
    /// Whether something may be lost by that.
    pub is_fault: bool,
}

impl DataDir {
    /// Looks at a directory.
    ///
    /// # Errors
    /// [`Error::NotADataDirectory`]; [`Error::InUse`]; [`Error::Version`] of a block; [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let names = names(path)?;
        let is_one = names.iter().any(|name| is_block_name(name) || name == "wal");
        if !is_one {
            return Err(no_data_directory(path, &names));
        }
        let lock = lock(path)?;
        let mut dir = Self { path: path.to_owned(), blocks: Vec::new(), passed_over: Vec::new(), _lock: lock };
        for name in names.into_iter().filter(|name| is_block_name(name)) {
            dir.look_at(name)?;
        }
        dir.leave_replaced();
        dir.tell_of_snapshots()?;
        dir.blocks.sort_by_key(|meta| (meta.range.start, meta.range.end, meta.ulid.clone()));
        Ok(dir)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the files of a block lie.
    #[must_use]
    pub fn block_dir(&self, block: &Meta) -> PathBuf {
        self.path.join(&block.ulid)
    }

    /// The time from which on samples are in memory only: what is older is in a block, or was there.
    #[must_use]
    pub fn head_start(&self) -> TimestampMs {
        let ends = self.blocks.iter().filter(|meta| meta.is_in_order).map(|meta| meta.range.end.saturating_add(1));
        ends.max().unwrap_or(TimestampMs::MIN)
    }

    /// A block without a description is what a crash left, and Prometheus would not read it either.
    fn look_at(&mut self, name: String) -> Result<(), Error> {
        match Meta::load(&self.path.join(&name)) {
            Ok(meta) if meta.is_deletable => self.pass_over(name, "nothing is left of it", false),
            Ok(meta) if meta.ulid != name => {
                self.pass_over(name, &format!("its meta.json is that of {}", meta.ulid), true);
            }
            Ok(meta) => self.blocks.push(meta),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                self.pass_over(name, "it has no meta.json: a crash left it", false);
            }
            Err(error @ (Error::Version { .. } | Error::Io { .. })) => return Err(error),
            Err(error) => self.pass_over(name, &error.to_string(), true),
        }
        Ok(())
    }

    fn pass_over(&mut self, name: String, why: &str, is_fault: bool) {
        self.passed_over.push(PassedOver { name, why: why.to_owned(), is_fault });
    }

    /// A snapshot of memory repeats what the log has; without a log it would be all there is.
    fn tell_of_snapshots(&mut self) -> Result<(), Error> {
        if numbered(&self.path.join("wal"), "")?.is_empty() {
            for name in names(&self.path)?.into_iter().filter(|name| name.starts_with("chunk_snapshot.")) {
                let why = "the log that belongs to it is gone: let Prometheus start on it once, and stop it without \
                           the feature memory-snapshot-on-shutdown";
                self.pass_over(name, why, true);
            }
        }
        Ok(())
    }

    /// A crash may leave a block beside those it was made of.
    fn leave_replaced(&mut self) {
        let parents: HashSet<String> = self.blocks.iter().flat_map(|meta| meta.parents.iter().cloned()).collect();
        let (replaced, kept) =
            std::mem::take(&mut self.blocks).into_iter().partition(|meta| parents.contains(&meta.ulid));
        self.blocks = kept;
        let replaced: Vec<Meta> = replaced;
        replaced.into_iter().for_each(|meta| self.pass_over(meta.ulid, "another block was made of it", false));
    }
}

fn names(path: &Path) -> Result<Vec<String>, Error> {
    let not_one = |reason: &str| Error::NotADataDirectory { path: path.to_owned(), reason: reason.to_owned() };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_one("it does not exist")),
        Ok(file) if !file.is_dir() => return Err(not_one("it is no directory")),
        other => other.map_err(Error::io(path))?,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(Error::io(path))? {
        names.extend(entry.map_err(Error::io(path))?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Says where the data may be.
fn no_data_directory(path: &Path, names: &[String]) -> Error {
    let has = |name: &str| names.iter().any(|other| other == name);
    let below = ["data", "prometheus", "prometheus-db", "metrics2"].into_iter().find(|name| {
        let below = path.join(name);
        has(name) && (below.join("wal").is_dir() || names_of_blocks(&below))
    });
    let reason = match below {
        Some(name) => format!("it has neither blocks nor a wal; {} does", path.join(name).display()),
        None if has("meta.json") && has("index") => "it is a single block: name the directory it lies in".to_owned(),
        None => "it has neither blocks nor a wal".to_owned(),
    };
    Error::NotADataDirectory { path: path.to_owned(), reason }
}

fn names_of_blocks(path: &Path) -> bool {
    names(path).is_ok_and(|names| names.iter().any(|name| is_block_name(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "01HZX00000000000000000000A";
    const B: &str = "01HZX00000000000000000000B";
    const C: &str = "01HZX00000000000000000000C";

    fn block(dir: &Path, ulid: &str, start: i64, compaction: &str) {
        let text = format!(
            r#"{{"ulid":"{ulid}","minTime":{start},"maxTime":{},"compaction":{{{compaction}}},"version":1}}"#,
            start + 100
        );
        std::fs::create_dir(dir.join(ulid)).expect("creates");
        std::fs::write(dir.join(ulid).join("meta.json"), text).expect("writes");
    }

    #[test]
    fn blocks_that_others_replace_are_not_read() {
        let dir = tempfile::tempdir().expect("temp dir");
        block(dir.path(), A, 200, "");
        block(dir.path(), B, 0, &format!(r#""parents":[{{"ulid":"{C}"}}]"#));
        block(dir.path(), C, 0, "");
        std::fs::create_dir(dir.path().join("01HZX00000000000000000000D")).expect("creates");
        let found = DataDir::open(dir.path()).expect("opens");
        assert_eq!(found.blocks.iter().map(|meta| &*meta.ulid).collect::<Vec<_>>(), [B, A]);
        assert!(found.passed_over.len() == 2 && found.passed_over.iter().all(|one| !one.is_fault));
        assert_eq!(found.head_start(), TimestampMs(300));
    }

    #[test]
    fn what_is_no_data_directory_is_refused_with_a_hint() {
        let dir = tempfile::tempdir().expect("temp dir");
        let told = |path: &Path| DataDir::open(path).expect_err("refused").to_string();
        assert!(told(dir.path()).ends_with("it has neither blocks nor a wal"));
        assert!(told(&dir.path().join("nowhere")).ends_with("it does not exist"));
        std::fs::create_dir_all(dir.path().join("data/wal")).expect("creates");
        assert!(told(dir.path()).ends_with("/data does"), "{}", told(dir.path()));
        block(&dir.path().join("data"), A, 0, "");
        std::fs::write(dir.path().join("data").join(A).join("index"), "").expect("writes");
        assert!(told(&dir.path().join("data").join(A)).contains("single block"));
    }

    #[test]
    fn one_that_is_in_use_is_refused() {
        let dir = tempfile::tempdir().expect("temp dir");
        block(dir.path(), A, 0, "");
        let held = File::create(dir.path().join("lock")).expect("creates");
        held.lock().expect("locks");
        assert!(matches!(DataDir::open(dir.path()), Err(Error::InUse { .. })));
        drop(held);
        let open = DataDir::open(dir.path()).expect("opens");
        assert!(File::open(dir.path().join("lock")).expect("opens").try_lock().is_err(), "it is held meanwhile");
        drop(open);
    }
}
