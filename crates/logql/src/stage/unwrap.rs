//! `| unwrap duration(took) | __error__=""`: the value of a line.

use super::label_filter::LabelFilter;
use super::number::float;
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
        if let Err(why) = &value {
            labels.fail("SampleExtractionErr", why);
        }
        self.filters.iter().all(|filter| filter.passes(labels)).then_some(value.unwrap_or_default())
    }

    fn read(&self, text: &str) -> Result<f64, String> {
        match self.conversion {
            Conversion::None => float(text).map_err(|fault| fault.to_string()),
            Conversion::Bytes => units::try_bytes(text).map_err(|fault| fault.to_string()),
            Conversion::Duration | Conversion::DurationSeconds => {
                let fault = || units::try_go_duration_ns(text).err().map(|fault| fault.to_string());
                units::go_duration_seconds(text).ok_or_else(|| fault().unwrap_or_default())
            }
        }
    }
}
