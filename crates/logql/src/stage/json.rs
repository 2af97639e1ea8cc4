//! `| json`: every leaf of an object becomes a label; keys of nested objects are joined with `_`, arrays are left out.
//!
//! The line is walked once, from left to right: the first of equal names wins, numbers keep their spelling, labels
//! found before a fault are kept, and the walk ends as soon as nothing more is needed.

use super::sanitize;
use crate::pipeline::LineLabels;

/// How deep objects may nest.
const DEPTH_MAX: usize = 128;

/// Why a walk ended before the end of the object.
enum Stop {
    Malformed(&'static str),
    Enough,
}

pub(crate) fn apply(line: &str, labels: &mut LineLabels<'_>) {
    if labels.needs_none() {
        return;
    }
    let mut walker = Walker { rest: line.trim_start(), labels };
    if let Err(Stop::Malformed(why)) = walker.object("", DEPTH_MAX) {
        labels.fail("JSONParserErr", why);
    }
}

struct Walker<'l, 'b, 'a> {
    rest: &'l str,
    labels: &'b mut LineLabels<'a>,
}

impl<'l> Walker<'l, '_, '_> {
    fn object(&mut self, prefix: &str, depth: usize) -> Result<(), Stop> {
        self.expect('{', "the line is no JSON object")?;
        if depth == 0 {
            return Err(Stop::Malformed("objects nest too deep"));
        }
        self.space();
        if self.take('}') {
            return Ok(());
        }
        loop {
            self.space();
            let key = unescape(self.string()?);
            self.space();
            self.expect(':', "expected a colon after a key")?;
            self.space();
            self.member(prefix, &key, depth)?;
            self.space();
            if self.take('}') {
                return Ok(());
            }
            self.expect(',', "expected a comma or the end of an object")?;
        }
    }

    fn member(&mut self, prefix: &str, key: &str, depth: usize) -> Result<(), Stop> {
        let name = match (prefix, sanitize(key, prefix.is_empty())) {
            ("", name) => name,
            (prefix, name) => format!("{prefix}_{name}"),
        };
        match self.rest.chars().next() {
            Some('{') if name.is_empty() => self.skip_nested(),
            Some('{') => self.object(&name, depth - 1),
            Some('[') => self.skip_nested(),
            Some('"') => {
                let text = unescape(self.string()?);
                self.leaf(&name, &text)
            }
            _ => match self.scalar()? {
                "null" => Ok(()),
                text => self.leaf(&name, text),
            },
        }
    }

    fn leaf(&mut self, name: &str, value: &str) -> Result<(), Stop> {
        self.labels.extract(name, value);
        if self.labels.has_enough() { Err(Stop::Enough) } else { Ok(()) }
    }

    /// The inside of a quoted text, escapes left in.
    fn string(&mut self) -> Result<&'l str, Stop> {
        self.expect('"', "expected a quoted text")?;
        let mut escaped = false;
        let end = self.rest.bytes().position(|b| {
            let ends = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            ends
        });
        let text = &self.rest[..end.ok_or(Stop::Malformed("a text does not end"))?];
        self.rest = &self.rest[text.len() + 1..];
        Ok(text)
    }

    /// A number, `true`, `false` or `null` as it is spelled.
    fn scalar(&mut self) -> Result<&'l str, Stop> {
        let len = self.rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
        let text = &self.rest[..len];
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        if !is_number && !matches!(text, "true" | "false" | "null") {
            return Err(Stop::Malformed("unknown value"));
        }
        self.rest = &self.rest[len..];
        Ok(text)
    }

    /// Passes over an array or object, minding brackets inside of texts.
    fn skip_nested(&mut self) -> Result<(), Stop> {
        let mut open = 0_usize;
        loop {
            let at = self.rest.find(['[', ']', '{', '}', '"']).ok_or(Stop::Malformed("an array does not end"))?;
            self.rest = &self.rest[at..];
            if self.rest.starts_with('"') {
                self.string()?;
                continue;
            }
            open = if self.rest.starts_with(['[', '{']) { open + 1 } else { open - 1 };
            self.rest = &self.rest[1..];
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, c: char, otherwise: &'static str) -> Result<(), Stop> {
        if self.take(c) { Ok(()) } else { Err(Stop::Malformed(otherwise)) }
    }
}

