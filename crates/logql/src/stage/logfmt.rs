//! `| logfmt`: `key=value` pairs become labels; what is no pair is passed over, or a fault if it is to be strict.

use std::borrow::Cow;

use super::name::{is_valid, sanitize, without_replacements};
use crate::line::LineLabels;
use crate::parse::ast::Extraction;

/// How lines are read.
#[derive(Debug)]
pub(crate) struct Logfmt {
    pub(crate) is_strict: bool,
    pub(crate) keeps_empty: bool,
    /// Labels and their keys; everything where there are none.
    wanted: Vec<(String, String)>,
}

impl Logfmt {
    /// # Errors
    /// A key or a name that is none.
    pub(crate) fn new(is_strict: bool, keeps_empty: bool, extractions: &[Extraction]) -> Result<Self, String> {
        let wanted = extractions.iter().map(wanted).collect::<Result<_, _>>()?;
        Ok(Self { is_strict, keeps_empty, wanted })
    }

    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        if labels.has_enough() {
            return;
        }
        self.wanted.iter().for_each(|(label, _)| labels.await_label(label));
        let mut pairs = Pairs { text, at: 0, fault: None };
        while let Some(pair) = pairs.next() {
            match pair {
                Some((key, value)) => self.take(key, &value, labels),
                None if self.is_strict => break,
                None => {}
            }
            if labels.has_enough() {
                break;
            }
        }
        if !self.wanted.is_empty() {
            labels.await_no_more();
        }
        if let (true, Some(fault)) = (self.is_strict, pairs.fault) {
            labels.fail("LogfmtParserErr", fault);
        }
    }

    fn take(&self, key: &str, value: &str, labels: &mut LineLabels<'_>) {
        let key = sanitize(key);
        if self.wanted.is_empty() {
            if !value.is_empty() || self.keeps_empty {
                labels.extract(&key, &without_replacements(value));
            }
            return;
        }
        if let Some((label, _)) = self.wanted.iter().find(|(_, wanted)| *wanted == key) {
            labels.extract_asked(label, if value.contains('\u{fffd}') { "" } else { value });
        }
    }
}

fn wanted(Extraction { label, path }: &Extraction) -> Result<(String, String), String> {
    if path.is_empty() || path.contains(['=', '"', ' ']) {
        return Err(format!("cannot parse expression [{path}]: syntax error: unexpected $end"));
    }
    if is_valid(label) {
        Ok((label.clone(), path.clone()))
    } else {
        Err(format!("invalid extracted label name '{label}'"))
    }
}

/// Why something is no pair.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Unexpected(char, usize),
    Unterminated(usize),
    Escape(usize),
    Key(usize),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unexpected(c, at) => write!(f, "logfmt syntax error at pos {} : unexpected {c:?}", at + 1),
            Self::Unterminated(at) => write!(f, "logfmt syntax error at pos {} : unterminated quoted value", at + 1),
            Self::Escape(at) => write!(f, "logfmt syntax error at pos {} : invalid quoted value", at + 1),
            Self::Key(at) => write!(f, "logfmt syntax error at pos {} : invalid key", at + 1),
        }
    }
}

struct Pairs<'a> {
    text: &'a str,
    at: usize,
    fault: Option<Fault>,
}

type Pair<'a> = (&'a str, Cow<'a, str>);

impl<'a> Pairs<'a> {
    /// The next pair, `Some(None)` for what is none, `None` at the end.
    fn next(&mut self) -> Option<Option<Pair<'a>>> {
        self.at += self.rest().bytes().position(|b| b > b' ')?;
        let rest = self.rest();
        let len = rest.find(|c: char| c == '=' || c == '"' || c <= ' ').unwrap_or(rest.len());
        let key = &rest[..len];
        let ends_with = rest[len..].chars().next();
        self.at += len;
        if ends_with == Some('"') || (ends_with == Some('=') && key.is_empty()) {
            return Some(self.skip(Fault::Unexpected(ends_with.unwrap_or('='), self.at)));
        }
        if key.contains('\u{fffd}') {
            return Some(self.skip(Fault::Key(self.at)));
        }
        if ends_with != Some('=') {
            return Some(Some((key, Cow::Borrowed(""))));
        }
        self.at += 1;
        Some(self.value().map(|value| (key, value)))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on behind the word that is at fault.
    fn skip<T>(&mut self, fault: Fault) -> Option<T> {
        self.fault = Some(fault);
        self.at += self.rest().bytes().position(|b| b <= b' ').unwrap_or(self.rest().len());
        None
    }

    fn value(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest();
        if rest.starts_with('"') {
            return self.quoted();
        }
        let len = rest.find(|c: char| c == '=' || c == '"' || c <= ' ').unwrap_or(rest.len());
        self.at += len;
        match rest[len..].chars().next() {
            Some(c @ ('=' | '"')) => self.skip(Fault::Unexpected(c, self.at)),
            _ => Some(Cow::Borrowed(&rest[..len])),
        }
    }

    fn quoted(&mut self) -> Option<Cow<'a, str>> {
        let inner = &self.rest()[1..];
        let mut is_escaped = false;
        let end = inner.bytes().position(|b| {
            let ends = b == b'"' && !is_escaped;
            is_escaped = b == b'\\' && !is_escaped;
            ends
        });
        let Some(end) = end else {
            self.fault = Some(Fault::Unterminated(self.text.len()));
            self.at = self.text.len();
            return None;
        };
        self.at += end + 2;
        let value = unescape(&inner[..end]);
        if value.is_none() {
            self.fault = Some(Fault::Escape(self.at));
        }
        value
    }
}

fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            c @ ('"' | '\\' | '/' | '\'') => out.push(c),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => out.push(code_point(&mut chars)?),
            _ => return None,
        }
    }
    Some(Cow::Owned(out))
}

/// Four digits, twice where it takes two; half of a pair stands for something broken.
fn code_point(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let unit = |chars: &mut std::str::Chars<'_>| {
        let digits: String = chars.by_ref().take(4).collect();
        (digits.len() == 4).then(|| u16::from_str_radix(&digits, 16).ok()).flatten()
    };
    let first = unit(chars)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some(c);
    }
    let mut ahead = chars.clone();
    if ahead.next() == Some('\\')
        && ahead.next() == Some('u')
        && let Some(second) = unit(&mut ahead)
        && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
    {
        *chars = ahead;
        return Some(c);
    }
    Some(char::REPLACEMENT_CHARACTER)
}
