//! Lines to numbers of symbols.

use std::collections::HashMap;

use super::shape::{SHAPES, Shape};
use crate::chunk::terms::Quick;
use crate::tokens::{Kind, hash, kind, token_end};

/// Symbols that were just seen need not be looked for among all of them.
const RECENT: usize = 1024;

/// A token, or what is told of it, and the separators behind it. Before the first token there may be only these.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol<'a> {
    pub(super) shape: Shape,
    pub(super) text: &'a str,
    /// Bytes of its word.
    word: usize,
    pub(super) count: u32,
}

/// What tells a symbol from most others.
#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    /// Of its text.
    hash: u64,
    /// The same.
    len: usize,
    shape: u8,
    /// And one more.
    number: u32,
}

/// See the module.
#[derive(Debug)]
pub(in crate::chunk) struct Symbols<'a> {
    pub(super) all: Vec<Symbol<'a>>,
    /// Of all lines. Behind that of [`Shape::Again`] follow how many ids ago it was, and its digits.
    pub(super) numbers: Vec<u32>,
    /// Numbers up to the end of each line.
    pub(super) ends: Vec<usize>,
    /// Each id once.
    pub(super) ids: Vec<u8>,
    /// How often tokens of each shape occur.
    pub(super) shapes: [u32; SHAPES],
    seen: HashMap<(u64, &'a str), u32, Quick>,
    /// The last symbol by the end of its hash.
    recent: Vec<Recent>,
    ids_seen: HashMap<&'a str, u32, Quick>,
}

impl Default for Symbols<'_> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            numbers: Vec::new(),
            ends: Vec::new(),
            ids: Vec::new(),
            shapes: [0; SHAPES],
            seen: HashMap::default(),
            recent: vec![Recent::default(); RECENT],
            ids_seen: HashMap::default(),
        }
    }
}

impl<'a> Symbols<'a> {
    /// Adds a line; `each` is told of tokens that have a digit.
    pub(in crate::chunk) fn line(&mut self, line: &'a str, mut each: impl FnMut(&'a str)) {
        let bytes = line.as_bytes();
        let mut at = separators(bytes, 0);
        if at > 0 {
            self.add(Shape::Text, &line[..at], 0);
        }
        while at < bytes.len() {
            let (end, has_digit) = token_end(bytes, at);
            let next = separators(bytes, end);
            if has_digit {
                each(&line[at..end]);
                self.opaque(&line[at..end], &line[end..next], &line[at..next]);
            } else {
                self.add(Shape::Word, &line[at..next], end - at);
            }
            at = next;
        }
        self.ends.push(self.numbers.len());
    }

    /// Each word, once for each run of separators that comes behind it.
    pub(in crate::chunk) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.all.iter().filter(|s| s.word > 0).map(|s| &s.text[..s.word])
    }

    fn opaque(&mut self, token: &'a str, behind: &'a str, both: &'a str) {
        let shape = Shape::of(token);
        self.shapes[usize::from(shape.to_byte())] += 1;
        match shape {
            Shape::Gap(_) => self.add(shape, behind, 0),
            Shape::Id(_) => {
                let next = number(self.ids_seen.len());
                let before = *self.ids_seen.entry(token).or_insert(next);
                if before < next {
                    self.shapes[usize::from(Shape::Again.to_byte())] += 1;
                    self.add(Shape::Again, behind, 0);
                    self.numbers.extend([next - before - 1, number(token.len())]);
                } else {
                    self.ids
                        .extend(token.as_bytes().as_chunks::<2>().0.iter().map(|[a, b]| digit(*a) << 4 | digit(*b)));
                    self.add(shape, behind, 0);
                }
            }
            _ => self.add(Shape::Text, both, 0),
        }
    }

    fn add(&mut self, shape: Shape, text: &'a str, word: usize) {
        let byte = shape.to_byte();
        let hash = hash(text.as_bytes());
        let recent = &mut self.recent[slot(hash.wrapping_add(u64::from(byte)))];
        let is_it = (recent.hash, recent.len, recent.shape) == (hash, text.len(), byte)
            && recent.number > 0
            // Eight bytes and the hash tell each other.
            && (text.len() <= size_of::<u64>() || self.all[recent.number as usize - 1].text == text);
        if !is_it {
            let all = &mut self.all;
            let number = *self.seen.entry((u64::from(byte), text)).or_insert_with(|| {
                all.push(Symbol { shape, text, word, count: 0 });
                number(all.len())
            });
            *recent = Recent { hash, len: text.len(), shape: byte, number };
        }
        let number = recent.number - 1;
        self.all[number as usize].count += 1;
        self.numbers.push(number);
    }
}

/// Where the separators end that begin here.
fn separators(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| kind(*b) != Kind::Separator).map_or(bytes.len(), |n| at + n)
}

fn digit(b: u8) -> u8 {
    if b.is_ascii_digit() { b - b'0' } else { b - b'a' + 10 }
}

/// A chunk has fewer of anything than this can count: each takes a byte of text.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a usize")]
fn slot(hash: u64) -> usize {
    (hash % RECENT as u64) as usize
}
