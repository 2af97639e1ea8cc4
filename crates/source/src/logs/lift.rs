//! Trace ids in the text of lines: `trace_id=…`, `"traceId":"…"`, `TraceId: …`, and W3C's `traceparent`.
//!
//! ```text
//!   [trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=…]      {"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-…-01"}
//!    name    ~id                                                  name           ~id
//! ```
//!
//! Ids are tokens of their lines, which the index knows, so that nothing else needs to be stored to find them.

use super::LogsFilter;

/// Digits of a trace id; old ones have half as many.
const DIGITS: [usize; 2] = [32, 16];

/// The first trace id a line names, as it is written there.
#[must_use]
pub fn lifted_trace_id(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(at) = find_trace(bytes.get(from..)?) {
        from += at + "trace".len();
        if let Some(id) = id_behind(line.get(from..)?) {
            return Some(id);
        }
    }
    None
}

impl LogsFilter {
    /// Lines with this trace id, in their structured metadata or in their text.
    #[must_use]
    pub fn trace_id(value: &str) -> Self {
        let pair = Self::Pair { name: "trace_id".to_owned(), value: value.to_owned() };
        let is_id = DIGITS.contains(&value.len()) && value.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id { Self::one_of([pair, Self::contains(value)]) } else { pair }
    }
}

fn find_trace(bytes: &[u8]) -> Option<usize> {
    bytes.windows("trace".len()).position(|w| w.eq_ignore_ascii_case(b"trace"))
}

/// The id in a text that follows `trace`.
fn id_behind(text: &str) -> Option<&str> {
    let (text, is_parent) = match without(text, "parent") {
        Some(rest) => (rest, true),
        None => (without(nested(text).trim_start_matches(['_', '-', '.', ' ']), "id")?, false),
    };
    let text = text.trim_start_matches(['"', '\\', '\'']).trim_start();
    let text = text.strip_prefix(['=', ':'])?.trim_start();
    let text = text.trim_start_matches(['"', '\\', '\'']);
    let text = if is_parent { text.get(2..)?.strip_prefix('-')? } else { text };
    let end = text.bytes().position(|b| !b.is_ascii_hexdigit()).unwrap_or(text.len());
    let is_whole = text.as_bytes().get(end).is_none_or(|b| !b.is_ascii_alphanumeric() && *b < 0x80);
    let id = text.get(..end)?;
    let is_zero = id.bytes().all(|b| b == b'0');
    (is_whole && DIGITS.contains(&end) && !is_zero).then_some(id)
}

/// What is in the object named `trace`, where there is one: `{"trace":{"id":…`.
fn nested(text: &str) -> &str {
    let quotes = ['"', '\\'];
    let inner = || {
        let object = text.trim_start_matches(quotes).trim_start().strip_prefix(':')?.trim_start().strip_prefix('{')?;
        Some(object.trim_start().trim_start_matches(quotes))
    };
    inner().unwrap_or(text)
}

fn without<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(beginning.len())?;
    first.eq_ignore_ascii_case(beginning).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_all_their_spellings() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for text in [
            "x [trace_id=<> span_id=00f067aa0ba902b7] - y",
            r#"{"traceId":"<>","a":1}"#,
            r#"{"msg":"{\"trace_id\":\"<>\"}"}"#,
            "level=info traceID=<>",
            "otelTraceID = <>",
            r#"{"trace.id": "<>"}"#,
            "TraceId: <>",
            "Trace Id: <>",
            r#"{"msg":"x","trace": {"id":"<>","flags":1}}"#,
            r#"{"inner":"{\"trace\":{\"id\":\"<>\"}}"}"#,
            "traceparent: 00-<>-00f067aa0ba902b7-01",
            r#"{"traceparent":"00-<>-00f067aa0ba902b7-01"}"#,
            "a trace of trace_id=- and trace_id=<>",
        ] {
            assert_eq!(lifted_trace_id(&text.replace("<>", id)), Some(id), "{text}");
        }
        assert_eq!(lifted_trace_id("trace_id=00f067aa0ba902b7"), Some("00f067aa0ba902b7"));
        for text in [
            "",
            "trace",
            "traceback (most recent call last)",
            "trace_id=",
            "trace_id=0",
            "trace_id=00000000000000000000000000000000",
            "trace_id=<>x",
            "traceparent=00-é",
            "retrace <>",
            r#"{"trace":{"name":"<>"}}"#,
        ] {
            assert_eq!(lifted_trace_id(&text.replace("<>", id)), None, "{text}");
        }
    }
}
