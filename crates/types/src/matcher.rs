//! Label matchers with Prometheus 3 semantics: an absent label is `""`, regular expressions are anchored at both
//! ends, in Go's syntax, and `.` matches newlines.

use std::fmt;

use regex::Regex;

use crate::Labels;
use crate::pattern::{self, Glob};

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl MatchOp {
    /// The operator as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// One condition on one label.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label's name.
    pub name: Box<str>,
    /// How to compare.
    pub op: MatchOp,
    /// Literal or pattern, as written.
    pub value: Box<str>,
    /// What the pattern is to machines; `None` of a literal.
    pattern: Option<Pattern>,
}

#[derive(Debug, Clone)]
enum Pattern {
    Simple(Glob),
    Regex(Regex),
}

impl Pattern {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Simple(glob) => glob.matches(value),
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

impl fmt::Display for Matcher {
    /// As a selector has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.op.as_str())?;
        crate::labels::quote(f, &self.value)
    }
}

/// A pattern that does not compile.
#[derive(Debug, Clone, thiserror::Error)]
#[error("invalid regular expression {pattern:?} in matcher for label {name:?}: {reason}")]
pub struct MatcherError {
    /// The label.
    pub name: String,
    /// The pattern as written.
    pub pattern: String,
    /// What the regex compiler said.
    pub reason: String,
}

impl Matcher {
    /// Compiles a matcher.
    ///
    /// # Errors
    /// [`MatcherError`] when `op` is a regex one and `value` does not compile.
    pub fn new(name: impl Into<Box<str>>, op: MatchOp, value: impl Into<Box<str>>) -> Result<Self, MatcherError> {
        let (name, value) = (name.into(), value.into());
        let pattern = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(compile(&value).map_err(|reason| MatcherError {
                name: name.to_string(),
                pattern: value.to_string(),
                reason,
            })?),
        };
        Ok(Self { name, op, value, pattern })
    }

    /// Whether a label value (or `""` for an absent label) passes.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let is_of_pattern = || self.pattern.as_ref().is_some_and(|pattern| pattern.matches(value));
        match self.op {
            MatchOp::Equal => *self.value == *value,
            MatchOp::NotEqual => *self.value != *value,
            MatchOp::Regex => is_of_pattern(),
            MatchOp::NotRegex => !is_of_pattern(),
        }
    }

    /// Whether series without the label pass.
    #[must_use]
    pub fn matches_empty(&self) -> bool {
        self.matches("")
    }

    /// Whether a whole label set passes.
    #[must_use]
    pub fn matches_labels(&self, labels: &Labels) -> bool {
        self.matches(labels.get(&self.name))
    }
}

fn compile(pattern: &str) -> Result<Pattern, String> {
    if let Some(glob) = Glob::parse(pattern) {
        return Ok(Pattern::Simple(glob));
    }
    let translated = pattern::translate(pattern).map_err(|error| error.to_string())?;
    Regex::new(&format!("^(?s:{translated})$")).map(Pattern::Regex).map_err(|error| {
        // The compiler draws the pattern with a mark below the place; its last line says what is wrong.
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("{why}: `{pattern}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(op: MatchOp, pattern: &str, value: &str) -> bool {
        Matcher::new("l", op, pattern).expect("compiles").matches(value)
    }

    #[test]
    fn regexes_are_anchored_and_dot_matches_newline() {
        assert!(check(MatchOp::Regex, "a|b", "b"));
        assert!(!check(MatchOp::Regex, "a|b", "ab"));
        assert!(check(MatchOp::Regex, "a.b", "a\nb"));
        assert!(check(MatchOp::NotRegex, "a.*", "ba"));
        assert!(check(MatchOp::Regex, r"\Qa.b\E\d", "a.b1"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let err = Matcher::new("job", MatchOp::Regex, "(").expect_err("must fail").to_string();
        assert!(err.contains("\"job\"") && err.contains("\"(\""), "{err}");
    }
}
