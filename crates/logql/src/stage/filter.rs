//! Line filters and label filters.

use memchr::memmem;

use crate::ast::{CompareOp, LabelFilter, LineFilter, Pattern, Quantity};
use crate::pipeline::LineLabels;
use crate::units;

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
    /// Whether the line stays. A value that cannot be read as what it is compared with stays too, marked; and of a
    /// marked line only its texts are compared, so that the mark is seen.
    pub(crate) fn passes(&self, labels: &mut LineLabels<'_>) -> bool {
        match self {
            Self::Match(matcher) => matcher.matches(labels.get(&matcher.name)),
            Self::And(left, right) => left.passes(labels) && right.passes(labels),
            Self::Or(left, right) => left.passes(labels) || right.passes(labels),
            Self::Compare { .. } if labels.has_failed() => true,
            Self::Compare { name, op, value } => {
                let text = labels.get(name);
                if text.is_empty() {
                    return false;
                }
                match quantity(text, *value) {
                    Some((left, right)) => compare(left, *op, right),
                    None => {
                        labels.fail("LabelFilterErr", "a label's value is not what it is compared with");
                        true
                    }
                }
            }
        }
    }

    /// Calls `visit` with the name of every label looked at.
    pub(crate) fn each_name(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Self::Match(matcher) => visit(&matcher.name),
            Self::Compare { name, .. } => visit(name),
            Self::And(left, right) | Self::Or(left, right) => {
                left.each_name(visit);
                right.each_name(visit);
            }
        }
    }
}

fn quantity(text: &str, like: Quantity) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "durations are compared as float seconds")]
    match like {
        Quantity::Number(right) => Some((text.parse().ok()?, right)),
        Quantity::DurationSeconds(right) => Some((units::go_duration_ns(text)? as f64 / 1e9, right)),
        Quantity::Bytes(right) => Some((units::bytes(text)?, right)),
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

#[cfg(test)]
mod tests {
    use aio_types::{Labels, LogEntry, TimestampNs};

    use crate::ast::Expr;
    use crate::pipeline::{Needed, apply};

    /// The line's `__error__` after `{app="a"} STAGES`, or `dropped`.
    fn outcome(stages: &str, metadata: &[(&str, &str)]) -> String {
        let Ok(Expr::Log(log)) = crate::parse(&format!("{{app=\"a\"}} {stages}")) else { panic!("{stages}") };
        let metadata = Labels::from_pairs(metadata.iter().copied());
        let entry = LogEntry { ts: TimestampNs(0), line: "no json".into(), metadata };
        let stream = Labels::from_pairs([("app", "a")]);
        apply(&log.stages, &stream, &entry, &Needed::All)
            .map_or("dropped".to_owned(), |labels| labels.parsed.get("__error__").to_owned())
    }

    #[test]
    fn comparisons_read_values_by_their_kind() {
        for (stages, value, want) in [
            ("| v > 5", "6", ""),
            ("| v > 5", "4", "dropped"),
            ("| v > 5", "six", "LabelFilterErr"),
            ("| v > 5", "", "dropped"),
            ("| v > 1d", "25h", ""),
            ("| v > 1d", "2d", "LabelFilterErr"),
            ("| v > 20ms", "0.5s", ""),
            ("| v >= 1.5KiB", "1536", ""),
            ("| v < 1KiB", "5 kB", "dropped"),
            ("| v > 1KB", "2k", ""),
            ("| v = 5", "5.0", ""),
            ("| v != 5", "6", ""),
            ("| v = \"5\"", "5.0", "dropped"),
            ("| v > 5 | __error__=\"\"", "six", "dropped"),
        ] {
            assert_eq!(outcome(stages, &[("v", value)]), want, "{stages} of {value}");
        }
    }

    #[test]
    fn the_first_fault_stays_and_lets_the_line_pass_comparisons() {
        assert_eq!(outcome("| json | v > 5", &[]), "JSONParserErr");
        assert_eq!(outcome("| json | v > 5", &[("v", "x")]), "JSONParserErr");
        assert_eq!(outcome("| json | v = \"5\"", &[]), "dropped");
        assert_eq!(outcome("| json | drop __error__ | v > 5", &[]), "dropped");
    }

    #[test]
    fn and_binds_tighter_than_or_and_commas_take_all_that_follows() {
        let t = |stages: &str| outcome(stages, &[("t", "1")]) != "dropped";
        // t is true, f is false.
        for (filter, want) in [
            (r#"t="1" or f="1" and f="1""#, true),
            (r#"f="1" and f="1" or t="1""#, true),
            (r#"t="1" or t="1", f="1""#, true),
            (r#"f="1", f="1" or t="1""#, false),
            (r#"f="1" f="1" or t="1""#, false),
            (r#"t="1" OR f="1" AND f="1""#, true),
            (r#"(t="1" or f="1") and f="1""#, false),
        ] {
            assert_eq!(t(&format!("| {filter}")), want, "{filter}");
        }
    }
}
