//! What matchers ask of a sorted dictionary of label values, so that only values that can pass are looked at.
//!
//! Every matcher comes down to a set of values, the *pattern's*, and what having one of them means:
//!
//! ```text
//!   =~ and "" does not pass the pattern    series with one of the values
//!   =~ and "" passes                       series with one of the values, or without the label
//!   !~ and "" does not pass the pattern    series with none of the values
//!   !~ and "" passes                       series with another value
//! ```
//!
//! The set is found by taking the regular expression apart: alternatives of literals become look-ups, literal
//! prefixes become ranges, and only what is neither is compared with every value. What is found is always a superset:
//! values are still shown to the matcher, unless the pattern is plainly "begins with".

use aio_types::{MatchOp, Matcher};
use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

/// Alternatives that are looked up one by one; a dashboard's list of pods may be long.
const ALTERNATIVES_MAX: usize = 10_000;
/// Longest literal taken from a pattern.
const LITERAL_BYTES_MAX: usize = 256;

/// The non-empty label values that pass a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    /// None.
    None,
    /// All.
    All,
    /// These literals, as far as they are there.
    Equal(Box<str>),
    /// Some of these literals and of what begins with these prefixes: ascending, none a prefix of another.
    Among(Vec<Candidate>),
    /// Whatever begins with this.
    Prefix(Box<str>),
    /// Some of all.
    Any,
}

/// Where values that may pass are found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Candidate {
    /// This value.
    Exact(Box<str>),
    /// Values that begin with this.
    Prefix(Box<str>),
}

/// What the values of a pattern mean for a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It has one of them.
    With,
    /// It has one of them or lacks the label.
    WithOrAbsent,
    /// It has none of them.
    Without,
    /// It has the label with another value.
    WithOther,
}

/// One matcher, taken apart.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) matcher: &'a Matcher,
    pub(crate) values: Values,
    pub(crate) keep: Keep,
}

/// A selection, taken apart once for all the dictionaries it is shown to.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) steps: Vec<Step<'a>>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(matchers: &'a [Matcher]) -> Self {
        Self { steps: matchers.iter().map(Step::new).collect() }
    }
}

impl<'a> Step<'a> {
    fn new(matcher: &'a Matcher) -> Self {
        let negated = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
        let keep = match (negated, matcher.matches_empty()) {
            (false, false) => Keep::With,
            (false, true) => Keep::WithOrAbsent,
            (true, true) => Keep::Without,
            (true, false) => Keep::WithOther,
        };
        let values = match matcher.op {
            MatchOp::Equal | MatchOp::NotEqual if matcher.value.is_empty() => Values::None,
            MatchOp::Equal | MatchOp::NotEqual => Values::Equal(matcher.value.clone()),
            MatchOp::Regex | MatchOp::NotRegex => values_of(&matcher.value),
        };
        Self { matcher, values, keep }
    }

    /// Whether a value is one of the pattern's.
    pub(crate) fn is_pattern(&self, value: &str) -> bool {
        let negated = matches!(self.keep, Keep::Without | Keep::WithOther);
        self.matcher.matches(value) != negated
    }

    /// Whether its values are found without comparing many.
    pub(crate) fn is_lookup(&self) -> bool {
        match &self.values {
            Values::None | Values::All | Values::Equal(_) => true,
            Values::Among(candidates) => candidates.iter().all(|c| matches!(c, Candidate::Exact(_))),
            Values::Prefix(_) | Values::Any => false,
        }
    }
}

/// Takes a regular expression apart.
fn values_of(pattern: &str) -> Values {
    // Anchors are implied, as the matcher has them; what does not parse never became a matcher.
    let Ok(hir) = regex_syntax::parse(&format!("(?s:{pattern})")) else { return Values::Any };
    let hir = bare(&hir);
    if let HirKind::Empty = hir.kind() {
        return Values::None;
    }
    if anything_from(hir).is_some_and(|min| min <= 1) {
        return Values::All;
    }
    if let Some(prefix) = begins_with(hir) {
        return Values::Prefix(prefix);
    }
    let mut extractor = Extractor::new();
    extractor.limit_total(ALTERNATIVES_MAX).limit_literal_len(LITERAL_BYTES_MAX);
    match extractor.extract(hir).literals() {
        Some(literals) => among(literals),
        None => Values::Any,
    }
}

