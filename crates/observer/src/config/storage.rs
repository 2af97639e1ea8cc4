//! `storage`: where data lies and when it is safe.

use std::path::PathBuf;
use std::time::Duration;

use super::prometheus::{EXEMPLARS, TSDB};
use super::reader::Reader;
use super::units;
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static STORAGE: Section = Section {
    keys: &[
        ("data_dir", Kind::Scalar(scalars::text)),
        ("fsync", Kind::Scalar(fsync)),
        ("tsdb", Kind::Section(&TSDB)),
        ("exemplars", Kind::Section(&EXEMPLARS)),
    ],
    with: &[],
    check: no_check,
};

/// Where data lies and when it is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) data_dir: PathBuf,
    pub(crate) fsync: Fsync,
}

/// When the write-ahead log reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fsync {
    Always,
    Every(Duration),
    Never,
}

impl Default for Storage {
    fn default() -> Self {
        Self { data_dir: "/data".into(), fsync: Fsync::Every(Duration::from_secs(1)) }
    }
}

impl Storage {
    pub(super) fn read(reader: Reader<'_>) -> Self {
        let defaults = Self::default();
        Self {
            data_dir: reader.text("data_dir").map_or(defaults.data_dir, PathBuf::from),
            fsync: reader.text("fsync").and_then(|text| to_fsync(text).ok()).unwrap_or(defaults.fsync),
        }
    }
}

fn fsync(text: &str) -> Result<(), String> {
    to_fsync(text).map(|_| ())
}

fn to_fsync(text: &str) -> Result<Fsync, String> {
    match text {
        "always" => Ok(Fsync::Always),
        "never" => Ok(Fsync::Never),
        text => match units::duration(text) {
            Ok(period) if !period.is_zero() => Ok(Fsync::Every(period)),
            _ => Err(format!("{text:?} is not always, never or a duration such as 1s")),
        },
    }
}
