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

/// A token, and what stands between it and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) before: &'a str,
    pub(crate) text: &'a str,
    /// Whether it differs from line to line, by its looks.
    pub(crate) is_gap: bool,
}

/// The tokens of a line, then one without text for what is behind the last.
pub(crate) fn tokens(line: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let from = at?;
        let (start, end, is_gap) = bounds(line.as_bytes(), from);
        at = (end > start).then_some(end);
        Some(Token { before: line.get(from..start)?, text: line.get(start..end)?, is_gap })
    })
}

/// What lines of one masked form share, and what all lines with the same separators do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) form: u64,
    pub(crate) skeleton: u64,
}

/// `None` for a line that is too long to have a pattern, or has no token.
pub(crate) fn shape(line: &str) -> Option<Shape> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let bytes = line.as_bytes();
    let (mut form, mut skeleton, mut at) = (SEED, SEED, 0);
    for count in 0..=TOKENS_MAX {
        let (start, end, is_gap) = bounds(bytes, at);
        skeleton = mix(skeleton, &bytes[at..start]);
        if start == end {
            let form = step(form ^ skeleton);
            return (count > 0).then_some(Shape { form, skeleton });
        }
        form = if is_gap { step(form ^ GAP_WORD) } else { mix(form, &bytes[start..end]) };
        at = end;
    }
    None
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
    let last = rest.iter().fold(rest.len() as u64, |word, b| word << 8 | u64::from(*b));
    step(hash ^ last)
}

#[inline]
fn step(h: u64) -> u64 {
    let h = h.wrapping_mul(0xd6e8_feb8_6659_fd93);
    h ^ (h >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_tokens_and_what_is_between_them() {
        let all: Vec<_> = tokens(r#" a=1, "b/c d9" "#).map(|t| (t.before, t.text, t.is_gap)).collect();
        assert_eq!(
            all,
            [(" ", "a", false), ("=", "1", true), (", \"", "b/c", false), (" ", "d9", true), ("\" ", "", false)]
        );
        assert_eq!(tokens("").count(), 1);
        assert_eq!(tokens("x").map(|t| t.text).collect::<Vec<_>>(), ["x", ""]);
    }

    #[test]
    fn forms_hide_what_differs() {
        let shape = |line| shape(line).expect("a pattern");
        assert_eq!(shape("took 5ms"), shape("took 17ms"));
        assert_ne!(shape("took 5ms").form, shape("gave 5ms").form);
        assert_eq!(shape("took 5ms").skeleton, shape("gave up").skeleton);
        assert_ne!(shape("took 5ms").skeleton, shape("took:5ms").skeleton);
        assert!(super::shape(&"x".repeat(5000)).is_none() && super::shape("").is_none());
        assert!(super::shape(&"x ".repeat(400)).is_none());
    }
}
