//! Stages, ready to be applied: everything that can fail to compile has been compiled.

pub(crate) mod address;
pub(crate) mod decolorize;
pub(crate) mod json;
pub(crate) mod json_path;
pub(crate) mod label_filter;
pub(crate) mod label_format;
pub(crate) mod line_filter;
pub(crate) mod line_format;
pub(crate) mod logfmt;
mod name;
pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod pick;
pub(crate) mod regexp;
pub(crate) mod template;
pub(crate) mod unpack;
pub(crate) mod unwrap;

use self::json_path::JsonPaths;
use self::label_filter::LabelFilter;
use self::label_format::LabelFormat;
use self::line_filter::LineFilter;
use self::logfmt::Logfmt;
use self::pattern::PatternParser;
use self::pick::Picks;
use self::regexp::RegexpParser;
use self::template::Template;
use crate::line::LineLabels;

/// One step of a pipeline.
#[derive(Debug)]
pub(crate) enum Stage {
    Line(LineFilter),
    Label(LabelFilter),
    Json,
    JsonPaths(JsonPaths),
    Logfmt(Logfmt),
    Regexp(RegexpParser),
    Pattern(PatternParser),
    Unpack,
    LineFormat(Template),
    LabelFormat(LabelFormat),
    Decolorize,
    Drop(Picks),
    Keep(Picks),
}

/// What a stage did with the text of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Keep,
    /// There is a new one beside it.
    Replace,
    /// The line does not pass.
    Drop,
}

impl Verdict {
    fn keep_if(passes: bool) -> Self {
        if passes { Self::Keep } else { Self::Drop }
    }
}

impl Stage {
    /// Applies the stage; a new text is written to `next`.
    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>, next: &mut String) -> Verdict {
        match self {
            Self::Line(filter) => return Verdict::keep_if(filter.passes(text)),
            Self::Label(filter) => return Verdict::keep_if(filter.passes(labels)),
            Self::Json => json::apply(text, labels),
            Self::JsonPaths(paths) => paths.apply(text, labels),
            Self::Logfmt(logfmt) => logfmt.apply(text, labels),
            Self::Regexp(regexp) => regexp.apply(text, labels),
            Self::Pattern(pattern) => pattern.apply(text, labels),
            Self::Unpack => return unpack::apply(text, labels, next),
            Self::LineFormat(template) => return line_format::apply(template, text, labels, next),
            Self::LabelFormat(format) => format.apply(text, labels),
            Self::Decolorize => return decolorize::apply(text, next),
            Self::Drop(picks) => picks.drop(labels),
            Self::Keep(picks) => picks.keep(labels),
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