fn among(literals: &[Literal]) -> Values {
    let mut candidates: Vec<_> = literals.iter().map(candidate).collect();
    if candidates.iter().any(|c| matches!(c, Candidate::Prefix(p) if p.is_empty())) {
        return Values::Any;
    }
    candidates.retain(|c| !matches!(c, Candidate::Exact(e) if e.is_empty()));
    // What begins with a prefix is found by that prefix.
    candidates.sort_unstable_by(|a, b| a.text().cmp(b.text()).then_with(|| b.cmp(a)));
    candidates.dedup_by(|next, before| match before {
        Candidate::Prefix(prefix) => next.text().starts_with(&**prefix),
        Candidate::Exact(_) => next == before,
    });
    if candidates.is_empty() { Values::None } else { Values::Among(candidates) }
}

impl Candidate {
    fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) => text,
        }
    }
}

/// A literal that was cut inside a character is a prefix up to that character.
fn candidate(literal: &Literal) -> Candidate {
    let bytes = literal.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if literal.is_exact() => Candidate::Exact(text.into()),
        Ok(text) => Candidate::Prefix(text.into()),
        Err(error) => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Candidate::Prefix(String::from_utf8_lossy(whole).into())
        }
    }
}

/// Without the groups around it.
fn bare(mut hir: &Hir) -> &Hir {
    while let HirKind::Capture(group) = hir.kind() {
        hir = &group.sub;
    }
    hir
}

/// `.*`, `.+` and the like: from how many characters on they accept any text.
fn anything_from(hir: &Hir) -> Option<u32> {
    let HirKind::Repetition(repetition) = bare(hir).kind() else { return None };
    let HirKind::Class(Class::Unicode(class)) = bare(&repetition.sub).kind() else { return None };
    let any_character = class.ranges() == [ClassUnicodeRange::new('\0', char::MAX)];
    (any_character && repetition.max.is_none()).then_some(repetition.min)
}

/// `literal.*`.
fn begins_with(hir: &Hir) -> Option<Box<str>> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let [literal, rest] = &parts[..] else { return None };
    let HirKind::Literal(literal) = bare(literal).kind() else { return None };
    (anything_from(rest) == Some(0)).then(|| std::str::from_utf8(&literal.0).ok().map(Into::into))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(texts: &[&str]) -> Values {
        Values::Among(texts.iter().map(|t| Candidate::Exact((*t).into())).collect())
    }

    #[test]
    fn patterns_become_lookups_and_ranges() {
        let prefix = |t: &str| Candidate::Prefix(t.into());
        for (pattern, expected) in [
            ("", Values::None),
            ("()", Values::None),
            (".*", Values::All),
            (".+", Values::All),
            ("(.+)", Values::All),
            ("a", exact(&["a"])),
            ("b|a|c|a", exact(&["a", "b", "c"])),
            ("x|", exact(&["x"])),
            ("pre-(a|b)-post", exact(&["pre-a-post", "pre-b-post"])),
            ("(?:GET|POST)", exact(&["GET", "POST"])),
            ("5[0-3]", exact(&["50", "51", "52", "53"])),
            ("colou?r", exact(&["color", "colour"])),
            ("foo.*", Values::Prefix("foo".into())),
            ("foo(.*)", Values::Prefix("foo".into())),
            ("foo.+", Values::Among(vec![prefix("foo")])),
            ("foo|foo.+|bar", Values::Among(vec![Candidate::Exact("bar".into()), prefix("foo")])),
            ("a.*|b.*", Values::Among(vec![prefix("a"), prefix("b")])),
            (".*foo", Values::Any),
            ("[a-z]+", Values::Any),
            ("..+", Values::Any),
            ("(?i:ab)", exact(&["AB", "Ab", "aB", "ab"])),
        ] {
            assert_eq!(values_of(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn long_lists_of_alternatives_are_looked_up() {
        let pods: Vec<_> = (0..2000).map(|i| format!("pod-{i:04}-abcde")).collect();
        let Values::Among(candidates) = values_of(&pods.join("|")) else { panic!("not looked up") };
        assert_eq!(candidates.len(), 2000);
        assert!(candidates.iter().all(|c| matches!(c, Candidate::Exact(_))));
    }
}
