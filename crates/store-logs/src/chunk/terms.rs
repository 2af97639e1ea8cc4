//! What the index is told about a chunk.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use aio_source::escapes_letters;
use aio_types::{Labels, LogEntry};

use super::text::Symbols;
use super::{LEVEL, NO_LEVEL, level_bit};
use crate::bloom;
use crate::tokens::{RUN_BYTES_MIN, TOKEN_BYTES_MIN, Token, WORD_BYTES_MAX, hash, id_hashes, is_hex, tokens};

/// Beside the levels in a chunk's bitmap: there are runs of letters that are not in the dictionary.
pub(crate) const OPAQUE: u64 = 1 << 63;
/// More different runs of letters within ids are noise, which the dictionary is spared.
const RUNS_MAX: usize = 512;
/// Longer values go to the bloom filter, whatever they look like.
const TERM_BYTES_MAX: usize = 512;

/// Ids that were just seen need not be noted again.
const RECENT: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    words: HashSet<&'a str, Quick>,
    /// Runs of letters within ids.
    runs: HashSet<&'a str, Quick>,
    /// Unique `name=value` of structured metadata.
    pub(crate) pairs: HashSet<String, Quick>,
    /// Names of structured metadata, the level's too.
    pub(crate) names: HashSet<&'a str, Quick>,
    /// Whether a line spells letters by escapes.
    pub(crate) escapes_letters: bool,
    /// Hashes of everything that looks like an id; sorted and unique at the end.
    ids: Vec<u64>,
    /// The last of them by its end.
    recent_ids: Vec<u64>,
    /// Bits of all levels, and [`OPAQUE`].
    pub(crate) levels: u64,
}

impl Default for Terms<'_> {
    fn default() -> Self {
        Self {
            words: HashSet::default(),
            runs: HashSet::default(),
            pairs: HashSet::default(),
            names: HashSet::default(),
            escapes_letters: false,
            ids: Vec::new(),
            recent_ids: vec![0; RECENT],
            levels: 0,
        }
    }
}

impl<'a> Terms<'a> {
    /// Everything but tokens with digits, which [`Terms::opaque`] was told of already.
    pub(super) fn add(&mut self, entries: &'a [LogEntry], symbols: &Symbols<'a>) {
        for word in symbols.words().filter(|word| word.len() >= TOKEN_BYTES_MIN) {
            if word.len() <= WORD_BYTES_MAX {
                self.words.insert(word);
            } else {
                self.opaque(word);
            }
        }
        let mut last: Option<&Labels> = None;
        for entry in entries {
            self.escapes_letters |= escapes_letters(&entry.line);
            // Many lines share theirs.
            if last != Some(&entry.metadata) {
                self.metadata(&entry.metadata);
                last = Some(&entry.metadata);
            }
        }
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    fn metadata(&mut self, metadata: &'a Labels) {
        let mut level = NO_LEVEL;
        for (name, value) in metadata.iter() {
            self.names.insert(name);
            if name == LEVEL {
                level = level_bit(value);
                continue;
            }
            match pair(name, value) {
                Pair::Term(term) => _ = self.pairs.insert(term),
                Pair::Id(id) => self.id(id),
            }
        }
        self.levels |= level;
    }

    /// A token with a digit, or a very long one.
    pub(super) fn opaque(&mut self, token: &'a str) {
        if token.len() >= TOKEN_BYTES_MIN {
            id_hashes(token, |id| self.id(id));
        }
        if token.len() >= RUN_BYTES_MIN && !is_hex(token) {
            let token = Token { text: token, has_digit: true, opens: false, closes: false };
            token.runs().for_each(|run| self.run(run.text));
        }
    }

    fn id(&mut self, id: u64) {
        let recent = &mut self.recent_ids[slot(id)];
        if *recent != id || id == 0 {
            *recent = id;
            self.ids.push(id);
        }
    }

    fn run(&mut self, run: &'a str) {
        if run.len() > WORD_BYTES_MAX || (self.runs.len() >= RUNS_MAX && !self.runs.contains(run)) {
            self.levels |= OPAQUE;
        } else {
            self.runs.insert(run);
        }
    }

    /// What goes to the dictionary; some may come twice.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.words.union(&self.runs).copied()
    }

    /// The bloom filter of all ids.
    pub(crate) fn filter(&self) -> Vec<u64> {
        bloom::build(self.ids.iter().copied())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a usize")]
fn slot(hash: u64) -> usize {
    (hash % RECENT as u64) as usize
}

/// Where a pair of structured metadata is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pair {
    Term(String),
    Id(u64),
}

pub(crate) fn pair(name: &str, value: &str) -> Pair {
    let is_text = name.len() + value.len() <= TERM_BYTES_MAX && tokens(value).all(|t| t.is_word());
    let text = format!("{name}={value}");
    if is_text { Pair::Term(text) } else { Pair::Id(hash(text.as_bytes())) }
}

/// Hashes that are good already, or texts, quickly.
pub(crate) type Quick = BuildHasherDefault<QuickHasher>;

/// See [`Quick`].
#[derive(Debug, Default)]
pub(crate) struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = self.0.rotate_left(23) ^ hash(bytes);
    }

    fn write_u8(&mut self, _end_of_text: u8) {}

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(23) ^ number;
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }
}
