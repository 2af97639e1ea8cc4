//! Which blocks a day has: a sled database beside them. The only module that names sled.
//!
//! The blocks' own footers are the truth. The catalogue saves opening every block at start; where it does not open or
//! disagrees with the directory, it is made anew from the footers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use aio_kit::bytes::{Reader, Writer};

use crate::error::Error;
use crate::meta::BlockMeta;

const CACHE_BYTES: u64 = 1 << 20;

/// An open catalogue.
#[derive(Debug)]
pub(crate) struct Catalogue {
    dir: PathBuf,
    db: sled::Db,
}

impl Catalogue {
    /// Opens or creates the catalogue of a day; one that is damaged is removed and made anew, empty.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let db = match open_guarded(dir) {
            Ok(db) => db,
            Err(first) => {
                // A broken snapshot is rebuilt from sled's own log.
                remove_snapshots(dir);
                match open_guarded(dir) {
                    Ok(db) => {
                        tracing::warn!(error = %first, path = %dir.display(), "catalogue opened without its snapshot");
                        db
                    }
                    Err(error) => {
                        tracing::error!(%error, path = %dir.display(), "damaged catalogue is rebuilt from the blocks");
                        std::fs::remove_dir_all(dir).map_err(Error::io(dir))?;
                        open_guarded(dir)?
                    }
                }
            }
        };
        Ok(Self { dir: dir.to_owned(), db })
    }

    /// Every block by its file name; entries that do not read are passed over.
    pub(crate) fn blocks(&self) -> BTreeMap<String, BlockMeta> {
        let read = || {
            let mut out = BTreeMap::new();
            for entry in self.db.iter() {
                let Ok((key, value)) = entry else { continue };
                let name = std::str::from_utf8(&key).ok().map(str::to_owned);
                if let (Some(name), Some(meta)) = (name, decode(&value)) {
                    out.insert(name, meta);
                }
            }
            out
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// Adds or replaces a block, durably.
    pub(crate) fn insert(&self, name: &str, meta: &BlockMeta) -> Result<(), Error> {
        let mut body = Writer::default();
        meta.encode(&mut body);
        let mut value = crc32fast::hash(&body.0).to_le_bytes().to_vec();
        value.extend_from_slice(&body.0);
        self.db.insert(name, value).map_err(Error::catalogue(&self.dir))?;
        self.flush()
    }

    /// Forgets a block.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        self.db.remove(name).map_err(Error::catalogue(&self.dir))?;
        self.flush()
    }

    fn flush(&self) -> Result<(), Error> {
        self.db.flush().map_err(Error::catalogue(&self.dir))?;
        // sled asks the kernel to write its ranges, but not the disk to keep them.
        let file = self.dir.join("db");
        std::fs::File::open(&file).and_then(|f| f.sync_all()).map_err(Error::io(&file))
    }
}

fn decode(value: &[u8]) -> Option<BlockMeta> {
    let (crc, body) = value.split_first_chunk::<4>()?;
    (crc32fast::hash(body).to_le_bytes() == *crc).then(|| BlockMeta::decode(&mut Reader(body)))?
}

/// sled panics on some kinds of damage.
fn open_guarded(dir: &Path) -> Result<sled::Db, Error> {
    let open = || sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None).open();
    match catch_unwind(open) {
        Ok(opened) => opened.map_err(Error::catalogue(dir)),
        Err(_) => Err(Error::Catalogue { path: dir.to_owned(), reason: "the database gave up on it".to_owned() }),
    }
}

fn remove_snapshots(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let is_snapshot = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("snap."));
        if is_snapshot && let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "removing a snapshot");
        }
    }
}
