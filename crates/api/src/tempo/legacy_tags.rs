//! The search of old, `tags=service.name=cart http.status_code=500`, as a TraceQL query. Values match as substrings.

use std::collections::BTreeSet;

/// Translates logfmt into a query.
pub(super) fn query(tags: &str) -> Result<String, String> {
    let mut conditions = Vec::new();
    let mut keys = BTreeSet::new();
    for (key, value) in pairs(tags)? {
        if !keys.insert(key.clone()) {
            return Err(format!("invalid tags: duplicate tag {key:?}"));
        }
        conditions.push(condition(&key, &value));
    }
    Ok(format!("{{{}}}", conditions.join(" && ")))
}

/// The same of tags that are apart already.
pub(super) fn of_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let conditions: Vec<String> = pairs.map(|(key, value)| condition(key, value)).collect();
    format!("{{{}}}", conditions.join(" && "))
}

fn condition(key: &str, value: &str) -> String {
    let pattern = quote(&format!("(?s:.*){}(?s:.*)", escape(value)));
    match (key, value) {
        ("name", _) => format!("name=~{pattern}"),
        ("root.name", _) => format!("rootName=~{pattern}"),
        ("root.service.name", _) => format!("rootServiceName=~{pattern}"),
        ("status" | "status.code", "ok" | "error" | "unset") => format!("status={value}"),
        ("error", "true") => "status=error".to_owned(),
        ("error", "false") => "status!=error".to_owned(),
        (_, "true" | "false") => format!("(.{0}={value} || .{0}=~{pattern})", quote(key)),
        _ if value.parse::<f64>().is_ok_and(f64::is_finite) => {
            format!("(.{0}={1} || .{0}=~{pattern})", quote(key), number(value))
        }
        _ => format!(".{}=~{pattern}", quote(key)),
    }
}

/// As the language writes numbers.
fn number(value: &str) -> String {
    value
        .parse::<i64>()
        .map(|n| n.to_string())
        .or_else(|_| value.parse().map(|n: f64| format!("{n:?}")))
        .unwrap_or_default()
}

/// A literal as a pattern.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn pairs(tags: &str) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    let mut rest = tags.trim();
    while !rest.is_empty() {
        let fault = || format!("invalid tags: {tags:?} is not logfmt");
        let (key, after) = rest.split_once('=').ok_or_else(fault)?;
        let key = key.trim();
        if key.is_empty() || key.contains([' ', '"']) {
            return Err(fault());
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or_else(fault)?,
            None => after.split_once(' ').map_or((after.to_owned(), ""), |(v, after)| (v.to_owned(), after)),
        };
        out.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(out)
}

/// Up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_a_query() {
        let text = r#"service.name=cart name="GET \"/\"" status.code=error http.status_code=500 f=0.5 sync=true"#;
        let query = query(text).expect("translates");
        aio_traceql::parse(&query).unwrap_or_else(|e| panic!("{query}: {e}"));
        assert!(query.contains(r#"."service.name"=~"(?s:.*)cart(?s:.*)""#), "{query}");
        assert!(query.contains("status=error && (.\"http.status_code\"=500 || "), "{query}");
        assert!(query.contains(".\"f\"=0.5 ||") && query.contains(".\"sync\"=true ||"), "{query}");
    }

    #[test]
    fn what_is_no_logfmt_or_comes_twice_is_refused() {
        for tags in ["nonsense", "a=\"b", "=b", "a=b a=c", "a b=c"] {
            assert!(query(tags).is_err(), "{tags}");
        }
    }
}
