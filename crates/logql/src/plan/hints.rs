//! What a pipeline lets a store skip.

use aio_source::LogsSelect;
use aio_types::{MatchOp, TimestampNs};

use crate::error::Error;
use crate::parse::ast::{LabelFilter, LineOp, LogExpr, Parser, Stage};

/// The selection for a log expression. Hints may be missing, but never wrong.
///
/// # Errors
/// [`Error::Invalid`] for a regular expression that is none.
pub(crate) fn select(
    log: &LogExpr,
    start: TimestampNs,
    end: TimestampNs,
    newest_first: bool,
) -> Result<LogsSelect, Error> {
    let mut hints = Hints { line_contains: Vec::new(), metadata_equals: Vec::new() };
    // After a parser a label may come from the line as well; after other stages the line is another.
    let (mut labels_are_stored, mut line_is_stored) = (true, true);
    for stage in &log.stages {
        match stage {
            Stage::Line(filter) if line_is_stored && filter.op == LineOp::Contains => {
                if let [operand] = &filter.operands[..]
                    && !operand.is_ip
                {
                    hints.line_contains.push(operand.text.clone());
                }
            }
            Stage::Line(_) => {}
            Stage::Label(filter) if labels_are_stored => hints.equalities(filter),
            Stage::Label(_) => {}
            Stage::Parser(Parser::Unpack) => (labels_are_stored, line_is_stored) = (false, false),
            Stage::Decolorize | Stage::LineFormat(_) => line_is_stored = false,
            Stage::Parser(_) | Stage::Drop(_) | Stage::Keep(_) | Stage::LabelFormat(_) => labels_are_stored = false,
        }
    }
    let Hints { line_contains, metadata_equals } = hints;
    let matchers = crate::parse::compile(&log.matchers)?;
    Ok(LogsSelect { matchers, start, end, line_contains, metadata_equals, newest_first })
}

struct Hints {
    line_contains: Vec<String>,
    metadata_equals: Vec<(String, String)>,
}

impl Hints {
    fn equalities(&mut self, filter: &LabelFilter) {
        match filter {
            LabelFilter::Match(m) if m.op == MatchOp::Equal && !m.value.is_empty() && is_stored(&m.name) => {
                self.metadata_equals.push((m.name.clone(), m.value.clone()));
            }
            LabelFilter::And(left, right) => {
                self.equalities(left);
                self.equalities(right);
            }
            LabelFilter::Match(_) | LabelFilter::Compare { .. } | LabelFilter::Ip { .. } | LabelFilter::Or(..) => {}
        }
    }
}

/// A name that stored metadata may go by: marks of failed stages and renamed labels are made by the pipeline.
fn is_stored(name: &str) -> bool {
    !name.starts_with("__") && !name.ends_with("_extracted")
}
