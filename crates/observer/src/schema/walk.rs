//! A tree against a schema.

use super::{Faults, Kind, Section, scalars};
use crate::config::secrets;
use crate::yaml::{Node, Value};

/// Adds a fault for everything in `node` that `kind` does not allow.
pub(crate) fn walk(kind: &Kind, node: &Node, faults: &mut Faults) {
    if node.is_null() {
        return;
    }
    match kind {
        Kind::Any => {}
        Kind::Scalar(accept) => scalar(*accept, node, faults),
        Kind::Secret => scalar(|text| secrets::expand(text).map(|_| ()), node, faults),
        Kind::SecretUrl => scalar(secret_url, node, faults),
        Kind::List(item) => list(item, node, faults),
        Kind::Map(accept, value) => map(*accept, value, node, faults),
        Kind::Section(section) => section_of(section, node, faults),
    }
}

fn expected(what: &str, node: &Node, faults: &mut Faults) {
    let path = faults.path_of("");
    let path = if path.is_empty() { "the document" } else { &format!("`{path}`") };
    faults.add(node.line, format!("{path}: expected {what}, found {}", node.shape()));
}

fn scalar(accept: fn(&str) -> Result<(), String>, node: &Node, faults: &mut Faults) {
    match node.text() {
        None => expected("a single value", node, faults),
        Some(text) => {
            if let Err(why) = accept(text) {
                let path = faults.path_of("");
                faults.add(node.line, format!("`{path}`: {why}"));
            }
        }
    }
}

fn secret_url(text: &str) -> Result<(), String> {
    let url = secrets::expand(text)?;
    // What is not valid is not shown: the token is part of it.
    let is_valid = url.contains("{{") || scalars::url(&url).is_ok();
    if is_valid { Ok(()) } else { Err("is not a URL such as http://host:port/path".to_owned()) }
}

fn list(item: &Kind, node: &Node, faults: &mut Faults) {
    let Value::List(items) = &node.value else { return expected("a list", node, faults) };
    for (index, value) in items.iter().enumerate() {
        faults.below(&index.to_string(), |faults| walk(item, value, faults));
    }
}

fn map(accept: fn(&str) -> Result<(), String>, value: &Kind, node: &Node, faults: &mut Faults) {
    let Value::Map(entries) = &node.value else { return expected("a map", node, faults) };
    for entry in entries {
        if let Err(why) = accept(&entry.key) {
            faults.key(node, &entry.key, why);
        }
        faults.below(&entry.key, |faults| walk(value, &entry.node, faults));
    }
}

fn section_of(section: &Section, node: &Node, faults: &mut Faults) {
    let Value::Map(entries) = &node.value else { return expected("a map", node, faults) };
    for entry in entries {
        match section.kind(&entry.key) {
            Some(kind) => faults.below(&entry.key, |faults| walk(kind, &entry.node, faults)),
            None => faults.key(node, &entry.key, "unknown key"),
        }
    }
    checks(section, node, faults);
}

fn checks(section: &Section, node: &Node, faults: &mut Faults) {
    (section.check)(node, faults);
    for included in section.with {
        checks(included, node, faults);
    }
}
