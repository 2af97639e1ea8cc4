//! `meta.json`: what a block is.

use std::path::Path;

use aio_types::TimeRange;
use serde::Deserialize;

use crate::error::Error;

const KNOWN: u64 = 1;
/// No such file is larger.
const FILE_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    ulid: String,
    min_time: i64,
    max_time: i64,
    #[serde(default)]
    stats: Stats,
    #[serde(default)]
    compaction: Compaction,
    version: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    num_samples: u64,
    num_series: u64,
    num_chunks: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Compaction {
    sources: Vec<String>,
    parents: Vec<Parent>,
    deletable: bool,
    hints: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    ulid: String,
}

/// What a block says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Its name.
    pub ulid: String,
    /// What its samples lie in.
    pub range: TimeRange,
    /// How many series it was written with.
    pub series: u64,
    /// How many samples it was written with; 0 where its writer did not say.
    pub samples: u64,
    /// How many chunks it was written with.
    pub chunks: u64,
    /// The blocks cut from memory that went into it.
    pub sources: Vec<String>,
    /// The blocks it was made of, which it replaces.
    pub parents: Vec<String>,
    /// Whether nothing is left of it.
    pub is_deletable: bool,
    /// Whether it holds samples of memory up to its end: not those that came late, nor some series alone.
    pub is_in_order: bool,
}

impl Meta {
    /// Reads the file of the block in `dir`.
    ///
    /// # Errors
    /// [`Error::Version`]; [`Error::Corrupt`] where it is no JSON of that shape; [`Error::Io`].
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("meta.json");
        let len = std::fs::metadata(&path).map_err(Error::io(&path))?.len();
        if len > FILE_BYTES_MAX {
            return Err(Error::corrupt(&path, 0, format!("{len} bytes are too many")));
        }
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        Self::parse(&path, &bytes)
    }

    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| Error::corrupt(path, 0, error.to_string()))?;
        if file.version != KNOWN {
            return Err(Error::Version { path: path.to_owned(), what: "blocks", found: file.version, known: "1" });
        }
        let is_partial =
            |hint: &String| matches!(&**hint, "from-out-of-order" | "from-stale-series" | "from-selected-series");
        Ok(Self {
            ulid: file.ulid,
            // The end is beside the block.
            range: TimeRange::new(file.min_time, file.max_time.saturating_sub(1).max(file.min_time)),
            series: file.stats.num_series,
            samples: file.stats.num_samples,
            chunks: file.stats.num_chunks,
            sources: file.compaction.sources,
            parents: file.compaction.parents.into_iter().map(|parent| parent.ulid).collect(),
            is_deletable: file.compaction.deletable,
            is_in_order: !file.compaction.hints.iter().any(is_partial),
        })
    }
}

/// Whether a directory is named as blocks are: 26 letters of Crockford's alphabet.
pub(crate) fn is_block_name(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b));
    name.len() == 26 && name.bytes().all(is_letter) && name.starts_with(|c| ('0'..='7').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_says_what_it_is() {
        let text = br#"{"ulid":"01HZX0000000000000000000AB","minTime":1000,"maxTime":2000,
            "stats":{"numSamples":5,"numSeries":2,"numChunks":3,"numFloatSamples":5},
            "compaction":{"level":2,"sources":["a","b"],"parents":[{"ulid":"p","minTime":1,"maxTime":2}],
            "hints":["from-out-of-order"]},"version":1}"#;
        let meta = Meta::parse(Path::new("meta.json"), text).expect("reads");
        assert_eq!((meta.range, meta.samples), (TimeRange::new(1000, 1999), 5));
        assert_eq!(
            (&meta.sources[..], &meta.parents[..]),
            (&["a".to_owned(), "b".to_owned()][..], &["p".to_owned()][..])
        );
        assert!(!meta.is_in_order && !meta.is_deletable);
    }

    #[test]
    fn another_version_is_told() {
        let text = br#"{"ulid":"x","minTime":1,"maxTime":2,"version":2}"#;
        let error = Meta::parse(Path::new("b/meta.json"), text).expect_err("refused");
        assert_eq!(error.to_string(), "b/meta.json is of version 2 of blocks, of which 1 are known here");
        assert!(Meta::parse(Path::new("b/meta.json"), b"{").is_err());
    }

    #[test]
    fn names_of_blocks() {
        assert!(is_block_name("01HZX0000000000000000000AB"));
        for name in
            ["wal", "01HZX0000000000000000000AB.tmp", "01hzx0000000000000000000ab", "81HZX0000000000000000000AB"]
        {
            assert!(!is_block_name(name), "{name}");
        }
    }
}
