//! What a wanted chunk must hold, by the place where each thing is looked up.

use aio_source::LogsSelect;

use crate::chunk::{LEVEL, Pair, level_bit, pair};
use crate::tokens::{Class, class_of, hash, whole_tokens};

/// See the module. A pair's name may also be a stream label's, and then says nothing about what is stored.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    /// Words of the lines.
    pub(crate) words: Vec<String>,
    /// Pairs of structured metadata.
    pub(crate) pairs: Vec<(String, String)>,
    /// Hashes in the bloom filter; those of pairs come with the pair's name.
    pub(crate) ids: Vec<(Option<String>, u64)>,
    /// Levels, as bits.
    pub(crate) levels: Vec<u64>,
}

impl Needles {
    pub(crate) fn of(select: &LogsSelect) -> Self {
        let mut out = Self::default();
        for token in select.line_contains.iter().flat_map(|text| whole_tokens(text)) {
            match class_of(token) {
                Class::Word => out.words.push(token.to_owned()),
                Class::Id => out.ids.push((None, hash(&[token]))),
            }
        }
        for (name, value) in &select.metadata_equals {
            match pair(name, value) {
                _ if name == LEVEL => out.levels.push(level_bit(value)),
                Pair::Term(_) => out.pairs.push((name.clone(), value.clone())),
                Pair::Id(id) => out.ids.push((Some(name.clone()), id)),
            }
        }
        out
    }
}
