//! Label sets as text: `{name="value", …}` with Go's string literals, or single quotes, as PromQL reads them.

use std::iter::Peekable;
use std::str::Chars;

use aio_types::{Labels, LabelsBuilder};

/// How much of a text an error shows.
const SHOWN_BYTES_MAX: usize = 512;

/// Parses a stream's labels.
///
/// # Errors
/// Says what was expected and at which character (1-based).
pub fn parse_labels(text: &str) -> Result<Labels, String> {
    let mut parser = Parser { text, chars: text.chars().peekable(), at: 0 };
    match parser.set() {
        Ok(labels) => Ok(labels.build()),
        Err(why) => Err(format!("error parsing labels {}: {why} at position {}", shown(text), parser.at)),
    }
}

/// The text quoted, a long one cut.
fn shown(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)];
    format!("{cut:?}{}", if cut.len() < text.len() { "…" } else { "" })
}

struct Parser<'a> {
    text: &'a str,
    chars: Peekable<Chars<'a>>,
    at: usize,
}

impl Parser<'_> {
    fn set(&mut self) -> Result<LabelsBuilder, String> {
        let mut labels = LabelsBuilder::default();
        self.expect('{')?;
        loop {
            self.space();
            if self.chars.peek() == Some(&'}') {
                break;
            }
            let name = self.name()?;
            self.expect('=')?;
            self.space();
            let value = self.string()?;
            labels.push(name, value);
            self.space();
            if self.chars.peek() != Some(&',') {
                break;
            }
            self.next();
        }
        self.expect('}')?;
        self.space();
        if self.chars.peek().is_some() { Err("unexpected text after the label set".to_owned()) } else { Ok(labels) }
    }

    fn next(&mut self) -> Option<char> {
        self.at += 1;
        self.chars.next()
    }

    fn space(&mut self) {
        while self.chars.peek().is_some_and(|c| c.is_whitespace()) {
            self.next();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        self.space();
        match self.next() {
            Some(c) if c == wanted => Ok(()),
            Some(c) => Err(format!("unexpected {c:?}, expected {wanted:?}")),
            None => Err(format!("unexpected end, expected {wanted:?}")),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        let valid =
            |c: char, first: bool| c == '_' || c == ':' || c.is_ascii_alphabetic() || (!first && c.is_ascii_digit());
        while let Some(&c) = self.chars.peek() {
            if !valid(c, name.is_empty()) {
                break;
            }
            name.push(c);
            self.next();
        }
        if name.is_empty() { Err("expected a label name".to_owned()) } else { Ok(name) }
    }

    fn string(&mut self) -> Result<String, String> {
        match self.next() {
            Some(quote @ ('"' | '\'')) => self.interpreted(quote),
            Some('`') => self.raw(),
            _ => Err("expected a quoted value".to_owned()),
        }
    }

    fn raw(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            match self.next().ok_or("unterminated string")? {
                '`' => return Ok(out),
                c => out.push(c),
            }
        }
    }

    fn interpreted(&mut self, quote: char) -> Result<String, String> {
        // Bytes, because \x escapes may spell out UTF-8.
        let mut out = Vec::with_capacity(self.text.len().min(64));
        loop {
            match self.next().ok_or("unterminated string")? {
                c if c == quote => return String::from_utf8(out).map_err(|_| "value is not UTF-8".to_owned()),
                '\\' => self.escape(&mut out)?,
                '\n' => return Err("newline in string".to_owned()),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let c = self.next().ok_or("unterminated string")?;
        let simple = match c {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '"' | '\'' => u8::try_from(c).unwrap_or(b'?'),
            'x' => {
                let byte = self.digits(2, 16, String::new())?;
                u8::try_from(byte).map_err(|_| "invalid escape")?
            }
            '0'..='7' => {
                let byte = self.digits(2, 8, c.to_string())?;
                u8::try_from(byte).map_err(|_| "octal escape above \\377")?
            }
            'u' | 'U' => {
                let code = self.digits(if c == 'u' { 4 } else { 8 }, 16, String::new())?;
                let c = char::from_u32(code).ok_or("escape names no character")?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => return Err(format!("unknown escape \\{other}")),
        };
        out.push(simple);
        Ok(())
    }

    fn digits(&mut self, count: usize, radix: u32, mut digits: String) -> Result<u32, String> {
        for _ in 0..count {
            digits.push(self.next().ok_or("unterminated string")?);
        }
        u32::from_str_radix(&digits, radix).map_err(|_| format!("invalid escape digits {digits:?}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn label_sets_as_clients_write_them() {
        for (text, want) in [
            (r"{}", r"{}"),
            (r#"{a="b"}"#, r#"{a="b"}"#),
            (r#" { a = "b" , c="d", } "#, r#"{a="b", c="d"}"#),
            (r#"{a="q\"\\\n\x41é\u00e9\101"}"#, "{a=\"q\\\"\\\\\\nAééA\"}"),
            ("{a=`raw\\n`}", r#"{a="raw\\n"}"#),
            (r#"{a='b"c', d="e'f", empty=""}"#, r#"{a="b\"c", d="e'f"}"#),
        ] {
            assert_eq!(parse_labels(text).map(|l| l.to_string()), Ok(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (text, want) in [
            ("", "unexpected end, expected '{'"),
            ("{a}", "unexpected '}', expected '='"),
            (r#"{a="b""#, "unexpected end"),
            (r#"{a="b} "#, "unterminated string"),
            (r#"{1a="b"}"#, "expected a label name"),
            (r#"{a="\q"}"#, "unknown escape"),
            (r#"{a="b"}x"#, "unexpected text"),
            (r#"{a="\xff"}"#, "not UTF-8"),
        ] {
            let error = parse_labels(text).expect_err(text);
            assert!(error.contains(want), "{text}: {error}");
        }
        let long = parse_labels(&"é".repeat(100_000)).expect_err("no label set");
        assert!(long.len() < 700 && long.contains("éé\"…: unexpected 'é'"), "{long}");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(pairs in proptest::collection::vec(("[a-z_]{1,5}", "\\PC{0,8}"), 0..4)) {
            let labels = Labels::from_pairs(pairs);
            // Rust prints some characters as \u{..}, which Go does not know.
            let text = labels.to_string();
            prop_assume!(!text.contains("\\u{"));
            prop_assert_eq!(parse_labels(&text), Ok(labels));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,40}") {
            let _any = parse_labels(&text);
        }
    }
}
