//! `| unpack`: the line and labels that a client packed into an object with the key `_entry`.

use super::json::scan::{Json, Stop, each_member, unescape};
use super::{Verdict, name};
use crate::line::LineLabels;

const ENTRY: &str = "_entry";

pub(crate) fn apply(text: &str, labels: &mut LineLabels<'_>, next: &mut String) -> Verdict {
    if labels.has_enough() || text.is_empty() {
        return Verdict::Keep;
    }
    if !text.starts_with('{') {
        labels.fail("JSONParserErr", "expecting json object(6), but it is not");
        return Verdict::Keep;
    }
    let mut packed = None;
    let mut found = Vec::new();
    let read = each_member(text, &mut |key, value| {
        match value {
            Json::Text(text) if key == ENTRY => {
                packed =
                    Some(unescape(text).ok_or(Stop::Malformed("Encountered an invalid escape sequence in a string"))?);
            }
            Json::Text(text) => found.push((key.to_owned(), text)),
            _ => {}
        }
        Ok(())
    });
    if let Err(Stop::Malformed(why)) = read {
        labels.fail("JSONParserErr", why);
        return Verdict::Keep;
    }
    // Other objects stay as they are.
    let Some(line) = packed else { return Verdict::Keep };
    for (key, value) in found {
        labels.extract(&name::sanitize(&key), &unescape(value).unwrap_or_default());
    }
    next.clear();
    next.push_str(&line);
    Verdict::Replace
}
