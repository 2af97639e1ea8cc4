//! `| logfmt`: `key=value` pairs become labels; what is no pair is passed over.

use super::sanitize;
use crate::pipeline::LineLabels;

pub(crate) fn apply(line: &str, labels: &mut LineLabels<'_>) {
    if labels.needs_none() {
        return;
    }
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(is_separator);
        if rest.is_empty() || labels.has_enough() {
            return;
        }
        let Some((pair, remaining)) = pair(rest) else { return };
        rest = remaining;
        if let Some((key, value)) = pair {
            labels.extract(&sanitize(key, true), &value.replace('\u{fffd}', " "));
        }
    }
}

fn is_separator(c: char) -> bool {
    c <= ' '
}

type Pair<'a> = Option<(&'a str, String)>;

/// What stands before the next separator, and the rest; `None` where a quoted value does not end.
fn pair(text: &str) -> Option<(Pair<'_>, &str)> {
    let end = text.find(is_separator).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let Some((key, value)) = word.split_once('=') else { return Some((None, rest)) };
    let key = Some(key).filter(|k| !k.is_empty() && !k.contains('"'));
    if value.starts_with('"') {
        let (value, rest) = quoted(&text[word.len() - value.len() + 1..])?;
        // Something glued to the closing quote makes it no pair.
        let glued = rest.find(is_separator).unwrap_or(rest.len());
        return Some((key.filter(|_| glued == 0).map(|k| (k, value)), &rest[glued..]));
    }
    let is_value = !value.is_empty() && !value.contains(['=', '"']);
    Some((key.filter(|_| is_value).map(|k| (k, value.to_owned())), rest))
}

/// A value up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or(' ')
                }
                other => other,
            }),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, LogEntry, TimestampNs};

    use crate::ast::Stage;
    use crate::pipeline::{Needed, apply};

    #[test]
    fn pairs_become_labels() {
        for (line, want) in [
            ("level=info msg=\"a \\\"b\\\" c\" took=5ms", r#"{level="info", msg="a \"b\" c", took="5ms"}"#),
            ("bare a= b=\"\" c=1", r#"{c="1"}"#),
            ("a=b=c =x fo\"o=1 d=e\"f g=\"h\"i ok=1", r#"{ok="1"}"#),
            ("a=1 a=2 a.b=3 9=4", r#"{_9="4", a="1", a_b="3"}"#),
            ("a=1 b=\"never ends", r#"{a="1"}"#),
            ("app=x a=\té=1\nb=2", r#"{_="1", app_extracted="x", b="2"}"#),
            ("", "{}"),
        ] {
            let entry = LogEntry { ts: TimestampNs(0), line: line.into(), metadata: Labels::default() };
            let stream = Labels::from_pairs([("app", "a")]);
            let labels = apply(&[Stage::Logfmt], &stream, &entry, &Needed::All).expect("passes").parsed;
            assert_eq!(labels.to_string(), want, "{line}");
        }
    }
}
