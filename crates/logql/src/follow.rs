//! A log query over lines that come one after the other, as a tail sees them.

use aio_types::{Labels, LogEntry, Matcher, TimestampNs};

use crate::engine::{Config, LogLine, StreamLines};
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
    shows_trace_ids: bool,
    now: fn() -> TimestampNs,
}

impl Follow {
    /// A log query, and how it is evaluated.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Refused`] for metric queries.
    pub fn new(expr: &Expr, config: &Config) -> Result<Self, Error> {
        let Expr::Log(log) = expr else {
            return Err(Error::Refused("only log selector is supported".to_owned()));
        };
        let (matchers, pipeline) = (crate::parse::compile(&log.matchers)?, Pipeline::new(&log.stages)?);
        Ok(Self {
            matchers,
            pipeline,
            scratch: Scratch::default(),
            shows_trace_ids: config.shows_trace_ids,
            now: config.now,
        })
    }

    /// What the labels of a stream must pass.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Whether a line of a stream that matches passes all stages.
    pub fn passes(&mut self, stream: &Labels, entry: &LogEntry) -> bool {
        self.scratch.labels.now = (self.now)();
        self.pipeline.passes(stream, entry, &Needed::All, &mut self.scratch)
    }

    /// Whether there are stages at all.
    #[must_use]
    pub fn has_stages(&self) -> bool {
        !self.pipeline.is_empty()
    }

    /// What stages make of a line of a stream that matches, if it passes.
    pub fn line(&mut self, stream: &Labels, entry: &LogEntry) -> Option<StreamLines> {
        if !self.passes(stream, entry) {
            return None;
        }
        let line = LogLine { ts: entry.ts, line: self.scratch.text(&entry.line).into() };
        let labels = LineLabels::resume(stream, entry, &Needed::All, &mut self.scratch.labels);
        let labels = labels.shown(self.shows_trace_ids);
        Some(StreamLines { stream: labels.stream, metadata: labels.metadata, parsed: labels.parsed, lines: vec![line] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_applied_line_by_line() {
        let mut follow =
            Follow::new(&crate::parse(r#"{app="a"} | json | level="error""#).expect("parses"), &Config::default())
                .expect("a log query");
        let stream = Labels::from_pairs([("app", "a")]);
        let mut line = |text: &str| {
            let entry = LogEntry { ts: TimestampNs(1), line: text.into(), metadata: Labels::default() };
            follow.line(&stream, &entry).map(|found| found.merged().to_string())
        };
        assert_eq!(line(r#"{"level":"error"}"#).as_deref(), Some(r#"{app="a", level="error"}"#));
        assert_eq!(line(r#"{"level":"info"}"#), None);
        assert!(Follow::new(&crate::parse(r#"rate({app="a"}[1m])"#).expect("parses"), &Config::default()).is_err());
    }
}
