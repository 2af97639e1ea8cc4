//! Stages as text.

use std::fmt::{self, Display, Formatter};

use crate::parse::ast::{Extraction, LabelFormat, LabelPick, LabelSource, LineFilter, LineOperand, Parser, Stage};
use crate::parse::quote::quote;

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(filter) => filter.fmt(f),
            Self::Parser(parser) => parser.fmt(f),
            Self::Label(filter) => write!(f, "| {filter}"),
            Self::LineFormat(template) => write!(f, "| line_format {}", quote(template)),
            Self::LabelFormat(formats) => write!(f, "| label_format {}", list(formats)),
            Self::Decolorize => f.write_str("| decolorize"),
            Self::Drop(picks) => write!(f, "| drop {}", list(picks)),
            Self::Keep(picks) => write!(f, "| keep {}", list(picks)),
        }
    }
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

impl Display for LineFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.as_str())?;
        for (i, operand) in self.operands.iter().enumerate() {
            write!(f, "{} {operand}", if i > 0 { " or" } else { "" })?;
        }
        Ok(())
    }
}

impl Display for LineOperand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = quote(&self.text);
        if self.is_ip { write!(f, "ip({text})") } else { f.write_str(&text) }
    }
}

impl Display for Parser {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(extractions) => {
                f.write_str("| json")?;
                taken_out(extractions, f)
            }
            Self::Logfmt { strict, keep_empty, extractions } => {
                f.write_str("| logfmt")?;
                f.write_str(if *strict { " --strict" } else { "" })?;
                f.write_str(if *keep_empty { " --keep-empty" } else { "" })?;
                taken_out(extractions, f)
            }
            Self::Regexp(regex) => write!(f, "| regexp {}", quote(regex)),
            Self::Pattern(pattern) => write!(f, "| pattern {}", quote(pattern)),
            Self::Unpack => f.write_str("| unpack"),
        }
    }
}

fn taken_out(extractions: &[Extraction], f: &mut Formatter<'_>) -> fmt::Result {
    if extractions.is_empty() { Ok(()) } else { write!(f, " {}", list(extractions)) }
}

impl Display for Extraction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.label, quote(&self.path))
    }
}

impl Display for LabelFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.from {
            LabelSource::Label(from) => write!(f, "{}={from}", self.label),
            LabelSource::Template(template) => write!(f, "{}={}", self.label, quote(template)),
        }
    }
}

impl Display for LabelPick {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Match(matcher) => matcher.fmt(f),
        }
    }
}
