//! The stages of a query, applied to one line after the other.

use aio_types::{Labels, LogEntry};

use crate::error::Error;
use crate::line::{LineLabels, Needed, Scratch};
use crate::parse::ast::{self, Parser};
use crate::stage::Stage;
use crate::stage::Verdict;
use crate::stage::json_path::JsonPaths;
use crate::stage::label_filter::LabelFilter;
use crate::stage::label_format::LabelFormat;
use crate::stage::line_filter::LineFilter;
use crate::stage::logfmt::Logfmt;
use crate::stage::pattern::PatternParser;
use crate::stage::pick::Picks;
use crate::stage::regexp::RegexpParser;
use crate::stage::template::Template;

/// Stages, ready to be applied.
#[derive(Debug)]
pub(crate) struct Pipeline {
    stages: Vec<Stage>,
}

impl Pipeline {
    /// # Errors
    /// [`Error::Invalid`] naming the stage that cannot be made.
    pub(crate) fn new(stages: &[ast::Stage]) -> Result<Self, Error> {
        let compile = |stage| compile(stage).map_err(|why| Error::Invalid(named(stage, &why)));
        stages.iter().map(compile).collect::<Result<_, _>>().map(|stages| Self { stages })
    }

    /// Whether every line passes as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether a line passes; `scratch` holds what stages made of it.
    pub(crate) fn passes(&self, stream: &Labels, entry: &LogEntry, needed: &Needed, scratch: &mut Scratch) -> bool {
        let Scratch { labels, text, has_text, next } = scratch;
        *has_text = false;
        let mut labels = LineLabels::new(stream, entry, needed, labels);
        for stage in &self.stages {
            let current = if *has_text { text.as_str() } else { &entry.line };
            match stage.apply(current, &mut labels, next) {
                Verdict::Keep => {}
                Verdict::Drop => return false,
                Verdict::Replace => {
                    std::mem::swap(text, next);
                    *has_text = true;
                }
            }
        }
        true
    }

    /// Whether a stage may look at any label there is.
    pub(crate) fn reads_all(&self) -> bool {
        self.stages.iter().any(|stage| match stage {
            Stage::LabelFormat(format) => format.reads_all(),
            Stage::LineFormat(template) => template.reads_all(),
            _ => false,
        })
    }

    /// Names of labels that stages look at.
    pub(crate) fn each_name(&self, visit: &mut impl FnMut(&str)) {
        for stage in &self.stages {
            match stage {
                Stage::Label(filter) => filter.each_name(visit),
                Stage::LabelFormat(format) => format.each_name(visit),
                Stage::LineFormat(template) => template.each_name(visit),
                _ => {}
            }
        }
    }
}

/// A fault of a stage; some name themselves.
fn named(stage: &ast::Stage, why: &str) -> String {
    match stage {
        ast::Stage::Parser(Parser::Regexp(_)) => format!("invalid regexp parser: {why}"),
        ast::Stage::Parser(Parser::Pattern(_)) => format!("invalid pattern parser: {why}"),
        // A pattern of labels is looked at before there is a stage.
        ast::Stage::Label(_) if why.starts_with("parse error : ") => why["parse error : ".len()..].to_owned(),
        _ => format!("stage '{stage}' : {why}"),
    }
}

fn compile(stage: &ast::Stage) -> Result<Stage, String> {
    Ok(match stage {
        ast::Stage::Line(filter) => Stage::Line(LineFilter::new(filter)?),
        ast::Stage::Label(filter) => Stage::Label(LabelFilter::new(filter)?),
        ast::Stage::Parser(Parser::Json(paths)) if paths.is_empty() => Stage::Json,
        ast::Stage::Parser(Parser::Json(paths)) => Stage::JsonPaths(JsonPaths::new(paths)?),
        ast::Stage::Parser(Parser::Logfmt { strict, keep_empty, extractions }) => {
            Stage::Logfmt(Logfmt::new(*strict, *keep_empty, extractions)?)
        }
        ast::Stage::Parser(Parser::Regexp(regex)) => Stage::Regexp(RegexpParser::new(regex)?),
        ast::Stage::Parser(Parser::Pattern(pattern)) => Stage::Pattern(PatternParser::parse(pattern)?),
        ast::Stage::Parser(Parser::Unpack) => Stage::Unpack,
        ast::Stage::LineFormat(template) => {
            Stage::LineFormat(Template::parse("line", template).map_err(|why| format!("invalid line template: {why}"))?)
        }
        ast::Stage::LabelFormat(formats) => Stage::LabelFormat(LabelFormat::new(formats)?),
        ast::Stage::Decolorize => Stage::Decolorize,
        ast::Stage::Drop(picks) => Stage::Drop(Picks::new(picks)?),
        ast::Stage::Keep(picks) => Stage::Keep(Picks::new(picks)?),
    })
}
