//! Line filters and label filters.

use memchr::memmem;

use crate::ast::{CompareOp, LabelFilter, LineFilter, Pattern, Quantity};
use crate::lexer::{bytes, duration_ns};
use crate::pipeline::{ERROR, LineLabels};

impl LineFilter {
    pub(crate) fn passes(&self, line: &str) -> bool {
        let found = self.alternatives.iter().any(|pattern| match pattern {
            Pattern::Text(text) => memmem::find(line.as_bytes(), text.as_bytes()).is_some(),
            Pattern::Regex(regex) => regex.is_match(line.as_bytes()),
        });
        found != self.negated
    }
}

impl LabelFilter {
    /// Whether the line stays. A value that cannot be read as what it is compared with stays too, marked.
    pub(crate) fn passes(&self, labels: &mut LineLabels<'_>) -> bool {
        match self {
            Self::Match(matcher) => matcher.matches(labels.get(&matcher.name)),
            Self::And(left, right) => left.passes(labels) && right.passes(labels),
            Self::Or(left, right) => left.passes(labels) || right.passes(labels),
            Self::Compare { name, op, value } => {
                let text = labels.get(name);
                if text.is_empty() {
                    return false;
                }
                match quantity(text, *value) {
                    Some((left, right)) => compare(left, *op, right),
                    None => {
                        labels.set(ERROR, "LabelFilterErr");
                        true
                    }
                }
            }
        }
    }
}

fn quantity(text: &str, like: Quantity) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "durations are compared as float seconds")]
    match like {
        Quantity::Number(right) => Some((text.parse().ok()?, right)),
        Quantity::DurationSeconds(right) => Some((duration_ns(text)? as f64 / 1e9, right)),
        Quantity::Bytes(right) => Some((bytes(text).or_else(|| text.parse().ok())?, right)),
    }
}

#[expect(clippy::float_cmp, reason = "the language compares exactly")]
fn compare(left: f64, op: CompareOp, right: f64) -> bool {
    match op {
        CompareOp::Equal => left == right,
        CompareOp::NotEqual => left != right,
        CompareOp::Greater => left > right,
        CompareOp::GreaterOrEqual => left >= right,
        CompareOp::Less => left < right,
        CompareOp::LessOrEqual => left <= right,
    }
}
