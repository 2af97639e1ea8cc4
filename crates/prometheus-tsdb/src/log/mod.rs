//! The write-ahead log of memory, and the one of samples that came late.
//!
//! ```text
//!   wal/  checkpoint.00000007/ 00000000 …   what is left of segments up to 7
//!         00000008 …                        segments
//!   wbl/  00000000 …                        samples that came late: segments of the same kind
//! ```
//!
//! The last segment may end in the middle of a record, where a crash or a copy cut it off, and where the next start of
//! Prometheus would cut it off, too. Damage anywhere else is an error.

mod pages;
mod record;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use self::record::{Record, RefFloat, RefHistogram};
use crate::error::Error;
use crate::numbered::numbered;

/// The files of a log, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    segments: Vec<PathBuf>,
}

impl Log {
    /// The newest checkpoint and the segments behind it.
    pub(crate) fn find(dir: &Path) -> Result<Self, Error> {
        let checkpoint = numbered(dir, "checkpoint.")?.pop();
        let mut segments: Vec<PathBuf> = Vec::new();
        if let Some((_, path)) = &checkpoint {
            segments.extend(numbered(path, "")?.into_iter().map(|(_, path)| path));
        }
        let is_left = |number: u64| checkpoint.as_ref().is_none_or(|(last, _)| number > *last);
        segments.extend(numbered(dir, "")?.into_iter().filter(|(number, _)| is_left(*number)).map(|(_, path)| path));
        Ok(Self { segments })
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.segments
    }

    /// Goes through all records; returns what is to be told about the end.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming segment and offset.
    pub(crate) fn for_each(&self, each: &mut dyn FnMut(Record)) -> Result<Option<String>, Error> {
        for (position, path) in self.segments.iter().enumerate() {
            let damage = pages::read(path, &mut |offset, bytes| {
                let record = record::decode(bytes).map_err(|reason| Error::corrupt(path, offset, reason))?;
                each(record);
                Ok(())
            })?;
            let is_last = position + 1 == self.segments.len();
            match damage {
                Some(damage) if is_last => return Ok(Some(format!("{damage}; the log was read up to there"))),
                Some(damage) => return Err(damage),
                None => (),
            }
        }
        Ok(None)
    }
}

/// Hostile bytes below the checksums.
pub(crate) fn decode_anything(bytes: &[u8]) {
    let _any_answer_will_do = record::decode(bytes);
}
