//! The files that a configuration names.

use std::path::{Path, PathBuf};

use crate::schema::Fault;
use crate::yaml::Node;

/// The rule files, the scrape files and the `alertmanager.yml` of a configuration, and a fault for each path that names
/// nothing. A pattern may match nothing.
pub(super) fn named_by(config: &Path, root: &Node) -> (Vec<PathBuf>, Vec<Fault>) {
    let folder = config.parent().unwrap_or(Path::new(""));
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let list = |key| root.get(key).map(Node::items).unwrap_or_default().iter();
    for node in list("rule_files").chain(root.at("alertmanager.config_file")) {
        let Some(text) = node.text().filter(|text| !text.is_empty()) else { continue };
        let matches = expand(&folder.join(text));
        if matches.is_empty() && !is_pattern(text) {
            faults.push(Fault::new(node.line, format!("{text:?} does not point to an existing file")));
        }
        found.extend(matches);
    }
    // Upstream takes a scrape file that is not there for an empty one.
    found.extend(list("scrape_config_files").filter_map(Node::text).flat_map(|text| expand(&folder.join(text))));
    (found, faults)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The files a path means: itself, or those whose last part matches.
fn expand(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !is_pattern(name) {
        return if path.is_file() { vec![path.to_owned()] } else { Vec::new() };
    }
    let Some(folder) = path.parent() else { return Vec::new() };
    let folder_read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder_read) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<_> = names.filter(|n| matches(name.as_bytes(), n.as_bytes())).map(|n| folder.join(n)).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found
}

/// Shell patterns: `*`, `?`, `[a-z]`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        (Some((b'?', rest)), Some((_, name))) => matches(rest, name),
        (Some((b'[', rest)), Some((c, name))) => class(rest, *c).is_some_and(|(hit, rest)| hit && matches(rest, name)),
        (Some((p, rest)), Some((c, name))) => p == c && matches(rest, name),
        _ => false,
    }
}

/// Whether `c` is in the class that starts `pattern`, and what follows the class.
fn class(pattern: &[u8], c: u8) -> Option<(bool, &[u8])> {
    let end = pattern.iter().skip(1).position(|&b| b == b']')? + 1;
    let (set, negated) = match pattern[..end].strip_prefix(b"^") {
        Some(set) => (set, true),
        None => (&pattern[..end], false),
    };
    let mut hit = false;
    let mut rest = set;
    while let Some((&low, tail)) = rest.split_first() {
        let (high, tail) = match tail {
            [b'-', high, tail @ ..] => (*high, tail),
            tail => (low, tail),
        };
        hit |= (low..=high).contains(&c);
        rest = tail;
    }
    Some((hit != negated, &pattern[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.yml", "a.yml", true),
            ("*.yml", "a.yaml", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("*", "", true),
            ("a*b*c", "a__b__c", true),
            ("[a", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
