//! `| regexp "(?P<name>.*)"`: what named groups of the first match hold becomes labels.

use regex::{CaptureLocations, Regex};

use super::line_filter::compile;
use super::name::is_valid;
use crate::line::LineLabels;

#[derive(Debug)]
pub(crate) struct RegexpParser {
    regex: Regex,
    /// Numbers and names of groups.
    groups: Vec<(usize, String)>,
}

impl RegexpParser {
    /// # Errors
    /// It is no regular expression, or has no named groups, or several of one name.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let regex = compile(text)?;
        let names = regex.capture_names().enumerate();
        let groups: Vec<_> = names.filter_map(|(i, name)| Some((i, name?.to_owned()))).collect();
        if groups.is_empty() {
            return Err("at least one named capture must be supplied".to_owned());
        }
        match groups.iter().find(|(_, name)| !is_valid(name)) {
            Some((_, name)) => Err(format!("invalid extracted label name '{name}'")),
            None => Ok(Self { regex, groups }),
        }
    }

    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        if labels.has_enough() {
            return;
        }
        let mut places: CaptureLocations = self.regex.capture_locations();
        if self.regex.captures_read(&mut places, text).is_none() {
            return;
        }
        for (group, name) in &self.groups {
            let value = places.get(*group).map_or("", |(start, end)| &text[start..end]);
            labels.extract(name, value);
        }
    }
}
