//! `| logfmt`: `key=value` pairs become labels; what is no pair is passed over.

use super::json::sanitize;
use crate::pipeline::LineLabels;

pub(crate) fn apply(line: &str, labels: &mut LineLabels<'_>) {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return;
        }
        let key_len = rest.find(['=', ' ', '\t']).unwrap_or(rest.len());
        let key = &rest[..key_len];
        rest = &rest[key_len..];
        let Some(after) = rest.strip_prefix('=') else { continue };
        let (value, remaining) = value(after);
        rest = remaining;
        if !key.is_empty() && !value.is_empty() {
            labels.extract(&sanitize(key), &value);
        }
    }
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let len = text.find([' ', '\t']).unwrap_or(text.len());
        return (text[..len].to_owned(), &text[len..]);
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &quoted[at + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, other)) => out.push(other),
                None => break,
            },
            c => out.push(c),
        }
    }
    (out, "")
}
