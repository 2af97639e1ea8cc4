//! Templates of `line_format` and `label_format`.

use aio_types::TimestampNs;

use crate::line::LineLabels;

/// A template.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    fields: Vec<String>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Label(String),
}

impl Template {
    /// # Errors
    /// It is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, action)) = rest.split_once("{{") {
            let (action, behind) = action.split_once("}}").ok_or("template: line:1: unclosed action")?;
            parts.push(Part::Text(before.to_owned()));
            let field = action.trim().strip_prefix('.').filter(|f| super::name::is_valid(f));
            parts.push(Part::Label(field.ok_or("not supported yet: functions of templates")?.to_owned()));
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { fields: fields(text), parts })
    }

    /// Names of labels it may look at.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Appends what it makes of a line.
    ///
    /// # Errors
    /// What a function says.
    pub(crate) fn render(
        &self,
        _ts: TimestampNs,
        _text: &str,
        labels: &LineLabels<'_>,
        out: &mut String,
    ) -> Result<(), String> {
        for part in &self.parts {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Label(name) => labels.get(name),
            });
        }
        Ok(())
    }
}

/// Whatever stands behind a point, and a few names too many.
fn fields(text: &str) -> Vec<String> {
    let word = |part: &str| {
        let len = part.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(part.len());
        part[..len].to_owned()
    };
    text.split('.').skip(1).map(word).filter(|word| super::name::is_valid(word)).collect()
}
