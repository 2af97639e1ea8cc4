//! `| unwrap duration(took) | __error__=""`: the value of a line.

use super::label_filter::{LabelFilter, go_float};
use crate::line::LineLabels;
use crate::parse::ast::{self, Conversion};
use crate::units;

/// The label that holds the values of lines, and what is asked of labels afterwards.
#[derive(Debug)]
pub(crate) struct Unwrap {
    pub(crate) label: String,
    conversion: Conversion,
    pub(crate) filters: Vec<LabelFilter>,
}

impl Unwrap {
    /// # Errors
    /// What is no pattern.
    pub(crate) fn new(unwrap: &ast::Unwrap) -> Result<Self, String> {
        let filters = unwrap.filters.iter().map(LabelFilter::new).collect::<Result<_, _>>()?;
        Ok(Self { label: unwrap.label.clone(), conversion: unwrap.conversion, filters })
    }

    /// The value, or `None` where the line has none or does not pass. One that cannot be read is 0, and marks the line.
    pub(crate) fn value(&self, labels: &mut LineLabels<'_>) -> Option<f64> {
        let text = labels.get(&self.label);
        if text.is_empty() {
            return None;
        }
        let value = self.read(text);
        if value.is_none() {
            let details = match self.conversion {
                Conversion::Duration | Conversion::DurationSeconds => format!("time: invalid duration {text:?}"),
                _ => format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"),
            };
            labels.fail("SampleExtractionErr", details);
        }
        self.filters.iter().all(|filter| filter.passes(labels)).then_some(value.unwrap_or_default())
    }

    fn read(&self, text: &str) -> Option<f64> {
        match self.conversion {
            Conversion::None => go_float(text),
            Conversion::Bytes => units::bytes(text),
            Conversion::Duration | Conversion::DurationSeconds => units::go_duration_seconds(text),
        }
    }
}
