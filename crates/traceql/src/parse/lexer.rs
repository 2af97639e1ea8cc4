//! Text to tokens, with their places. Where tokens end is as Go's `text/scanner` has it, but in names of attributes, which
//! may hold almost anything.

use aio_types::quoted::unquote;

use crate::ast::{Field, Scope};
use crate::error::Error;
use crate::parse::duration::duration_ns;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word, or what is no token of the language.
    Word(String),
    /// `span:`, before the name of an intrinsic.
    Scope(&'static str),
    /// `span.http.method`, `.x`, `parent.resource.y`
    Attribute(Field),
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
            Self::Word(word) => f.write_str(word),
            Self::Scope(scope) => f.write_str(scope),
            Self::Attribute(_) => f.write_str("an attribute"),
            Self::Text(_) => f.write_str("STRING"),
            Self::Int(_) => f.write_str("INTEGER"),
            Self::Float(_) => f.write_str("FLOAT"),
            Self::Duration(_) => f.write_str("DURATION"),
            Self::Op(op) => f.write_str(op),
            Self::End => f.write_str("$end"),
        }
    }
}

/// Longer ones before those they begin with.
const OPS: [&str; 35] = [
    "&>>", "&<<", "!>>", "!<<", "&>", "&<", "&~", "!>", "!<", "&&", "||", ">>", "<<", "!=", "!~", "=~", ">=", "<=",
    "{", "}", "(", ")", "=", ">", "<", "!", "|", "~", "+", "-", "*", "/", "%", ",", "^",
];

const ATTRIBUTE_SCOPES: [(&str, Scope); 5] = [
    ("span", Scope::Span),
    ("resource", Scope::Resource),
    ("event", Scope::Event),
    ("link", Scope::Link),
    ("instrumentation", Scope::Instrumentation),
];

const INTRINSIC_SCOPES: [&str; 5] = ["trace:", "span:", "event:", "link:", "instrumentation:"];

/// Tokens and where they begin, up to [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Error> {
    let mut out = Vec::new();
    let mut at = blank(text, 0);
    while at < text.len() {
        let (token, len) = one(&text[at..]).map_err(|message| Error::syntax(text, at, message))?;
        out.push((token, at));
        at = blank(text, at + len);
    }
    out.push((Token::End, text.len()));
    Ok(out)
}

/// Where white space and comments end that begin here.
fn blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let body = rest.trim_start();
        at += rest.len() - body.len();
        at += match body.as_bytes() {
            [b'/', b'/', ..] => body.find('\n').unwrap_or(body.len()),
            [b'/', b'*', ..] => body.find("*/").map_or(body.len(), |end| end + 2),
            _ => return at,
        };
    }
}

fn one(rest: &str) -> Result<(Token, usize), String> {
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        '"' | '`' => text(rest, first),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        '.' => {
            let (name, len) = attribute(&rest[1..])?;
            Ok((Token::Attribute(Field::Attribute(Scope::Any, name)), len + 1))
        }
        '0'..='9' => number(rest),
        '_' => word(rest),
        c if c.is_alphabetic() => word(rest),
        _ => {
            let op = OPS.into_iter().find(|op| rest.starts_with(op));
            Ok(op.map_or_else(|| (Token::Word(first.into()), first.len_utf8()), |op| (Token::Op(op), op.len())))
        }
    }
}

fn word(rest: &str) -> Result<(Token, usize), String> {
    let len = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(len);
    if let Some(scope) = INTRINSIC_SCOPES.into_iter().find(|scope| rest.get(..=len) == Some(scope)) {
        return Ok((Token::Scope(scope), len + 1));
    }
    let Some(behind) = behind.strip_prefix('.') else { return Ok((Token::Word(word.to_owned()), len)) };
    if let Some((_, scope)) = ATTRIBUTE_SCOPES.into_iter().find(|(name, _)| *name == word) {
        let (name, name_len) = attribute(behind)?;
        return Ok((Token::Attribute(Field::Attribute(scope, name)), len + 1 + name_len));
    }
    if word == "parent" {
        let scope = ["span.", "resource."].into_iter().find(|scope| behind.starts_with(scope)).unwrap_or_default();
        let (name, name_len) = attribute(&behind[scope.len()..])?;
        let inner = match scope {
            "span." => Scope::Span,
            "resource." => Scope::Resource,
            _ => Scope::Any,
        };
        let field = Field::Parent(Box::new(Field::Attribute(inner, name)));
        return Ok((Token::Attribute(field), len + 1 + scope.len() + name_len));
    }
    Ok((Token::Word(word.to_owned()), len))
}

/// Whether a name of an attribute may have it outside of quotes.
pub(crate) fn is_in_names(c: char) -> bool {
    !c.is_whitespace() && !"{}()=~!<>&|^,".contains(c)
}

/// The name behind a scope; parts of it may be quoted: `"my attribute".x`.
fn attribute(rest: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if c == '"' {
            let (part, len) = quoted_part(&rest[at..])?;
            out.push_str(&part);
            at += len;
        } else if is_in_names(c) {
            out.push(c);
            at += c.len_utf8();
        } else {
            break;
        }
    }
    if at == 0 { Err("unexpected END_ATTRIBUTE, expecting IDENTIFIER".to_owned()) } else { Ok((out, at)) }
}

/// Only the quote and the backslash can be escaped.
fn quoted_part(rest: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, at + 1)),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                _ => return Err("invalid escape sequence".to_owned()),
            },
            c => out.push(c),
        }
    }
    Err("unexpected EOF, expecting \"".to_owned())
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => {
                let text = unquote(&rest[..=at]).map_err(str::to_owned)?;
                return Ok((Token::Text(text), at + 1));
            }
            '\\' if quote == '"' => {
                chars.next();
            }
            '\n' if quote == '"' => break,
            _ => {}
        }
    }
    Err("literal not terminated".to_owned())
}

/// A number, or a duration where what follows makes it one.
fn number(rest: &str) -> Result<(Token, usize), String> {
    let len = digits(rest);
    let (number, behind) = rest.split_at(len);
    let unit = behind.find(|c: char| !(c.is_numeric() || "nsumhµdwy.".contains(c))).unwrap_or(behind.len());
    if unit > 0
        && let Some(ns) = duration_ns(&rest[..len + unit])
    {
        return Ok((Token::Duration(ns), len + unit));
    }
    let token = if number.bytes().all(|b| b.is_ascii_digit()) {
        let out_of_range = |_| format!("strconv.Atoi: parsing \"{number}\": value out of range");
        Token::Int(number.parse().map_err(out_of_range)?)
    } else {
        let invalid = |_| format!("strconv.ParseFloat: parsing \"{number}\": invalid syntax");
        Token::Float(number.parse().map_err(invalid)?)
    };
    Ok((token, len))
}

/// Bytes of `12`, `1.5`, `.5`, `1e-3`.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let run = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = run(0);
    if bytes.get(end) == Some(&b'.') {
        end = run(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = run(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
