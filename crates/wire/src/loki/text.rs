//! Strings of JSON, borrowed from the body where nothing in them is escaped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::Error;

/// How much of a body may be no UTF-8: each mark in its place is up to three times as long.
const MARKS_MAX: usize = 4 << 20;

/// A body as text: what is no UTF-8 is mended, not refused, as long as it is not most of it.
pub(super) fn of_body(body: &[u8]) -> Result<Cow<'_, str>, Error> {
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok(Cow::Borrowed(text));
    }
    let marks = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    if marks > MARKS_MAX {
        return Err(Error::malformed("push request", "it is not UTF-8"));
    }
    Ok(String::from_utf8_lossy(body))
}

/// A string. Half of a surrogate pair is refused.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

/// A string in which half of a surrogate pair is mended.
#[derive(Default)]
pub(super) struct Mended<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Mended<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(mended(bytes)), Cow::Borrowed))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(mended(bytes)))
    }
}

/// Half of a pair is three bytes, and becomes one mark.
fn mended(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    loop {
        let fault = match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                return text;
            }
            Err(fault) => fault,
        };
        let (good, bad) = bytes.split_at(fault.valid_up_to());
        text.push_str(&String::from_utf8_lossy(good));
        text.push(char::REPLACEMENT_CHARACTER);
        let half = bad.first() == Some(&0xed) && bad.len() >= 3;
        bytes = &bad[if half { 3 } else { fault.error_len().unwrap_or(bad.len()) }..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_mended_up_to_a_bound() {
        assert_eq!(of_body(b"a\xff\xe2\x82b").as_deref(), Ok("a\u{fffd}\u{fffd}b"));
        let bad = vec![0xff; MARKS_MAX + 1];
        assert!(of_body(&bad[1..]).is_ok() && of_body(&bad).is_err());
    }
}
