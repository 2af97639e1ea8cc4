//! `| json`: every leaf of an object becomes a label; keys of nested objects are joined with `_`, arrays are left out.
//!
//! The line is walked once, from left to right: the first of equal names wins, numbers keep their spelling, labels
//! found before a fault are kept, and the walk ends as soon as nothing more is needed. Inner objects nobody needs
//! anything of are passed over.

pub(crate) mod scan;

use std::collections::BTreeMap;

use self::scan::{Json, Stop, each_member, unescape};
use super::name;
use crate::line::LineLabels;

/// How deep objects may nest.
const DEPTH_MAX: usize = 128;

pub(crate) fn apply(text: &str, labels: &mut LineLabels<'_>) {
    if labels.has_enough() {
        return;
    }
    if let Err(Stop::Malformed(why)) = object(text, &mut String::new(), labels, DEPTH_MAX) {
        labels.fail("JSONParserErr", why);
    }
}

fn object(text: &str, prefix: &mut String, labels: &mut LineLabels<'_>, depth: usize) -> Result<(), Stop> {
    if depth == 0 {
        return Err(Stop::Malformed("objects nest too deep"));
    }
    each_member(text, &mut |key, value| member(key, value, prefix, labels, depth))
}

fn member(
    key: &str,
    value: Json<'_>,
    prefix: &mut String,
    labels: &mut LineLabels<'_>,
    depth: usize,
) -> Result<(), Stop> {
    let before = prefix.len();
    match value {
        Json::Object(text) => {
            join(prefix, key);
            let read = if labels.needs_prefix(prefix) { object(text, prefix, labels, depth - 1) } else { Ok(()) };
            prefix.truncate(before);
            return read;
        }
        Json::Text(_) | Json::Scalar(_) if before == 0 => leaf(&name::sanitize(key), value, labels),
        Json::Text(_) | Json::Scalar(_) => {
            join(prefix, key);
            leaf(prefix, value, labels);
            prefix.truncate(before);
        }
        Json::Array(_) | Json::Null => {}
    }
    if labels.has_enough() { Err(Stop::Enough) } else { Ok(()) }
}

fn join(prefix: &mut String, key: &str) {
    if key.trim().is_empty() {
        return;
    }
    if !prefix.is_empty() {
        prefix.push('_');
    }
    name::append(prefix, key);
}

fn leaf(name: &str, value: Json<'_>, labels: &mut LineLabels<'_>) {
    if !labels.wants(name) {
        return;
    }
    match value {
        Json::Text(text) => labels.extract(name, &unescape(text).unwrap_or_default()),
        Json::Scalar(text) => labels.extract(name, text),
        Json::Object(_) | Json::Array(_) | Json::Null => {}
    }
}

/// The keys that lead to each label that [`apply`] finds; the first of equal names wins.
pub(crate) fn paths(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let _faults_are_told_elsewhere = walk(text, &mut String::new(), &mut Vec::new(), &mut found, DEPTH_MAX);
    found
}

fn walk(
    text: &str,
    prefix: &mut String,
    path: &mut Vec<String>,
    found: &mut BTreeMap<String, Vec<String>>,
    depth: usize,
) -> Result<(), Stop> {
    if depth == 0 {
        return Ok(());
    }
    each_member(text, &mut |key, value| {
        let before = prefix.len();
        path.push(key.to_owned());
        match value {
            Json::Object(text) => {
                join(prefix, key);
                walk(text, prefix, path, found, depth - 1)?;
            }
            Json::Text(_) | Json::Scalar(_) => {
                let name = if before == 0 { name::sanitize(key).into_owned() } else { joined(prefix, key) };
                found.entry(name).or_insert_with(|| path.clone());
            }
            Json::Array(_) | Json::Null => {}
        }
        path.pop();
        prefix.truncate(before);
        Ok(())
    })
}

fn joined(prefix: &str, key: &str) -> String {
    let mut name = prefix.to_owned();
    join(&mut name, key);
    name
}
