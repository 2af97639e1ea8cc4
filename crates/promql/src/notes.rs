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

    pub(crate) fn warn(&self, text: &str, near: Near<'_>) {
        let place = near.place(self.query);
        self.warnings.borrow_mut().insert(format!("PromQL warning: {text}{place}"));
    }

    pub(crate) fn inform(&self, text: &str, near: Near<'_>) {
        let place = near.place(self.query);
        self.infos.borrow_mut().insert(format!("PromQL info: {text}{place}"));
    }

    /// A quantile outside of 0 to 1.
    pub(crate) fn check_quantile(&self, q: f64, function: &str) {
        if !(0.0..=1.0).contains(&q) {
            let got = crate::format_float(q, true);
            self.warn(&format!("quantile value should be between 0 and 1, got {got}"), Near::Argument(function, 0));
        }
    }

    /// Warnings, then infos.
    pub(crate) fn into_texts(self) -> (Vec<String>, Vec<String>) {
        (self.warnings.into_inner().into_iter().collect(), self.infos.into_inner().into_iter().collect())
    }
}

/// Where in the query something stands: its first occurrence, since the parser keeps no positions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Near<'a> {
    /// A name.
    Word(&'a str),
    /// An argument of a function or aggregation, counted from 0.
    Argument(&'a str, usize),
}

impl Near<'_> {
    /// ` (line:column)`, or nothing where it is not found.
    fn place(self, query: &str) -> String {
        let at = match self {
            Self::Word(word) => find(query, word),
            Self::Argument(function, index) => argument(query, function, index),
        };
        let Some(at) = at else { return String::new() };
        let before = &query[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        format!(" ({}:{})", before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The first occurrence that is no part of a longer name.
fn find(text: &str, word: &str) -> Option<usize> {
    let whole = |at: &usize| !text[at + word.len()..].starts_with(is_word) && !text[..*at].ends_with(is_word);
    text.match_indices(word).map(|(at, _)| at).find(whole)
}

fn argument(text: &str, function: &str, index: usize) -> Option<usize> {
    let mut at = find(text, function)? + function.len();
    let rest = text[at..].trim_start();
    if rest.starts_with("by") || rest.starts_with("without") {
        at += text[at..].find(')')? + 1;
    }
    at += text[at..].find('(')? + 1;
    let (mut depth, mut commas, mut quote) = (0_usize, 0, None);
    let mut inside = text[at..].char_indices();
    while commas < index {
        match (inside.next()?.1, quote) {
            (c, Some(q)) if c == q => quote = None,
            (_, Some(_)) => {}
            (c @ ('"' | '\'' | '`'), None) => quote = Some(c),
            ('(' | '[' | '{', None) => depth += 1,
            (')' | ']' | '}', None) => depth = depth.checked_sub(1)?,
            (',', None) if depth == 0 => commas += 1,
            _ => {}
        }
    }
    inside.find(|(_, c)| !c.is_whitespace()).map(|(i, _)| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_unique_and_say_where() {
        let notes = Notes::new("a_foo +\n rate(foo[5m])");
        notes.inform("x", Near::Word("foo"));
        notes.inform("x", Near::Word("foo"));
        notes.warn("y", Near::Argument("rate", 0));
        notes.warn("z", Near::Word("nowhere"));
        notes.check_quantile(0.5, "quantile");
        let (warnings, infos) = notes.into_texts();
        assert_eq!(infos, ["PromQL info: x (2:7)"]);
        assert_eq!(warnings, ["PromQL warning: y (2:7)", "PromQL warning: z"]);
    }

    #[test]
    fn arguments_are_found() {
        for (text, function, index, expected) in [
            ("quantile(1.5, m)", "quantile", 0, " (1:10)"),
            ("quantile by (a) (1.5, m)", "quantile", 0, " (1:18)"),
            ("histogram_quantile(0.8, series)", "histogram_quantile", 1, " (1:25)"),
            ("f(g(\"),\", [1,2]),  x)", "f", 1, " (1:20)"),
            ("f(", "f", 0, ""),
            ("f(a", "f", 1, ""),
        ] {
            assert_eq!(Near::Argument(function, index).place(text), expected, "{text}");
        }
    }
}
