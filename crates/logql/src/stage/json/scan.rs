//! JSON read from left to right and no further than somebody asks.
//!
//! Nothing is checked that nobody looks at: of an array or an inner object only the brackets are counted, of a number
//! only where it starts and ends. So faults are found where Loki finds them, and a line is passed over at the speed of
//! its bytes.

use std::borrow::Cow;

use super::super::name::without_replacements;

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Malformed(&'static str),
    Enough,
}

/// A value and how it is written: texts without their quotes, the rest as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    /// With its escapes.
    Text(&'a str),
    /// A number, `true` or `false`.
    Scalar(&'a str),
    Object(&'a str),
    Array(&'a str),
    Null,
}

impl Stop {
    /// What is said of most that is no JSON.
    pub(crate) const MALFORMED: &'static str = "Malformed JSON error";
}

const MALFORMED: Stop = Stop::Malformed(Stop::MALFORMED);
const OBJECT: Stop = Stop::Malformed("Value looks like object, but can't find closing '}' symbol");
const ARRAY: Stop = Stop::Malformed("Value is array, but can't find closing ']' symbol");
const TEXT: Stop = Stop::Malformed("Value is string, but can't find closing '\"' symbol");
const ESCAPE: Stop = Stop::Malformed("Encountered an invalid escape sequence in a string");
const VALUE: Stop = Stop::Malformed("Unknown value type");

/// Calls `visit` with every key of an object and its value, until it stops.
pub(crate) fn each_member<'a>(
    text: &'a str,
    visit: &mut dyn FnMut(&str, Json<'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut rest = space(space(text).strip_prefix('{').ok_or(OBJECT)?);
    if rest.is_empty() {
        return Err(MALFORMED);
    }
    loop {
        if rest.starts_with('}') {
            return Ok(());
        }
        let (key, behind) = string(rest.strip_prefix('"').ok_or(OBJECT)?).map_err(|_| MALFORMED)?;
        let key = unescape(key).ok_or(ESCAPE)?;
        let behind = space(behind).strip_prefix(':').ok_or(MALFORMED)?;
        let (value, behind) = value(space(behind))?;
        visit(&key, value)?;
        rest = space(behind);
        match rest.as_bytes().first() {
            Some(b'}') => return Ok(()),
            Some(b',') => rest = space(&rest[1..]),
            // As it is said there.
            None => return Err(ARRAY),
            Some(_) => return Err(OBJECT),
        }
        if rest.is_empty() {
            return Err(ARRAY);
        }
    }
}

/// The element of an array at a place.
pub(crate) fn element(text: &str, index: usize) -> Result<Option<Json<'_>>, Stop> {
    let mut rest = space(text.strip_prefix('[').ok_or(MALFORMED)?);
    for at in 0.. {
        if rest.starts_with(']') || rest.is_empty() {
            return Ok(None);
        }
        let (found, behind) = value(rest)?;
        if at == index {
            return Ok(Some(found));
        }
        rest = space(space(behind).strip_prefix(',').unwrap_or("]"));
    }
    Ok(None)
}

/// What is behind white space.
pub(crate) fn space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// A value at the start of a text, and what is behind it.
pub(crate) fn value(text: &str) -> Result<(Json<'_>, &str), Stop> {
    match text.as_bytes().first() {
        None => Err(MALFORMED),
        Some(b'"') => string(&text[1..]).map(|(text, rest)| (Json::Text(text), rest)),
        Some(b'{') => block(text, b'{', b'}').ok_or(OBJECT).map(|(block, rest)| (Json::Object(block), rest)),
        Some(b'[') => block(text, b'[', b']').ok_or(ARRAY).map(|(block, rest)| (Json::Array(block), rest)),
        Some(first) => {
            let (word, rest) = text.split_at(text.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(text.len()));
            match word {
                "null" => Ok((Json::Null, rest)),
                "true" | "false" => Ok((Json::Scalar(word), rest)),
                _ if first.is_ascii_digit() || *first == b'-' => Ok((Json::Scalar(word), rest)),
                _ => Err(VALUE),
            }
        }
    }
}

/// The inside of a text up to its closing quote, and what is behind it.
pub(crate) fn string(inner: &str) -> Result<(&str, &str), Stop> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &bytes[at..]).ok_or(TEXT)?;
        if bytes[at] == b'"' {
            return Ok((&inner[..at], &inner[at + 1..]));
        }
        // Whatever is escaped is passed over.
        at += 2;
        if at > bytes.len() {
            return Err(TEXT);
        }
    }
}

/// From a bracket to the one that closes it, minding none inside of texts.
pub(crate) fn block(text: &str, open: u8, close: u8) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        at += memchr::memchr3(open, close, b'"', &bytes[at..])?;
        if bytes[at] == b'"' {
            let (inner, _) = string(&text[at + 1..]).ok()?;
            at += inner.len() + 2;
            continue;
        }
        depth = if bytes[at] == open { depth + 1 } else { depth - 1 };
        at += 1;
        if depth == 0 {
            return Some(text.split_at(at));
        }
    }
}

/// A text without its escapes, `None` where one of them is invalid. What stands for broken bytes becomes a space.
pub(crate) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Some(without_replacements(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (c, len) = escaped(&rest[at + 1..])?;
        out.push(c);
        rest = &rest[at + 1 + len..];
    }
    out.push_str(rest);
    Some(Cow::Owned(without_replacements(&out).into_owned()))
}

/// What an escape stands for, and how long it is behind its backslash.
fn escaped(rest: &str) -> Option<(char, usize)> {
    Some(match rest.as_bytes().first()? {
        b'"' => ('"', 1),
        b'\\' => ('\\', 1),
        b'/' => ('/', 1),
        b'b' => ('\u{8}', 1),
        b'f' => ('\u{c}', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => {
            let unit = code_unit(rest)?;
            if !(0xd800..0xe000).contains(&unit) {
                return Some((char::from_u32(unit)?, 5));
            }
            let low = rest.get(5..)?.strip_prefix('\\').and_then(code_unit)?;
            let c = char::decode_utf16([u16::try_from(unit).ok()?, u16::try_from(low).ok()?]).next()?.ok()?;
            (c, 11)
        }
        _ => return None,
    })
}

/// `u00e9`
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}
