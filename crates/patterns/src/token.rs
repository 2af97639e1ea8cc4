//! Lines cut into tokens and what separates them.

/// Longer lines have no pattern.
pub const LINE_BYTES_MAX: usize = 4096;
/// Lines with more tokens have none either.
pub(crate) const TOKENS_MAX: usize = 256;
/// Longer tokens are ids or data, whatever they look like.
const TOKEN_BYTES_MAX: usize = 48;
/// How a gap is written.
pub(crate) const GAP: &str = "<_>";

/// What a byte may be part of.
const PLAIN: u8 = 0;
/// A digit, or what would be read as a gap of another kind: tokens with it are gaps.
const MASKS: u8 = 1;
const SEPARATES: u8 = 2;

const fn kinds() -> [u8; 256] {
    let mut table = [PLAIN; 256];
    let (separators, masks) = (b" \t\r\n\"'()[]{},;:=|\\", b"0123456789<");
    let mut i = 0;
    while i < separators.len() {
        table[separators[i] as usize] = SEPARATES;
        i += 1;
    }
    i = 0;
    while i < masks.len() {
        table[masks[i] as usize] = MASKS;
        i += 1;
    }
    table
}

const KINDS: [u8; 256] = kinds();

/// Where the token that may start at `from` does, where it ends, and whether it has a byte that masks it.
#[inline]
fn bounds(bytes: &[u8], from: usize) -> (usize, usize, bool) {
    let mut start = from;
    while let Some(b) = bytes.get(start)
        && KINDS[usize::from(*b)] == SEPARATES
    {
        start += 1;
    }
    let (mut end, mut all) = (start, PLAIN);
    while let Some(b) = bytes.get(end) {
        let kind = KINDS[usize::from(*b)];
        if kind == SEPARATES {
            break;
        }
        all |= kind;
        end += 1;
    }
    let is_path = end - start > 1 && bytes.get(start) == Some(&b'/');
    (start, end, all == MASKS || is_path || end - start > TOKEN_BYTES_MAX)
}

/// Where a token is in its line; what separates it from the one before lies between the two. The last of a line is
/// without text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether it differs from line to line, by its looks.
    pub(crate) is_gap: bool,
    /// Whether it has a letter or digit: dashes and the like say nothing.
    pub(crate) says: bool,
    /// Of the text; texts that are equal have equal ones.
    pub(crate) hash: u64,
}

impl Token {
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What lines of one masked form share, and what all lines with the same separators do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) form: u64,
    pub(crate) skeleton: u64,
}

/// Puts the tokens of a line into `out`. `None` for a line that is too long to have a pattern, or has no token.
pub(crate) fn tokens(line: &str, out: &mut Vec<Token>) -> Option<Shape> {
    out.clear();
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let bytes = line.as_bytes();
    let (mut form, mut skeleton, mut at) = (SEED, SEED, 0);
    for count in 0..=TOKENS_MAX {
        let (start, end, is_gap) = bounds(bytes, at);
        skeleton = mix(skeleton, &bytes[at..start]);
        let hash = if is_gap { GAP_WORD } else { mix(SEED, &bytes[start..end]) };
        let says = !is_gap && says_something(line, start, end);
        out.push(Token { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()?, is_gap, says, hash });
        if start == end {
            let form = step(form ^ skeleton);
            return (count > 0).then_some(Shape { form, skeleton });
        }
        form = step(form ^ hash);
        at = end;
    }
    None
}

#[inline]
fn says_something(line: &str, start: usize, end: usize) -> bool {
    line.as_bytes().get(start).is_some_and(u8::is_ascii_alphanumeric)
        || line.get(start..end).is_some_and(|text| text.contains(char::is_alphanumeric))
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const GAP_WORD: u64 = 0x3c5f_3e00_0000_0000;

/// Joins a text to a hash; eight bytes at a time.
#[inline]
fn mix(mut hash: u64, text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        hash = step(hash ^ u64::from_le_bytes(*word));
    }
    step(hash ^ ends(rest) ^ (rest.len() as u64) << 56)
}

/// Up to seven bytes as a number: their ends, which may overlap.
#[inline]
fn ends(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(front), Some(back), _) => {
            u64::from(u32::from_le_bytes(*front)) | u64::from(u32::from_le_bytes(*back)) << (8 * (bytes.len() - 4))
        }
        (_, _, []) => 0,
        (_, _, [first, .., last]) => {
            u64::from(*first) | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(*last) << 16
        }
        (_, _, [one]) => u64::from(*one),
    }
}

#[inline]
fn step(h: u64) -> u64 {
    let h = h.wrapping_mul(0xd6e8_feb8_6659_fd93);
    h ^ (h >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> (Option<Shape>, Vec<(&str, &str, bool)>) {
        let (mut tokens, mut at) = (Vec::new(), 0);
        let shape = super::tokens(line, &mut tokens);
        let told = |t: &Token| {
            let before = &line[at..t.range().start];
            at = t.range().end;
            (before, &line[t.range()], t.is_gap)
        };
        (shape, tokens.iter().map(told).collect())
    }

    #[test]
    fn a_line_is_its_tokens_and_what_is_between_them() {
        assert_eq!(
            all(r#" a=1, "b/c d9" "#).1,
            [(" ", "a", false), ("=", "1", true), (", \"", "b/c", false), (" ", "d9", true), ("\" ", "", false)]
        );
        assert_eq!(all("").1.len(), 1);
        assert_eq!(all("x").1, [("", "x", false), ("", "", false)]);
    }

    #[test]
    fn forms_hide_what_differs() {
        let shape = |line| all(line).0.expect("a pattern");
        assert_eq!(shape("took 5ms"), shape("took 17ms"));
        assert_ne!(shape("took 5ms").form, shape("gave 5ms").form);
        assert_eq!(shape("took 5ms").skeleton, shape("gave up").skeleton);
        assert_ne!(shape("took 5ms").skeleton, shape("took:5ms").skeleton);
        assert!(all(&"x".repeat(5000)).0.is_none() && all("").0.is_none());
        assert!(all(&"x ".repeat(400)).0.is_none());
    }
}
