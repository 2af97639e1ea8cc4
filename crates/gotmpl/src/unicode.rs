//! Which characters Go takes for letters, digits, and printable.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// Sorted ranges of characters.
type Ranges = Vec<(char, char)>;

static PRINTABLE: LazyLock<Ranges> = LazyLock::new(|| ranges(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]"));
static WORD: LazyLock<Ranges> = LazyLock::new(|| ranges(r"[_\p{L}\p{Nd}]"));

fn ranges(class: &str) -> Ranges {
    let hir = regex_syntax::parse(class).expect("the class is well formed");
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        _ => Vec::new(),
    }
}

fn within(ranges: &Ranges, c: char) -> bool {
    let after = ranges.partition_point(|(start, _)| *start <= c);
    after > 0 && c <= ranges[after - 1].1
}

/// Letters, digits and the underscore: what names are made of.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c == '_' || c.is_ascii_alphanumeric() } else { within(&WORD, c) }
}

/// Whether quoting leaves it alone.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() { (' '..='~').contains(&c) } else { within(&PRINTABLE, c) }
}

/// `U+0078 'x'`: how messages name a character.
pub(crate) fn describe(c: char) -> String {
    if is_printable(c) { format!("U+{:04X} '{c}'", u32::from(c)) } else { format!("U+{:04X}", u32::from(c)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_go() {
        for (c, word, printable) in [
            ('a', true, true),
            ('_', true, true),
            ('9', true, true),
            (' ', false, true),
            ('-', false, true),
            ('\u{7f}', false, false),
            ('é', true, true),
            ('٣', true, true),
            ('½', false, true),
            ('\u{a0}', false, false),
            ('\u{200b}', false, false),
            ('☃', false, true),
            ('\u{ad}', false, false),
        ] {
            assert_eq!((is_word(c), is_printable(c)), (word, printable), "{c:?}");
        }
        assert_eq!(describe('☃'), "U+2603 '☃'");
        assert_eq!(describe('\u{1}'), "U+0001");
    }
}
