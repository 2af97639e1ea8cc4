//! The labels of a line that name its series, as bytes: looked up before anything is allocated.

use crate::line::LineLabels;
use crate::parse::ast::Grouping;

/// Writes the key of a line; equal keys are equal labels.
pub(super) fn write(labels: &LineLabels<'_>, grouping: Option<&Grouping>, drops_empty: bool, key: &mut Vec<u8>) {
    key.clear();
    match grouping {
        Some(by) if !by.without => {
            for name in &by.labels {
                part(key, labels.get(name));
                key.push(u8::from(!drops_empty && labels.has(name)));
            }
        }
        grouping => {
            let mut names: Vec<(String, String)> = Vec::new();
            labels.each(|_, name, value| {
                if !(drops_empty && value.is_empty()) && grouping.is_none_or(|g| g.keeps(name)) {
                    names.push((name.to_owned(), value.to_owned()));
                }
            });
            names.sort_unstable();
            for (name, value) in &names {
                part(key, name);
                part(key, value);
            }
        }
    }
}

fn part(key: &mut Vec<u8>, text: &str) {
    key.extend_from_slice(&text.len().to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}
