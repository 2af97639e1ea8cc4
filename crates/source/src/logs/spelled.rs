//! Texts that parsers find in lines of JSON and logfmt: what such a line must hold, however it spells them.
//!
//! ```text
//!   value  a/b größe        "path":"a\/b gr\u00f6\u00dfe"      letters and digits of ASCII stand there as they are, run by run
//!          ~ ~ ~~   ~                ~  ~ ~~          ~
//! ```
//!
//! Only an escape of a letter or digit itself hides one, which no encoder writes; lines with such escapes are told apart.

use memchr::memmem;

use super::LogsFilter;

impl LogsFilter {
    /// What a line holds from which a parser takes this value. `is_delimited`: whether no letter or digit stands next to
    /// it in the line, as in JSON and logfmt.
    #[must_use]
    pub fn spelled(value: &str, is_delimited: bool) -> Self {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut runs = Vec::new();
        let mut start = 0;
        for run in value.split_inclusive(|c| !is_letter(c)) {
            let text = run.trim_end_matches(|c| !is_letter(c));
            if !text.is_empty() {
                // Elsewhere, what stands next to it in the line may be part of an escape.
                let (opens, closes) = (is_delimited && start == 0, is_delimited && start + text.len() == value.len());
                runs.push(Self::Token { text: text.to_owned(), opens, closes });
            }
            start += run.len();
        }
        if runs.is_empty() { Self::Any } else { Self::one_of([Self::all(runs), Self::EscapedLetters]) }
    }
}

/// Whether a line spells a letter, a digit or one of their neighbours in ASCII as `\u00..`.
#[must_use]
pub fn escapes_letters(line: &str) -> bool {
    let line = line.as_bytes();
    // Most lines have none, which is quickly seen.
    memchr::memchr(b'\\', line).is_some_and(|_| has_escaped_letter(line))
}

fn has_escaped_letter(line: &[u8]) -> bool {
    memmem::find_iter(line, b"\\u00").any(|at| match line.get(at + 4) {
        Some(b'3') => line.get(at + 5).is_some_and(u8::is_ascii_digit),
        Some(b'4'..=b'7') => true,
        _ => false,
    })
}

/// Whether a line has a text, with nothing that continues it before (`opens`) or behind it (`closes`): no letter, digit,
/// `_` or anything beyond ASCII.
#[must_use]
pub fn has_token(line: &str, finder: &memmem::Finder<'_>, opens: bool, closes: bool) -> bool {
    let line = line.as_bytes();
    let continues = |at: Option<usize>| {
        at.and_then(|at| line.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80)
    };
    finder.find_iter(line).any(|at| {
        let (before, behind) = (at.checked_sub(1), Some(at + finder.needle().len()));
        let is_continued = (opens && continues(before)) || (closes && continues(behind));
        !is_continued
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, opens: bool, closes: bool) -> LogsFilter {
        LogsFilter::Token { text: text.to_owned(), opens, closes }
    }

    #[test]
    fn runs_of_letters_are_known() {
        let known = |all: Vec<LogsFilter>| LogsFilter::one_of([LogsFilter::all(all), LogsFilter::EscapedLetters]);
        for (value, want) in [
            ("500", known(vec![token("500", true, true)])),
            ("a/b", known(vec![token("a", true, false), token("b", false, true)])),
            ("größe", known(vec![token("gr", true, false), token("e", false, true)])),
            ("-x_1 ", known(vec![token("x_1", false, false)])),
            ("{}", LogsFilter::Any),
        ] {
            assert_eq!(LogsFilter::spelled(value, true), want, "{value}");
        }
        assert_eq!(LogsFilter::spelled("a", false), known(vec![token("a", false, false)]));
    }

    #[test]
    fn escapes_of_letters_are_told_from_others() {
        for (line, want) in [
            (r#"{"a":"\u0065rror"}"#, true),
            (r"\u0031", true),
            (r"\u005f", true),
            (r"\u003c \u0026 \u00fc \u000a \n", false),
            (r"\u00", false),
        ] {
            assert_eq!(escapes_letters(line), want, "{line}");
        }
    }

    #[test]
    fn tokens_end_where_nothing_continues_them() {
        let has = |line, opens, closes| has_token(line, &memmem::Finder::new("50"), opens, closes);
        assert!(has("a=50", true, true) && has("500 50", true, true) && has("x500", false, false));
        assert!(
            !has("500", true, true) && !has("é50", true, false) && !has("50_", false, true) && has("50_", true, false)
        );
    }
}
