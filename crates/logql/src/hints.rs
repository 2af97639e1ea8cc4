//! What a pipeline lets a store skip.

use aio_source::LogsSelect;
use aio_types::{MatchOp, TimestampNs};

use crate::ast::{LabelFilter, LogExpr, Pattern, Stage};
use crate::pipeline::Needed;

/// The selection for a log expression. Hints may be missing, but never wrong.
pub(crate) fn select(log: &LogExpr, start: TimestampNs, end: TimestampNs, newest_first: bool) -> LogsSelect {
    let mut line_contains = Vec::new();
    let mut metadata_equals = Vec::new();
    // After a parser a label may come from the line as well.
    let mut labels_are_stored = true;
    for stage in &log.stages {
        match stage {
            Stage::Line(filter) => {
                if let (false, [Pattern::Text(text)]) = (filter.negated, &filter.alternatives[..]) {
                    line_contains.push(text.clone());
                }
            }
            Stage::Label(filter) if labels_are_stored => equalities(filter, &mut metadata_equals),
            Stage::Label(_) => {}
            Stage::Json | Stage::Logfmt | Stage::Drop(_) | Stage::Keep(_) => labels_are_stored = false,
        }
    }
    LogsSelect { matchers: log.matchers.clone(), start, end, line_contains, metadata_equals, newest_first }
}

/// What parsers must find when only the labels in `groups` matter to the result.
pub(crate) fn needed(log: &LogExpr, groups: &[String]) -> Needed {
    let mut names = groups.to_vec();
    for stage in &log.stages {
        if let Stage::Label(filter) = stage {
            filter.each_name(&mut |name| names.push(name.to_owned()));
        }
    }
    names.sort_unstable();
    names.dedup();
    Needed::Only(names)
}

/// A name that stored metadata may go by: marks of failed stages and renamed labels are made by the pipeline.
fn is_stored(name: &str) -> bool {
    !name.starts_with("__") && !name.ends_with("_extracted")
}

fn equalities(filter: &LabelFilter, out: &mut Vec<(String, String)>) {
    match filter {
        LabelFilter::Match(m) if m.op == MatchOp::Equal && !m.value.is_empty() && is_stored(&m.name) => {
            out.push((m.name.to_string(), m.value.to_string()));
        }
        LabelFilter::And(left, right) => {
            equalities(left, out);
            equalities(right, out);
        }
        LabelFilter::Match(_) | LabelFilter::Compare { .. } | LabelFilter::Or(..) => {}
    }
}
