//! What a pipeline lets a store skip: what is known of every line that passes.
//!
//! ```text
//!   {app="a"} |= "refused" | json | status="500" or level="error"
//!                ~~~~~~~             ~~~~~~~~~~~    ~~~~~~~~~~~~~   in the line, or in structured metadata
//!              in the line
//! ```
//!
//! Stages are followed in order as long as it is known where labels come from. A label that a parser takes out of the
//! line has its text there, but for what JSON can spell otherwise: of such texts the letters and digits are looked up,
//! run by run, and lines that escape even these are kept ([`LogsFilter::EscapedLetters`]).

use aio_source::{LogsFilter, LogsSelect};
use aio_types::{MatchOp, TimestampNs};

use crate::error::Error;
use crate::line::TRACE_ID;
use crate::parse::ast::{LabelFilter, LabelMatcher, LabelSource, LineFilter, LineOp, LogExpr, Parser, Stage};
use crate::stage::pattern;

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
    let matchers = crate::parse::compile(&log.matchers)?;
    Ok(LogsSelect { matchers, start, end, filter: filter(&log.stages), newest_first, enough: None })
}

/// What is known of every line that passes.
fn filter(stages: &[Stage]) -> LogsFilter {
    let mut known = Known { line_is_stored: true, parsed: None, made: Vec::new() };
    let mut all = Vec::new();
    for stage in stages {
        match stage {
            Stage::Line(filter) if known.line_is_stored => all.push(of_line(filter)),
            Stage::Label(filter) => all.push(known.of_label(filter)),
            Stage::Line(_) | Stage::Drop(_) | Stage::Keep(_) => {}
            Stage::Parser(_) if !known.line_is_stored => break,
            Stage::Parser(parser) => known.parse(parser),
            Stage::LabelFormat(formats) => {
                for format in formats {
                    known.made.push(format.label.clone());
                    if let LabelSource::Label(from) = &format.from {
                        known.made.push(from.clone());
                    }
                }
            }
            Stage::Decolorize | Stage::LineFormat(_) => known.line_is_stored = false,
        }
    }
    LogsFilter::all(all)
}

fn of_line(filter: &LineFilter) -> LogsFilter {
    LogsFilter::one_of(filter.operands.iter().map(|operand| match filter.op {
        _ if operand.is_ip => LogsFilter::Any,
        LineOp::Contains => LogsFilter::contains(&operand.text),
        LineOp::Matches => {
            aio_types::pattern::translate(&operand.text).map_or(LogsFilter::Any, |p| LogsFilter::of_pattern(&p))
        }
        LineOp::Pattern => LogsFilter::all(pattern::literals(&operand.text).into_iter().map(LogsFilter::contains)),
        LineOp::ContainsNot | LineOp::MatchesNot | LineOp::PatternNot => LogsFilter::Any,
    }))
}

/// Where the labels that a stage sees come from.
struct Known {
    /// Whether the line is still the one that is stored.
    line_is_stored: bool,
    /// Whether labels that come from the line, if any do, stand there by themselves.
    parsed: Option<bool>,
    /// Names of labels that stages made of others.
    made: Vec<String>,
}

impl Known {
    fn parse(&mut self, parser: &Parser) {
        let is_delimited = matches!(parser, Parser::Json(_) | Parser::Logfmt { .. } | Parser::Unpack);
        self.parsed = Some(is_delimited && self.parsed.unwrap_or(true));
        self.line_is_stored &= *parser != Parser::Unpack;
    }

    fn of_label(&self, filter: &LabelFilter) -> LogsFilter {
        match filter {
            LabelFilter::Match(matcher) => self.of_matcher(matcher),
            LabelFilter::And(left, right) => LogsFilter::all([self.of_label(left), self.of_label(right)]),
            LabelFilter::Or(left, right) => LogsFilter::one_of([self.of_label(left), self.of_label(right)]),
            // What cannot be compared passes, marked.
            LabelFilter::Compare { .. } | LabelFilter::Ip { .. } => LogsFilter::Any,
        }
    }

    fn of_matcher(&self, matcher: &LabelMatcher) -> LogsFilter {
        let name = matcher.name.as_str();
        // Marks of failed stages are made by the pipeline.
        if name.starts_with("__") || self.made.iter().any(|made| made == name) {
            return LogsFilter::Any;
        }
        let values = match matcher.op {
            MatchOp::Equal => vec![matcher.value.as_str()],
            MatchOp::Regex => alternatives(&matcher.value),
            MatchOp::NotEqual | MatchOp::NotRegex => Vec::new(),
        };
        LogsFilter::one_of(values.into_iter().map(|value| self.of_value(name, value)))
    }

    fn of_value(&self, name: &str, value: &str) -> LogsFilter {
        // A label that is missing has the empty value.
        if value.is_empty() {
            return LogsFilter::Any;
        }
        let pair = |name: &str| LogsFilter::Pair { name: name.to_owned(), value: value.to_owned() };
        let mut sources = vec![if name == TRACE_ID { LogsFilter::trace_id(value) } else { pair(name) }];
        // A name that was taken got a suffix.
        sources.extend(name.strip_suffix("_extracted").map(pair));
        sources.extend(self.parsed.map(|is_delimited| LogsFilter::spelled(value, is_delimited)));
        LogsFilter::one_of(sources)
    }
}

