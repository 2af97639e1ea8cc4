//! `| decolorize`: takes ANSI control sequences out of a line.

use super::Verdict;

const ESCAPE: char = '\u{1b}';
const CSI: char = '\u{9b}';

pub(crate) fn apply(text: &str, next: &mut String) -> Verdict {
    if !text.contains([ESCAPE, CSI]) {
        return Verdict::Keep;
    }
    next.clear();
    let mut rest = text;
    while let Some(at) = rest.find([ESCAPE, CSI]) {
        next.push_str(&rest[..at]);
        let sequence = &rest[at..];
        let first = sequence.chars().next().map_or(1, char::len_utf8);
        // What is no whole sequence is text.
        let len = first + sequence_len(&sequence[first..]).unwrap_or(0);
        if len == first {
            next.push_str(&sequence[..first]);
        }
        rest = &sequence[len..];
    }
    next.push_str(rest);
    Verdict::Replace
}

/// How long a sequence is behind its first character: marks, then either a text up to a bell or numbers and a letter.
fn sequence_len(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let marks = bytes.iter().take_while(|b| b"[]()#;?".contains(b)).count();
    let tail = &bytes[marks..];
    let words = tail.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b';').count();
    if tail.get(words) == Some(&0x07) {
        return Some(marks + words + 1);
    }
    let numbers = tail.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    // A digit may end a sequence as well.
    let ends = |b: &u8| {
        b.is_ascii_digit()
            || matches!(b, b'A'..=b'P' | b'R' | b'Z' | b'c' | b'f'..=b'n' | b't' | b'q' | b'r' | b'y' | b'=' | b'>' | b'<' | b'~')
    };
    match tail.get(numbers) {
        Some(last) if ends(last) => Some(marks + numbers + 1),
        _ if numbers > 0 && ends(&tail[numbers - 1]) => Some(marks + numbers),
        // A mark is taken for the first of the sequence only where something ends it.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_text_stays() {
        for (text, want) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}[1;32;40mb\u{1b}[Kc", "abc"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{9b}31mx", "x"),
            ("\u{1b}é", "\u{1b}é"),
            ("end\u{1b}", "end\u{1b}"),
            ("\u{1b}[38;5;196mé\u{1b}[m", "é"),
        ] {
            let mut next = String::new();
            let out = match apply(text, &mut next) {
                Verdict::Replace => next.as_str(),
                _ => text,
            };
            assert_eq!(out, want, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[\u{1b}\u{9b}\\[\\]0-9;mKé\u{7}]{0,20}") {
            let _any = apply(&text, &mut String::new());
        }
    }
}
