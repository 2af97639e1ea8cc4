//! Matchers of alert labels: first by the rules of 0.27 and later, then by the classic ones.

use crate::schema::{Kind, scalars};

/// A list of matchers; each text may hold several.
pub(super) const MATCHERS: Kind = Kind::List(&Kind::Scalar(matchers));
/// `match`: label to value.
pub(super) const OLD_EQUAL: Kind = Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text));
/// `match_re`: label to regular expression.
pub(super) const OLD_REGEX: Kind = Kind::Map(scalars::label_name, &Kind::Scalar(scalars::regex));

fn matchers(text: &str) -> Result<(), String> {
    // As upstream has it, either brace may be there without the other.
    let inner = text.trim();
    let inner = inner.strip_prefix('{').unwrap_or(inner);
    let mut rest = inner.strip_suffix('}').unwrap_or(inner).trim();
    while !rest.is_empty() {
        let after = matcher(rest).map_err(|why| format!("bad matcher format {text:?}: {why}"))?.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return Err(format!("bad matcher format {text:?}: expected a comma before {after:?}")),
        };
    }
    Ok(())
}

/// Takes one matcher and gives what follows it.
fn matcher(text: &str) -> Result<&str, String> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted_text(quoted)?,
        None => {
            let end = text.find(['=', '!', ',', '{', '}', '"']).unwrap_or(text.len());
            (text[..end].trim_end().to_owned(), &text[end..])
        }
    };
    if name.is_empty() || name.contains(char::is_whitespace) && !text.starts_with('"') {
        return Err(format!("{name:?} is no label name"));
    }
    let rest = rest.trim_start();
    let operator = ["=~", "!~", "!=", "="].into_iter().find(|op| rest.starts_with(op)).ok_or("no operator")?;
    let (value, rest) = value(rest[operator.len()..].trim_start())?;
    if operator.ends_with('~') {
        scalars::regex(&value)?;
    }
    Ok(rest)
}

/// Quoted, or up to the next comma.
fn value(text: &str) -> Result<(String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted_text(quoted);
    }
    let end = text.find(',').unwrap_or(text.len());
    let value = text[..end].trim_end();
    if value.contains('"') {
        return Err(format!("the value {value:?} contains an unescaped quote"));
    }
    Ok((value.to_owned(), &text[end..]))
}

/// What stands before the closing quote, and what follows it.
fn quoted_text(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                Some((_, c)) => out.extend(['\\', c]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err("a quote is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_parse_as_upstream_has_them() {
        for text in [
            "foo=bar",
            "foo!=\"bar\"",
            "foo=~\"a|b\"",
            "foo!~x",
            "{a=b, c=d}",
            "{a=b",
            "a=b}",
            "a=b,c=d,",
            "a = b c",
            "a=",
            "\"utf8 name\"=x",
            "a=\"x,y\"",
            "a=~\"[0-9]{3}\"",
            "severity=~warning|critical",
        ] {
            assert_eq!(matchers(text), Ok(()), "{text}");
        }
        for text in ["foo", "=bar", "foo=~\"(\"", "a=\"b", "a b=c", "a=b c=\"d\"", "a==b\"", "a=~*"] {
            assert!(matchers(text).is_err(), "{text}");
        }
    }
}
