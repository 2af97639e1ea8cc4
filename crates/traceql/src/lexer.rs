//! Text to tokens, with positions.

use crate::error::Error;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name with its dots and colons: `span.http.method`, `.x`, `trace:rootName`, `duration`.
    Name(String),
    Text(String),
    Int(i64),
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    Op(&'static str),
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Text(text) => write!(f, "string {text:?}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(n) => write!(f, "{n}"),
            Self::Duration(ns) => write!(f, "duration of {ns} ns"),
            Self::Op(op) => f.write_str(op),
            Self::End => f.write_str("end of query"),
        }
    }
}

const OPS: [&str; 36] = [
    "&>>", "&<<", "!>>", "!<<", "&>", "&<", "&~", "!>", "!<", "&&", "||", ">>", "<<", "!=", "!~", "=~", ">=", "<=",
    "{", "}", "(", ")", "[", "]", "=", ">", "<", "!", "|", "~", "+", "-", "*", "/", ",", "^",
];

pub(crate) type Spanned = (Token, usize);

pub(crate) fn tokens(text: &str) -> Result<Vec<Spanned>, Error> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, len) = one(&text[at..]).map_err(|message| syntax(text, at, message))?;
        out.push((token, at));
        at += len;
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
    if first.is_ascii_digit() {
        return number(rest);
    }
    if first == '.' || first == '_' || first.is_alphabetic() {
        return name(rest);
    }
    let op = OPS.into_iter().find(|op| rest.starts_with(op)).ok_or_else(|| format!("unexpected {first:?}"))?;
    Ok((Token::Op(op), op.len()))
}

/// Attribute names may hold almost anything; parts of them may be quoted: `span."my attribute"`.
fn name(rest: &str) -> Result<(Token, usize), String> {
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if c == '"' && out.ends_with('.') {
            let (part, len) = quoted_part(&rest[at..])?;
            out.push_str(&part);
            at += len;
        } else if c.is_whitespace() || "{}()=!<>&|~,^".contains(c) || (!out.contains('.') && "[]\"`*+".contains(c)) {
            break;
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    Ok((Token::Name(out), at))
}

/// A quoted part of a name: only the quote and the backslash can be escaped.
fn quoted_part(rest: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, at + 1)),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                _ => return Err("invalid escape in a quoted attribute".to_owned()),
            },
            c => out.push(c),
        }
    }
    Err("quoted attribute not terminated".to_owned())
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let body = &rest[1..];
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((Token::Text(out), at + 2)),
            '\\' if quote == '"' => match chars.next().ok_or("literal not terminated")?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                c @ ('\\' | '"' | '\'') => out.push(c),
                _ => return Err("invalid char escape".to_owned()),
            },
            c => out.push(c),
        }
    }
    Err("literal not terminated".to_owned())
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == 'µ')).unwrap_or(rest.len());
    let text = &rest[..len];
    let token = if let Ok(n) = text.parse::<i64>() {
        Token::Int(n)
    } else if let Ok(n) = text.parse::<f64>() {
        Token::Float(n)
    } else {
        Token::Duration(duration_ns(text).ok_or_else(|| format!("bad number or duration {text:?}"))?)
    };
    Ok((token, len))
}

/// `1h30m`, `1.5s` in nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "range-checked")]
pub(crate) fn duration_ns(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let count: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += count
            * match &rest[..unit] {
                "ns" => 1.0,
                "us" | "µs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "d" => 86_400e9,
                "w" => 604_800e9,
                "y" => 31_536_000e9,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (total < 9.2e18).then_some(total as i64)
}
