//! A function over windows of lines, and which labels its series have.

use aio_types::{Labels, MatchOp};

use crate::error::Error;
use crate::line::{ERROR, Needed};
use crate::parse::ast::{Grouping, LogExpr, RangeExpr, RangeOp, Stage};
use crate::pipeline::Pipeline;
use crate::stage::unwrap::Unwrap;

/// What is read of lines, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) op: RangeOp,
    pub(crate) quantile: f64,
    pub(crate) log: LogExpr,
    pub(crate) pipeline: Pipeline,
    pub(crate) unwrap: Option<Unwrap>,
    pub(crate) range_ns: i64,
    pub(crate) offset_ns: i64,
    /// The labels that series have; all for `None`.
    pub(crate) grouping: Option<Grouping>,
    /// Whether labels with empty values are none, as they are in sums.
    pub(crate) drops_empty: bool,
    pub(crate) needed: Needed,
    /// Whether a line that a parser failed on is a line like others, since the query asks about faults.
    pub(crate) tolerates_faults: bool,
}

impl Window {
    /// `outer` is the grouping of a sum around it, which takes the place of its own.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn new(range: &RangeExpr, outer: Option<&Grouping>) -> Result<Self, Error> {
        let log = without_unseen_lines(&range.log, range.op);
        let pipeline = Pipeline::new(&log.stages)?;
        let unwrap = range.unwrap.as_ref().map(Unwrap::new).transpose().map_err(Error::Invalid)?;
        let grouping = grouping(range, outer);
        let needed = needed(&pipeline, unwrap.as_ref(), grouping.as_ref());
        let tolerates_faults = needed.count().is_some() && needed.has(ERROR);
        Ok(Self {
            op: range.op,
            quantile: range.param.unwrap_or_default(),
            log,
            pipeline,
            unwrap,
            range_ns: range.range_ns,
            offset_ns: range.offset_ns,
            grouping,
            drops_empty: outer.is_some(),
            needed,
            tolerates_faults,
        })
    }

    /// Labels of the series that says that there is nothing: those that exactly one equality asks for.
    pub(crate) fn absent_labels(&self) -> Labels {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut unclear: Vec<&str> = Vec::new();
        for m in self.log.matchers.iter().filter(|m| m.name != "__name__") {
            if m.op == MatchOp::Equal && pairs.iter().all(|(name, _)| *name != m.name) {
                pairs.push((&m.name, &m.value));
            } else {
                unclear.push(&m.name);
            }
        }
        pairs.retain(|(name, _)| !unclear.contains(name));
        Labels::from_pairs(pairs)
    }
}

/// Without `line_format` where nothing looks at the line behind it: then its faults do not count either.
fn without_unseen_lines(log: &LogExpr, op: RangeOp) -> LogExpr {
    let mut log = log.clone();
    if matches!(op, RangeOp::Bytes | RangeOp::BytesRate) {
        return log;
    }
    let looks = |stage: &Stage| matches!(stage, Stage::Parser(_) | Stage::Line(_));
    let seen = log.stages.iter().rposition(looks).unwrap_or(0);
    let mut at = 0;
    log.stages.retain(|stage| {
        at += 1;
        at <= seen || !matches!(stage, Stage::LineFormat(_))
    });
    log
}

fn grouping(range: &RangeExpr, outer: Option<&Grouping>) -> Option<Grouping> {
    if range.op == RangeOp::Absent {
        return Some(Grouping::default());
    }
    let own = outer.or(range.grouping.as_ref());
    match (own, &range.unwrap) {
        (Some(by), _) if !by.without => Some(by.clone()),
        // The label that holds the value is none of the series'.
        (own, Some(unwrap)) => {
            let mut labels = own.map(|g| g.labels.clone()).unwrap_or_default();
            labels.push(unwrap.label.clone());
            Some(Grouping { without: true, labels })
        }
        (own, None) => own.cloned(),
    }
}

/// What parsers must find.
fn needed(pipeline: &Pipeline, unwrap: Option<&Unwrap>, grouping: Option<&Grouping>) -> Needed {
    let Some(by) = grouping.filter(|g| !g.without && !pipeline.reads_all()) else { return Needed::All };
    let mut names = by.labels.clone();
    let mut add = |name: &str| names.push(name.to_owned());
    pipeline.each_name(&mut add);
    if let Some(unwrap) = unwrap {
        add(&unwrap.label);
        unwrap.filters.iter().for_each(|filter| filter.each_name(&mut add));
    }
    Needed::only(names)
}
