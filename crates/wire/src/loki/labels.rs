//! Label sets as text: `{name="value", …}` with Go's string literals, or single quotes, as PromQL reads them. The name of
//! a metric may stand before it or in it. Faults are told in PromQL's words.

use std::borrow::Cow;
use std::fmt;

use aio_types::{Labels, METRIC_NAME};

use super::name::{Pairs, is_identifier};

mod token;

use token::{Fault, Token, Tokens};

/// Why a stream's labels are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelsFault {
    /// The text cannot be read; what is wrong, with line and column.
    Syntax(String),
    /// A name occurs twice.
    Duplicate {
        /// The name.
        name: String,
        /// All pairs, by name.
        pairs: Vec<(String, String)>,
    },
}

impl fmt::Display for LabelsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "couldn't parse labels: {why}"),
            Self::Duplicate { name, .. } => write!(f, "duplicate label name: '{name}'"),
        }
    }
}

/// Parses a stream's labels. Those without a value are left out.
///
/// # Errors
/// See [`LabelsFault`].
pub fn parse_labels(text: &str) -> Result<Labels, LabelsFault> {
    let mut pairs = read(text).map_err(|(at, why)| {
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
        LabelsFault::Syntax(format!("{line}:{column}: parse error: {why}"))
    })?;
    pairs.retain(|(_, value)| !value.is_empty());
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let name = twice[0].0.to_string();
        let pairs = pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        return Err(LabelsFault::Duplicate { name, pairs });
    }
    Ok(Labels::from_sorted(pairs.iter().map(|(name, value)| (&**name, &**value))))
}

const METRIC: Cow<'_, str> = Cow::Borrowed(METRIC_NAME);

fn read(text: &str) -> Result<Pairs<'_>, Fault> {
    let mut tokens = Tokens::of(text);
    let mut pairs = Pairs::new();
    tokens.space();
    let metric = match tokens.rest().bytes().next() {
        Some(b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z') => {
            tokens.take_while(|b| b == b'_' || b == b':' || b.is_ascii_alphanumeric())
        }
        _ => "",
    };
    tokens.space();
    if tokens.open() {
        set(&mut tokens, &mut pairs)?;
    }
    if !metric.is_empty() {
        pairs.retain(|(name, _)| name != METRIC_NAME);
        pairs.push((METRIC, Cow::Borrowed(metric)));
    }
    tokens.space();
    if tokens.rest().starts_with(['"', '\'', '`']) {
        let (at, literal) = tokens.next()?;
        return Err((at, format!("unexpected {}", literal.told())));
    }
    match beyond(tokens.rest()) {
        None => Ok(pairs),
        Some(why) => Err((tokens.at(), why)),
    }
}

/// What is wrong with text behind a label set.
fn beyond(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    let end = text.find(|c: char| c != '_' && c != ':' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let word = token::cut(&text[..end]);
    Some(match first {
        '0'..='9' => format!("unexpected number {word:?}"),
        _ if word.contains(':') => format!("unexpected metric identifier {word:?}"),
        _ if !word.is_empty() => format!("unexpected identifier {word:?}"),
        '{' | '(' | ')' | ',' | '=' | '[' | ']' => format!("unexpected {:?}", first.to_string()),
        _ => format!("unexpected character: {first:?}"),
    })
}

fn set<'a>(tokens: &mut Tokens<'a>, pairs: &mut Pairs<'a>) -> Result<(), Fault> {
    let mut next = tokens.next()?;
    loop {
        match next {
            (_, Token::Close) => return Ok(()),
            (_, Token::Name(name)) => {
                match tokens.next()? {
                    (_, Token::Equal) => pairs.push((Cow::Borrowed(name), value(tokens)?)),
                    (at, other) => return unexpected(at, &other, "\"=\""),
                }
                next = tokens.next()?;
            }
            (at, Token::Text(raw, name)) => {
                next = tokens.next()?;
                if next.1 != Token::Equal {
                    pairs.push((METRIC, name));
                } else if is_identifier(&name) {
                    pairs.push((name, value(tokens)?));
                    next = tokens.next()?;
                } else {
                    // Nothing could ask for it.
                    return Err((at, format!("invalid label name {}", token::cut(raw))));
                }
            }
            (at, other) => return unexpected(at, &other, "identifier or \"}\""),
        }
        next = match next {
            (_, Token::Comma) => tokens.next()?,
            (_, Token::Close) => return Ok(()),
            (at, other) => return unexpected(at, &other, "\",\" or \"}\""),
        };
    }
}

fn value<'a>(tokens: &mut Tokens<'a>) -> Result<Cow<'a, str>, Fault> {
    match tokens.next()? {
        (_, Token::Text(_, value)) => Ok(value),
        (at, other) => unexpected(at, &other, "string"),
    }
}

fn unexpected<T>(at: usize, token: &Token<'_>, expected: &str) -> Result<T, Fault> {
    Err((at, format!("unexpected {} in label set, expected {expected}", token.told())))
}

#[cfg(test)]
mod tests;
