//! Warnings and infos that go out with an answer.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// What a query gathered, each text once.
#[derive(Debug)]
pub(crate) struct Notes<'a> {
    query: &'a str,
    warnings: RefCell<BTreeSet<String>>,
    infos: RefCell<BTreeSet<String>>,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(query: &'a str) -> Self {
        Self { query, warnings: RefCell::default(), infos: RefCell::default() }
    }

    pub(crate) fn warn(&self, text: &str, near: &str) {
        let place = self.place(near);
        self.warnings.borrow_mut().insert(format!("PromQL warning: {text}{place}"));
    }

    pub(crate) fn inform(&self, text: &str, near: &str) {
        let place = self.place(near);
        self.infos.borrow_mut().insert(format!("PromQL info: {text}{place}"));
    }

    /// A quantile outside of 0 to 1.
    pub(crate) fn check_quantile(&self, q: f64, function: &str) {
        if !(0.0..=1.0).contains(&q) {
            let got = crate::format_float(q, true);
            self.warn(&format!("quantile value should be between 0 and 1, got {got}"), &format!("{function}("));
        }
    }

    /// Warnings, then infos.
    pub(crate) fn into_texts(self) -> (Vec<String>, Vec<String>) {
        (self.warnings.into_inner().into_iter().collect(), self.infos.into_inner().into_iter().collect())
    }

    /// ` (line:column)` of the first place `near` stands at; after it, where it ends in a parenthesis. The parser
    /// keeps no positions.
    fn place(&self, near: &str) -> String {
        let Some(found) = find(self.query, near) else { return String::new() };
        let at = if near.ends_with('(') { found + near.len() } else { found };
        let before = &self.query[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        format!(" ({}:{})", before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// The first occurrence that is no part of a longer name.
fn find(text: &str, near: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(near).map(|(at, _)| at).find(|&at| {
        let ends = near.ends_with('(') || !text[at + near.len()..].starts_with(is_word);
        ends && !text[..at].ends_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_unique_and_say_where() {
        let notes = Notes::new("a_foo +\n rate(foo[5m])");
        notes.inform("x", "foo");
        notes.inform("x", "foo");
        notes.warn("y", "rate(");
        notes.warn("z", "nowhere");
        notes.check_quantile(0.5, "quantile");
        let (warnings, infos) = notes.into_texts();
        assert_eq!(infos, ["PromQL info: x (2:7)"]);
        assert_eq!(warnings, ["PromQL warning: y (2:7)", "PromQL warning: z"]);
    }
}
