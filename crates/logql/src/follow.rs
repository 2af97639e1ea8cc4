//! A log query over lines that come one after the other, as a tail sees them.

use aio_types::{Labels, LogEntry, Matcher};

use crate::engine::{LogLine, StreamLines};
use crate::error::Error;
use crate::line::{LineLabels, Needed, Scratch};
use crate::parse::ast::Expr;
use crate::pipeline::Pipeline;

/// A log query, ready to be asked about lines.
#[derive(Debug)]
pub struct Follow {
    matchers: Vec<Matcher>,
    pipeline: Pipeline,
    scratch: Scratch,
}

impl Follow {
    /// # Errors
    /// [`Error::Invalid`], [`Error::Refused`] for metric queries.
    pub fn new(expr: &Expr) -> Result<Self, Error> {
        let Expr::Log(log) = expr else {
            return Err(Error::Refused("only log queries can be followed".to_owned()));
        };
        let (matchers, pipeline) = (crate::parse::compile(&log.matchers)?, Pipeline::new(&log.stages)?);
        Ok(Self { matchers, pipeline, scratch: Scratch::default() })
    }

    /// What the labels of a stream must pass.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// What stages make of a line of a stream that matches, if it passes.
    pub fn line(&mut self, stream: &Labels, entry: &LogEntry) -> Option<StreamLines> {
        if !self.pipeline.passes(stream, entry, &Needed::All, &mut self.scratch) {
            return None;
        }
        let line = LogLine { ts: entry.ts, line: self.scratch.text(&entry.line).into() };
        let labels = LineLabels::resume(stream, entry, &Needed::All, &mut self.scratch.labels).categorized();
        Some(StreamLines { stream: labels.stream, metadata: labels.metadata, parsed: labels.parsed, lines: vec![line] })
    }
}

#[cfg(test)]
mod tests {
    use aio_types::TimestampNs;

    use super::*;

    #[test]
    fn stages_are_applied_line_by_line() {
        let mut follow =
            Follow::new(&crate::parse(r#"{app="a"} | json | level="error""#).expect("parses")).expect("a log query");
        let stream = Labels::from_pairs([("app", "a")]);
        let mut line = |text: &str| {
            let entry = LogEntry { ts: TimestampNs(1), line: text.into(), metadata: Labels::default() };
            follow.line(&stream, &entry).map(|found| found.merged().to_string())
        };
        assert_eq!(line(r#"{"level":"error"}"#).as_deref(), Some(r#"{app="a", level="error"}"#));
        assert_eq!(line(r#"{"level":"info"}"#), None);
        assert!(Follow::new(&crate::parse(r#"rate({app="a"}[1m])"#).expect("parses")).is_err());
    }
}
