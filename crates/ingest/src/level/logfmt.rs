//! The level in a line of logfmt: the field whose name stands earliest among the known ones, whatever its case. A fault
//! ends the line.

use std::borrow::Cow;

use super::LEVEL_NAMES;

/// The value of that field.
pub(super) fn value(line: &str) -> Option<Cow<'_, str>> {
    let mut best = None;
    let mut rank = LEVEL_NAMES.len();
    for (key, value) in (Fields { rest: line }) {
        // All names begin with one of these.
        if key.starts_with(['l', 'L', 's', 'S'])
            && let Some(at) = LEVEL_NAMES[..rank].iter().position(|name| name.eq_ignore_ascii_case(key))
        {
            (best, rank) = (Some(value), at);
            if at == 0 {
                break;
            }
        }
    }
    best
}

/// Keys and values, up to the first fault.
struct Fields<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let blank = self.rest.bytes().position(|b| b > b' ').unwrap_or(self.rest.len());
        self.rest = &self.rest[blank..];
        let end = self.end();
        let (key, rest) = self.rest.split_at(end);
        self.rest = rest;
        match rest.as_bytes().first() {
            Some(b'=') if !key.is_empty() => self.rest = &rest[1..],
            Some(b'=' | b'"') => return None,
            _ if key.is_empty() => return None,
            _ => return Some((key, Cow::Borrowed(""))),
        }
        if self.rest.starts_with('"') {
            return self.quoted().map(|value| (key, value));
        }
        let end = self.end();
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        let is_whole = !rest.starts_with(['=', '"']);
        is_whole.then_some((key, Cow::Borrowed(value)))
    }
}

impl<'a> Fields<'a> {
    /// Where what is at the front ends.
    fn end(&self) -> usize {
        self.rest.bytes().position(|b| b <= b' ' || b == b'=' || b == b'"').unwrap_or(self.rest.len())
    }

    /// The text at the front, without its quotes.
    fn quoted(&mut self) -> Option<Cow<'a, str>> {
        let (mut is_escaped, mut has_escapes) = (false, false);
        for (at, byte) in self.rest.bytes().enumerate().skip(1) {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => (is_escaped, has_escapes) = (true, true),
                b'"' => {
                    let (text, rest) = self.rest.split_at(at + 1);
                    self.rest = rest;
                    // Escaped as JSON is.
                    return match has_escapes {
                        true => serde_json::from_str(text).ok().map(Cow::Owned),
                        false => Some(Cow::Borrowed(&text[1..at])),
                    };
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_name_tells() {
        for (line, want) in [
            ("severity=info level=debug", Some("debug")),
            ("LVL=info x=1", Some("info")),
            ("Level=a level=b", Some("a")),
            ("msg=\"set level=debug now\" level=error", Some("error")),
            ("msg=\"a \\\"level=debug\\\" b\" level=\"er\\u0072or\"", Some("error")),
            ("level= x=1", Some("")),
            ("a b level=info", Some("info")),
            ("lvl=info x=a=b level=error", Some("info")),
            ("a\"b level=info", None),
            ("=a level=info", None),
            ("msg=\"unterminated level=info", None),
            ("x=1", None),
        ] {
            assert_eq!(value(line).as_deref(), want, "{line}");
        }
    }
}