/// The texts of a pattern that is nothing but alternatives; none of any other.
fn alternatives(pattern: &str) -> Vec<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/' | ':' | '|');
    if pattern.chars().all(is_plain) { pattern.split('|').collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, LogEntry};
    use proptest::prelude::*;

    use super::*;
    use crate::line::{LineLabels, Needed, Scratch};
    use crate::parse::ast::Expr;
    use crate::pipeline::Pipeline;

    fn of(query: &str) -> LogsFilter {
        let Expr::Log(log) = crate::parse(query).expect("parses") else { panic!("a log query") };
        filter(&log.stages)
    }

    proptest! {
        /// However the encoder escapes what is no letter, and even if it escapes letters.
        #[test]
        fn what_parsers_find_is_known(value in r#"[a-z0-9_"\\/ <é]{1,12}"#, escaped in any::<u64>(), all in any::<bool>()) {
            let spell = |(i, c): (usize, char)| match c {
                _ if (escaped >> (i % 64)) & 1 == 1 && (all || !c.is_ascii_alphanumeric()) => {
                    format!("\\u{:04x}", u32::from(c))
                }
                '"' | '\\' => format!("\\{c}"),
                _ => c.to_string(),
            };
            let spelled: String = value.chars().enumerate().map(spell).collect();
            for (parser, line) in [("json", format!(r#"{{"k":"{spelled}"}}"#)), ("logfmt", format!("a=b k=\"{spelled}\""))] {
                let Ok(Expr::Log(log)) = crate::parse(&format!("{{app=\"a\"}} | {parser}")) else { panic!("parses") };
                let entry = LogEntry { ts: TimestampNs(1), line: line.into(), metadata: Labels::default() };
                let (stream, mut scratch) = (Labels::default(), Scratch::default());
                let passes = Pipeline::new(&log.stages).expect("compiles").passes(&stream, &entry, &Needed::All, &mut scratch);
                let found = LineLabels::resume(&stream, &entry, &Needed::All, &mut scratch.labels).get("k").to_owned();
                prop_assert!(passes);
                prop_assert_eq!(&found, &value, "{} {}", parser, entry.line);
                prop_assert!(LogsFilter::spelled(&found, true).keeps(&stream, &entry), "{} {}", value, entry.line);
            }
        }
    }

    #[test]
    fn stages_tell_what_lines_hold() {
        let text = |text: &str| LogsFilter::contains(text);
        let pair = |n: &str, v: &str| LogsFilter::Pair { name: n.to_owned(), value: v.to_owned() };
        let parsed = |n: &str, v: &str| LogsFilter::one_of([pair(n, v), LogsFilter::spelled(v, true)]);
        let (any, id) = (LogsFilter::Any, "4bf92f3577b34da6a3ce929d0e0e4736");
        for (stages, want) in [
            ("", any.clone()),
            (r#"|= "a""#, text("a")),
            (r#"|= """#, any.clone()),
            (r#"|= "a" or "b""#, LogsFilter::one_of([text("a"), text("b")])),
            (r#"|= "a" or ip("10.0.0.1")"#, any.clone()),
            (r#"!= "a" !~ "b" !> "<_> c""#, any.clone()),
            (r#"|~ "conn.*refused""#, LogsFilter::all([text("conn"), text("refused")])),
            (r#"|> "<_> error <_> at <_>""#, LogsFilter::all([text(" error "), text(" at ")])),
            (r#"| pod="p""#, pair("pod", "p")),
            (r#"| pod=~"p|q-1""#, LogsFilter::one_of([pair("pod", "p"), pair("pod", "q-1")])),
            (r#"| pod=~"p.*""#, any.clone()),
            (r#"| pod!="p""#, any.clone()),
            (r#"| pod="""#, any.clone()),
            (r#"| pod="p" or level="x""#, LogsFilter::one_of([pair("pod", "p"), pair("level", "x")])),
            (r#"| pod="p" or took > 5"#, any.clone()),
            (r#"| pod="p" and took > 5"#, pair("pod", "p")),
            (r#"| json | status="500""#, parsed("status", "500")),
            (r#"| json | __error__="x""#, any.clone()),
            (r#"| logfmt | label_format a=b | a="x" | b="y" | c="z""#, parsed("c", "z")),
            (r#"| line_format "x" |= "a" | pod="p""#, pair("pod", "p")),
            (r#"| line_format "x" | json | pod="p""#, any.clone()),
            (r#"|= "a" | json | line_format "{{.x}}" |= "b""#, text("a")),
            (r#"| decolorize | json | pod="p""#, any.clone()),
            (r#"| unpack | pod="p" |= "x""#, parsed("pod", "p")),
            (&format!(r#"| trace_id="{id}""#), LogsFilter::trace_id(id)),
            (r#"| a_extracted="x""#, LogsFilter::one_of([pair("a_extracted", "x"), pair("a", "x")])),
        ] {
            assert_eq!(of(&format!(r#"{{app="a"}} {stages}"#)), want, "{stages}");
        }
    }
}
