//! Texts that must occur in whatever a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::LogsFilter;
use super::filter::fold_char;

/// Longer alternatives, or more of them, are not worth looking up.
const ALTERNATIVES_MAX: usize = 64;

impl LogsFilter {
    /// What a pattern of the `regex` crate requires of a line it matches anywhere; of one that does not compile nothing
    /// is known. Costs about as much as parsing it.
    #[must_use]
    pub fn of_pattern(pattern: &str) -> Self {
        regex_syntax::parse(pattern).map_or(Self::Any, |hir| of_hir(&hir))
    }
}

/// Neighbours in a pattern that are texts become one text.
#[derive(Default)]
struct Run {
    text: String,
    is_folded: bool,
}

impl Run {
    fn take(&mut self) -> LogsFilter {
        let run = std::mem::take(self);
        match run.is_folded {
            _ if run.text.is_empty() => LogsFilter::Any,
            true if run.text.is_ascii() => LogsFilter::ContainsFold(run.text.to_ascii_lowercase()),
            true => LogsFilter::Any,
            false => LogsFilter::Contains(run.text),
        }
    }
}

fn of_hir(hir: &Hir) -> LogsFilter {
    let mut all = Vec::new();
    let mut run = Run::default();
    collect(hir, &mut run, &mut all);
    all.push(run.take());
    LogsFilter::all(all)
}

/// Adds what `hir` requires; `run` is the text that ends where it begins.
fn collect(hir: &Hir, run: &mut Run, all: &mut Vec<LogsFilter>) {
    match hir.kind() {
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => run.text.push_str(text),
            Err(_) => all.push(run.take()),
        },
        HirKind::Class(class) => match folded(class) {
            Some(c) => {
                run.text.push(c);
                run.is_folded = true;
            }
            None => all.push(run.take()),
        },
        HirKind::Capture(capture) => collect(&capture.sub, run, all),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, run, all)),
        HirKind::Alternation(parts) => {
            all.push(run.take());
            if parts.len() <= ALTERNATIVES_MAX {
                all.push(LogsFilter::one_of(parts.iter().map(of_hir)));
            }
        }
        HirKind::Repetition(repetition) => {
            all.push(run.take());
            if repetition.min > 0 {
                all.push(of_hir(&repetition.sub));
            }
        }
        // They take no room, but what is on both sides of a place need not be looked up as one.
        HirKind::Empty | HirKind::Look(_) => all.push(run.take()),
    }
}

/// The letter all of a class are forms of.
fn folded(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let mut chars = class.iter().flat_map(|range| range.start()..=range.end()).take(8).map(fold_char);
    let first = chars.next().filter(char::is_ascii_alphabetic)?;
    chars.all(|c| c == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str) -> LogsFilter {
        LogsFilter::contains(of)
    }

    #[test]
    fn patterns_require_texts() {
        let fold = |of: &str| LogsFilter::ContainsFold(of.to_owned());
        for (pattern, want) in [
            ("refused", text("refused")),
            ("conn.*refused", LogsFilter::all([text("conn"), text("refused")])),
            ("a(b)c+", LogsFilter::all([text("ab"), text("c")])),
            ("err(or)?", text("err")),
            ("(foo|bar)x", LogsFilter::all([LogsFilter::one_of([text("foo"), text("bar")]), text("x")])),
            ("foo|", LogsFilter::Any),
            ("(?i)disk", fold("disk")),
            ("(?i)é1", text("1")),
            ("[0-9]+", LogsFilter::Any),
            ("(", LogsFilter::Any),
            (r"\bpanic\b", text("panic")),
        ] {
            assert_eq!(LogsFilter::of_pattern(pattern), want, "{pattern}");
        }
    }
}
