//! Names and values as Go's `net/http` reads them from URLs and forms: what clients send was tried on that.
//!
//! A pair that is malformed costs itself alone; what was wrong with the first of them is remembered, for routes that
//! insist on a good form.

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::header;

use crate::error::ApiError;
use crate::inbound::BODY_TIME_MAX;

/// Largest form body.
const FORM_BYTES_MAX: usize = 10 << 20;

/// Pairs in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) pairs: Vec<(String, String)>,
    /// What is wrong with the first malformed pair.
    pub(crate) fault: Option<String>,
}

/// How a body holds a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    UrlEncoded,
    Multipart {
        /// `None` where the header lacks it.
        boundary: Option<String>,
    },
}

impl Kind {
    /// `None` where a body is no form.
    pub(crate) fn of(headers: &http::HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Some(Self::UrlEncoded),
            "multipart/form-data" => Some(Self::Multipart { boundary: parameter(parameters, "boundary") }),
            _ => None,
        }
    }
}

impl Form {
    /// A URL's query, or a body of that kind.
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        let mut form = Self::default();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            match decode_pair(pair) {
                Ok(pair) => form.pairs.push(pair),
                Err(fault) => _ = form.fault.get_or_insert(fault),
            }
        }
        form
    }

    /// What `body` holds and `url` has. Of a URL-encoded body the values stand before the URL's, of another behind.
    ///
    /// # Errors
    /// A body that is too large, or does not arrive in time.
    pub(crate) async fn read(kind: Kind, body: Body, mut url: Self) -> Result<Self, ApiError> {
        let body = form_body(body).await?;
        match kind {
            Kind::UrlEncoded => {
                let mut form = Self::decode(&body);
                form.pairs.append(&mut url.pairs);
                form.fault = form.fault.or(url.fault);
                Ok(form)
            }
            Kind::Multipart { boundary } => {
                let parts = boundary.and_then(|boundary| multipart(&body, &boundary));
                url.pairs.extend(parts.unwrap_or_default());
                Ok(url)
            }
        }
    }
}

async fn form_body(body: Body) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, FORM_BYTES_MAX)).await;
    read.map_err(|_| ApiError::BodyTooSlow)?.map_err(|_| ApiError::TooLarge { limit: FORM_BYTES_MAX })
}

fn decode_pair(pair: &[u8]) -> Result<(String, String), String> {
    if pair.contains(&b';') {
        return Err("invalid semicolon separator in query".to_owned());
    }
    let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, &[][..]),
    };
    Ok((unescape(name)?, unescape(value)?))
}

fn unescape(text: &[u8]) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let (byte, behind) = hex(behind).ok_or_else(|| fault_of_escape(behind))?;
                out.push(byte);
                rest = behind;
            }
            byte => out.push(*byte),
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn fault_of_escape(behind: &[u8]) -> String {
    let shown = String::from_utf8_lossy(behind.get(..2).unwrap_or(behind));
    format!("invalid URL escape {:?}", format!("%{shown}"))
}

fn hex(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<2>()?;
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    Some((u8::try_from(high? * 16 + low?).ok()?, rest))
}

/// The texts of a `multipart/form-data` body; files are passed over. `None` where it does not end as it should.
pub(crate) fn multipart(body: &[u8], boundary: &str) -> Option<Vec<(String, String)>> {
    let delimiter = format!("\r\n--{boundary}");
    // The first one may stand at the very beginning.
    let mut rest = match body.strip_prefix(&delimiter.as_bytes()[2..]) {
        Some(rest) => rest,
        None => cut(body, delimiter.as_bytes())?.1,
    };
    let mut pairs = Vec::new();
    while !rest.starts_with(b"--") {
        let (_padding, part) = cut(rest, b"\r\n")?;
        let (part, behind) = cut(part, delimiter.as_bytes())?;
        let (head, value) = match part.strip_prefix(b"\r\n") {
            Some(value) => (&[][..], value),
            None => cut(part, b"\r\n\r\n")?,
        };
        if let Some(name) = name_of_part(&String::from_utf8_lossy(head)) {
            pairs.push((name, String::from_utf8_lossy(value).into_owned()));
        }
        rest = behind;
    }
    Some(pairs)
}

/// What stands before a delimiter, and what behind it.
fn cut<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(delimiter.len()).position(|window| window == delimiter)?;
    Some((&bytes[..at], &bytes[at + delimiter.len()..]))
}

/// The name of a part; `None` of a file.
fn name_of_part(head: &str) -> Option<String> {
    let is_disposition = |line: &&str| {
        line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
    };
    let (_, value) = head.split("\r\n").find(is_disposition)?.split_once(':')?;
    let (kind, parameters) = value.split_once(';')?;
    let is_file = ["filename", "filename*"].iter().any(|name| parameter(parameters, name).is_some());
    if is_file || !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    parameter(parameters, "name")
}

/// The value of `name` in `a=b; c="d"`.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (found, value) = rest.split_once('=')?;
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim().to_owned(), &value[end..])
            }
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

/// A text up to its closing quote, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_malformed_pair_costs_itself_alone() {
        for (text, expected, fault) in [
            ("a=1&b=x+y%20z&&c&=d", &[("a", "1"), ("b", "x y z"), ("c", ""), ("", "d")][..], None),
            ("a=%zz&b=2", &[("b", "2")], Some("invalid URL escape \"%zz\"")),
            ("a=1&b=%4&c=%", &[("a", "1")], Some("invalid URL escape \"%4\"")),
            ("a=1;b=2&c=3", &[("c", "3")], Some("invalid semicolon separator in query")),
            ("a=%ff&b=%E2%82%AC", &[("a", "\u{fffd}"), ("b", "€")], None),
        ] {
            let expected = Form { pairs: pairs(expected), fault: fault.map(str::to_owned) };
            assert_eq!(Form::decode(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn kinds_of_forms_are_told_apart() {
        let kind = |text: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, text.parse().expect("valid"));
            Kind::of(&headers)
        };
        let multipart = |boundary: &str| Some(Kind::Multipart { boundary: Some(boundary.to_owned()) });
        assert_eq!(kind("Application/X-WWW-Form-Urlencoded; charset=utf-8"), Some(Kind::UrlEncoded));
        assert_eq!(kind("multipart/form-data; boundary=x"), multipart("x"));
        assert_eq!(kind("multipart/form-data; a=\"b;c\"; Boundary=\"x \\\"y\""), multipart("x \"y"));
        assert_eq!(kind("multipart/form-data"), Some(Kind::Multipart { boundary: None }));
        assert_eq!(kind("application/json"), None);
    }

    #[test]
    fn multipart_bodies_hold_texts() {
        let part = |head: &str, value: &str| format!("--x\r\n{head}\r\n\r\n{value}\r\n");
        let named = |name: &str, value: &str| part(&format!("content-disposition: form-data; name=\"{name}\""), value);
        let file = part("Content-Disposition: form-data; name=\"f\"; filename=\"f.txt\"", "not a text");
        let body = format!("preamble\r\n{}{file}{}--x--\r\nepilogue", named("a", "1\r\n2"), named("b", ""));
        assert_eq!(multipart(body.as_bytes(), "x"), Some(pairs(&[("a", "1\r\n2"), ("b", "")])));
        for bad in ["", "--x", "--x\r\n", &named("a", "1"), &body.replace("--x--", "--x"), "--y--"] {
            assert_eq!(multipart(bad.as_bytes(), "x"), None, "{bad}");
        }
        assert_eq!(multipart(b"--x--", "x"), Some(Vec::new()));
    }
}
