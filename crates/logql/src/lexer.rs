//! Text to tokens, with positions.

use crate::error::Error;
use crate::units::{bytes, query_duration_ns as duration_ns};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name or keyword.
    Ident(String),
    /// A quoted text, unescaped.
    Text(String),
    Number(f64),
    /// `5m`, in nanoseconds.
    Duration(i64),
    /// `10KB`, in bytes.
    Bytes(f64),
    /// Punctuation and operators, as written.
    Op(&'static str),
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ident(name) => write!(f, "identifier {name:?}"),
            Self::Text(text) => write!(f, "string {text:?}"),
            Self::Number(n) => write!(f, "number {n}"),
            Self::Duration(ns) => write!(f, "duration of {ns} ns"),
            Self::Bytes(n) => write!(f, "size of {n} bytes"),
            Self::Op(op) => write!(f, "{op}"),
            Self::End => f.write_str("end of query"),
        }
    }
}

/// Longest first, so that `|=` is not read as `|`.
const OPS: [&str; 28] = [
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",", "|", "=", ">", "<",
    "+", "-", "*", "/", "%", "^", "@",
];

/// A token and the byte it begins at.
pub(crate) type Spanned = (Token, usize);

pub(crate) fn tokens(text: &str) -> Result<Vec<Spanned>, Error> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else {
            let (token, len) = one(rest).map_err(|message| syntax(text, at, message))?;
            out.push((token, at));
            at += len;
        }
    }
    out.push((Token::End, text.len()));
    Ok(out)
}

/// An error at a byte of the query.
pub(crate) fn syntax(text: &str, at: usize, message: impl Into<String>) -> Error {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::Syntax { line, column, message: format!("syntax error: {}", message.into()) }
}

fn one(rest: &str) -> Result<(Token, usize), String> {
    let first = rest.chars().next().unwrap_or(' ');
    if first == '"' || first == '`' {
        return quoted(rest, first);
    }
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        return number(rest);
    }
    if first.is_alphabetic() || first == '_' {
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        return Ok((Token::Ident(rest[..len].to_owned()), len));
    }
    let op = OPS.into_iter().find(|op| rest.starts_with(op)).ok_or_else(|| format!("unexpected {first:?}"))?;
    Ok((Token::Op(op), op.len()))
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let body = &rest[1..];
    if quote == '`' {
        let end = body.find('`').ok_or("literal not terminated")?;
        return Ok((Token::Text(body[..end].to_owned()), end + 2));
    }
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(out), at + 2)),
            '\n' => return Err("newline in string".to_owned()),
            '\\' => {
                let (_, escaped) = chars.next().ok_or("literal not terminated")?;
                out.push(unescape(escaped, &mut chars)?);
            }
            c => out.push(c),
        }
    }
    Err("literal not terminated".to_owned())
}

fn unescape(c: char, chars: &mut std::str::CharIndices<'_>) -> Result<char, String> {
    let hex = |count: usize, chars: &mut std::str::CharIndices<'_>| {
        let digits: String = chars.take(count).map(|(_, c)| c).collect();
        u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or_else(|| "invalid char escape".to_owned())
    };
    Ok(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '"' | '\'' => c,
        'x' => hex(2, chars)?,
        'u' => hex(4, chars)?,
        'U' => hex(8, chars)?,
        _ => return Err("invalid char escape".to_owned()),
    })
}

/// A number, a duration such as `1h30m`, or a size such as `10KB`.
fn number(rest: &str) -> Result<(Token, usize), String> {
    let len = rest
        .char_indices()
        .find(|&(i, c)| {
            let exponent_sign = (c == '+' || c == '-') && rest[..i].ends_with(['e', 'E']);
            !(c.is_ascii_alphanumeric() || c == '.' || c == 'µ' || c == 'μ' || exponent_sign)
        })
        .map_or(rest.len(), |(i, _)| i);
    let text = &rest[..len];
    if let Ok(n) = text.parse::<f64>() {
        return Ok((Token::Number(n), len));
    }
    if let Some(n) = text.strip_prefix("0x").and_then(|h| u32::from_str_radix(h, 16).ok()) {
        return Ok((Token::Number(f64::from(n)), len));
    }
    if let Some(ns) = duration_ns(text) {
        return Ok((Token::Duration(ns), len));
    }
    bytes(text).map(|n| (Token::Bytes(n), len)).ok_or_else(|| format!("bad number or duration syntax: {text:?}"))
}