/// A text without its escapes; empty where one of them is invalid. What stands for broken bytes becomes a space.
fn unescape(text: &str) -> String {
    if !text.contains(['\\', '\u{fffd}']) {
        return text.to_owned();
    }
    // serde_json reads single texts as wanted, but for control characters that should have been escaped.
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if c < ' ' { quoted.push_str(&format!("\\u{:04x}", u32::from(c))) } else { quoted.push(c) }
    }
    quoted.push('"');
    let read: Result<String, _> = serde_json::from_str(&quoted);
    read.map(|text| text.replace('\u{fffd}', " ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, LogEntry, TimestampNs};

    use crate::ast::Stage;
    use crate::pipeline::{Needed, apply as pipeline};

    fn parsed(line: &str, needed: &Needed) -> String {
        let entry = LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::from_pairs([("m", "1")]) };
        let stream = Labels::from_pairs([("app", "a")]);
        let labels = pipeline(&[Stage::Json], &stream, &entry, needed).expect("passes").parsed;
        labels.filter(|name| name != "__error_details__").to_string()
    }

    #[test]
    fn leaves_become_labels() {
        for (line, want) in [
            (r#"{}"#, r#"{}"#),
            (
                r#" {"a":"b","c":{"d":1,"9e":{"f":true}},"g":[1,{"h":"]"}],"i":null}"#,
                r#"{a="b", c_9e_f="true", c_d="1"}"#,
            ),
            (
                r#"{"1e3":1e3,"x":1000.0,"big":12345678901234567890123}"#,
                r#"{_1e3="1e3", big="12345678901234567890123", x="1000.0"}"#,
            ),
            (r#"{"a":"1","a":"2","b":{"c":"1"},"b_c":"2"}"#, r#"{a="1", b_c="1"}"#),
            (r#"{"app":"x","m":"y"}"#, r#"{app_extracted="x", m_extracted="y"}"#),
            (r#"{"k.a-b":"é\n\u00e9","":"skipped"," ":"too"}"#, "{k_a_b=\"é\\né\"}"),
            ("{\"a\":\"tab\there \\\"x\\\"\"}", r#"{a="tab\there \"x\""}"#),
            (r#"{"a":"bad \q escape","b":"c"}"#, r#"{b="c"}"#),
            (r#"{"a":"1","b":"#, r#"{__error__="JSONParserErr", a="1"}"#),
            (r#"{"a":"1","b":nope}"#, r#"{__error__="JSONParserErr", a="1"}"#),
            ("plain text", r#"{__error__="JSONParserErr"}"#),
            ("[1]", r#"{__error__="JSONParserErr"}"#),
            ("", r#"{__error__="JSONParserErr"}"#),
        ] {
            assert_eq!(parsed(line, &Needed::All), want, "{line}");
        }
    }

    #[test]
    fn what_nobody_needs_is_not_parsed() {
        let level = Needed::Only(vec!["level".to_owned()]);
        assert_eq!(parsed(r#"{"a":"1","level":"x", broken"#, &level), r#"{level="x"}"#);
        assert_eq!(parsed(r#"{"a":"1", broken"#, &level), r#"{__error__="JSONParserErr"}"#);
        assert_eq!(parsed("broken", &Needed::Only(Vec::new())), "{}");
    }

    #[test]
    fn deep_objects_are_a_fault() {
        let deep = "{\"a\":".repeat(100_000);
        assert_eq!(parsed(&deep, &Needed::All), r#"{__error__="JSONParserErr"}"#);
        let wide = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(parsed(&wide, &Needed::All), r#"{__error__="JSONParserErr"}"#);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(line in r#"[{}\[\]":,\\a1é \x{fffd}]{0,40}"#) {
            let _any = parsed(&line, &Needed::All);
        }
    }
}
