//! A configuration as it may be shown: YAML again, with `<secret>` for every secret.

use super::file::ROOT;
use crate::schema::{Kind, Section};
use crate::yaml::{Entry, Node, Value};

const HIDDEN: &str = "<secret>";

/// The document as YAML; empty for an empty one.
pub(super) fn shown(root: &Node) -> String {
    let mut out = String::new();
    if !root.entries().is_empty() {
        block(&mut out, Some(&Kind::Section(&ROOT)), root, 0);
    }
    out
}

/// A value on lines of its own.
fn block(out: &mut String, kind: Option<&Kind>, node: &Node, depth: usize) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| line(out, kind, entry, depth)),
        Value::List(items) => items.iter().for_each(|item| dash(out, kind, item, depth)),
        _ => {}
    }
}

fn line(out: &mut String, kind: Option<&Kind>, entry: &Entry, depth: usize) {
    indent(out, depth);
    out.push_str(&plain_or_quoted(&entry.key, false));
    out.push(':');
    value(out, kind.and_then(|kind| below(kind, &entry.key)), &entry.node, depth + 1);
}

fn dash(out: &mut String, kind: Option<&Kind>, item: &Node, depth: usize) {
    indent(out, depth);
    out.push('-');
    let kind = match kind {
        Some(Kind::List(kind)) => Some(*kind),
        _ => None,
    };
    value(out, kind, item, depth + 1);
}

fn value(out: &mut String, kind: Option<&Kind>, node: &Node, depth: usize) {
    match &node.value {
        Value::Null => out.push('\n'),
        Value::Scalar { .. } if is_secret(kind) => out.push_str(&format!(" {HIDDEN}\n")),
        Value::Scalar { text, quoted } => out.push_str(&format!(" {}\n", plain_or_quoted(text, *quoted))),
        Value::List(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Value::List(_) | Value::Map(_) => {
            out.push('\n');
            block(out, kind, node, depth);
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn is_secret(kind: Option<&Kind>) -> bool {
    matches!(kind, Some(Kind::Secret | Kind::SecretUrl))
}

fn below(kind: &Kind, key: &str) -> Option<&'static Kind> {
    match kind {
        Kind::Section(section) => Section::kind(section, key),
        Kind::Map(_, value) => Some(value),
        _ => None,
    }
}

/// As JSON where YAML might read the plain text as something else.
fn plain_or_quoted(text: &str, quoted: bool) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '<' | '>' | '+');
    if !quoted && !text.is_empty() && !text.starts_with(['-', '<', '>']) && text.chars().all(is_plain) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::File;

    #[test]
    fn secrets_are_hidden_and_the_rest_reads_back_the_same() {
        let text = "global:\n  scrape_interval: 15s\n  external_labels:\n    zone: \"null\"\n    a b: 'x: y'\nremote_write:\n  \
            - url: http://h/api\n    basic_auth:\n      username: me\n      password: hunter2\n  - url: http://i/api\n    \
            headers:\n      X-Token: hunter2\nrule_files: []\nauth: {}\n";
        let file = File::parse(text).expect("is valid");
        let shown = file.shown();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.matches("<secret>").count(), 2, "{shown}");
        let again = File::parse(&shown.replace("<secret>", "hunter2")).expect("reads back");
        assert_eq!(again.shown(), shown);
        assert!(shown.contains("zone: \"null\"") && shown.contains("scrape_interval: 15s"), "{shown}");
        assert_eq!(File::empty().shown(), "");
    }
}
