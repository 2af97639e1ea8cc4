//! How text becomes what can be looked up.
//!
//! ```text
//!   line    connection refused1 by 4bf92f3577b34da6a3ce929d0e0e4736 in 12ms
//!   token   connection refused1 by 4bf92f3577b34da6a3ce929d0e0e4736 in 12ms
//!   word    connection                                                        in the dictionary
//!   run                refused                                                in the dictionary
//!   id                 refused1    7 or so pieces of 8 bytes              12ms in the bloom filter
//! ```
//!
//! A token is a longest run of letters, digits, `_` and everything beyond ASCII. A token without digits, and not very
//! long, is a word. Other tokens would swell the dictionary: they go to the bloom filter, short ones whole, long ones as
//! their minimizers, so that a piece of an id finds it. Of ids that are not hexadecimal the runs of letters are words
//! as well, so that a piece of text without digits is always within some word of the dictionary.
//!
//! A minimizer is, of each stretch of [`STRETCH_BYTES`] in a token, the 8 bytes whose hash is the smallest. It depends on
//! the stretch alone, so every token that contains a text has all minimizers of the text.

/// Shorter tokens tell too little to be looked up.
pub(crate) const TOKEN_BYTES_MIN: usize = 3;
/// Longer tokens are ids, or text in a script without spaces.
pub(crate) const WORD_BYTES_MAX: usize = 32;
/// Shorter runs of letters within ids are not in the dictionary.
pub(crate) const RUN_BYTES_MIN: usize = 4;
const PIECE_BYTES: usize = 8;
const PIECES: usize = 8;
/// What minimizers are the smallest pieces of; shorter ids are kept whole.
pub(crate) const STRETCH_BYTES: usize = PIECE_BYTES + PIECES - 1;

/// What a byte may be part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Separator,
    Letter,
    Digit,
}

const KINDS: [Kind; 256] = kinds();

#[expect(clippy::cast_possible_truncation, reason = "below 256")]
const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::Separator; 256];
    let mut b = 0;
    while b < 256 {
        kinds[b] = match b as u8 {
            b'0'..=b'9' => Kind::Digit,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => Kind::Letter,
            _ => Kind::Separator,
        };
        b += 1;
    }
    kinds
}

pub(crate) fn kind(b: u8) -> Kind {
    KINDS[usize::from(b)]
}

/// A longest stretch of letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) has_digit: bool,
    /// Whether the text it was found in goes on before it, with a separator.
    pub(crate) opens: bool,
    /// The same, behind it.
    pub(crate) closes: bool,
}

impl<'a> Token<'a> {
    pub(crate) fn is_word(&self) -> bool {
        !self.has_digit && self.text.len() <= WORD_BYTES_MAX
    }

    /// Its runs of letters that are long enough to be looked up.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Self> + use<'a> {
        let token = *self;
        let mut at = 0;
        std::iter::from_fn(move || {
            let bytes = token.text.as_bytes();
            while at < bytes.len() {
                let start = at + bytes[at..].iter().position(|b| kind(*b) == Kind::Letter)?;
                let end =
                    bytes[start..].iter().position(|b| kind(*b) == Kind::Digit).map_or(bytes.len(), |n| start + n);
                at = end;
                if end - start >= RUN_BYTES_MIN {
                    let (opens, closes) = (start > 0 || token.opens, end < bytes.len() || token.closes);
                    return Some(Token { text: token.text.get(start..end)?, has_digit: false, opens, closes });
                }
            }
            None
        })
    }
}

/// All tokens of a text, however short.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes.get(at..)?.iter().position(|b| kind(*b) != Kind::Separator)?;
        let (end, has_digit) = token_end(bytes, start);
        at = end;
        Some(Token { text: text.get(start..end)?, has_digit, opens: start > 0, closes: end < bytes.len() })
    })
}

/// Where the token ends that begins here, and whether it has a digit.
pub(crate) fn token_end(bytes: &[u8], at: usize) -> (usize, bool) {
    let (mut end, mut has_digit) = (at, false);
    while let Some(b) = bytes.get(end) {
        match kind(*b) {
            Kind::Separator => break,
            Kind::Digit => has_digit = true,
            Kind::Letter => {}
        }
        end += 1;
    }
    (end, has_digit)
}

/// Whether a token of an id may hold this text as one of its runs and yet not have it in the dictionary.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Hashes under which an id is in the bloom filter.
pub(crate) fn id_hashes(id: &str, mut each: impl FnMut(u64)) {
    if id.len() < STRETCH_BYTES { each(hash(id.as_bytes())) } else { minimizers(id.as_bytes(), each) }
}

/// At least [`STRETCH_BYTES`] of a token, or a part of one. Neighbours may repeat.
pub(crate) fn minimizers(text: &[u8], mut each: impl FnMut(u64)) {
    let mut recent = [u64::MAX; PIECES];
    let (mut smallest, mut at) = (u64::MAX, 0);
    let mut last = None;
    for (i, piece) in text.windows(PIECE_BYTES).enumerate() {
        let new = hash(piece);
        recent[i % PIECES] = new;
        if new <= smallest {
            (smallest, at) = (new, i);
        } else if i - at >= PIECES {
            // The smallest is out of the stretch: the newest of those that are the smallest now.
            (smallest, at) = (new, i);
            for before in (i + 1 - PIECES..i).rev() {
                if recent[before % PIECES] < smallest {
                    (smallest, at) = (recent[before % PIECES], before);
                }
            }
        }
        if i + 1 >= PIECES && last != Some(smallest) {
            last = Some(smallest);
            each(smallest);
        }
    }
}

/// Part of the file format. Eight bytes at a time, each mixed as in splitmix64.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut h = 0x9e37_79b9_7f4a_7c15 ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        h = mix(h ^ u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        h = mix(h ^ padded(rest));
    }
    h
}

/// One to seven bytes with zeros behind them, as a number: their ends, which may overlap.
fn padded(bytes: &[u8]) -> u64 {
    let last = bytes.len() - 1;
    let byte = |at: usize| u64::from(bytes[at]) << (8 * at);
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(front), Some(back)) => {
            u64::from(u32::from_le_bytes(*front)) | u64::from(u32::from_le_bytes(*back)) << (8 * (last - 3))
        }
        _ => byte(0) | byte(bytes.len() / 2) | byte(last),
    }
}

fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

/// The lower case of a text, with the two letters beyond ASCII that patterns take for ASCII ones.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'ſ' => 's',
            '\u{212a}' => 'k',
            _ => c.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_know_their_neighbours() {
        let all: Vec<_> = tokens("a1, naïve=x").map(|t| (t.text, t.has_digit, t.opens, t.closes)).collect();
        assert_eq!(all, [("a1", true, false, true), ("naïve", false, true, true), ("x", false, true, false)]);
        let token = tokens("-user12abcde9fg").next().expect("one");
        let runs: Vec<_> = token.runs().map(|t| (t.text, t.opens, t.closes)).collect();
        assert_eq!(runs, [("user", true, true), ("abcde", true, true)]);
    }

    #[test]
    fn hashes_are_those_of_the_files() {
        for len in 0..20 {
            let bytes: Vec<u8> = (1..=len).collect();
            let words = bytes.chunks(8).map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            });
            let want = words.fold(0x9e37_79b9_7f4a_7c15 ^ u64::from(len), |h, word| mix(h ^ word));
            assert_eq!(hash(&bytes), want, "{len}");
        }
    }

    proptest! {
        #[test]
        fn minimizers_are_the_smallest_of_each_stretch(token in "[ab0-1]{15,60}") {
            let hashes: Vec<u64> = token.as_bytes().windows(PIECE_BYTES).map(hash).collect();
            let mut want: Vec<u64> = hashes.windows(PIECES).filter_map(|all| all.iter().copied().min()).collect();
            want.dedup();
            let mut got = Vec::new();
            minimizers(token.as_bytes(), |h| got.push(h));
            prop_assert_eq!(got, want);
        }

        #[test]
        fn tokens_have_the_minimizers_of_their_pieces(token in "[a-f0-9]{15,80}", from in 0..60_usize, len in 15..70_usize) {
            let mut all = HashSet::new();
            minimizers(token.as_bytes(), |h| { all.insert(h); });
            let from = from.min(token.len() - 15);
            let piece = &token.as_bytes()[from..(from + len).min(token.len())];
            let mut count = 0;
            minimizers(piece, |h| { count += 1; assert!(all.contains(&h)); });
            prop_assert!(count > 0);
        }
    }
}
