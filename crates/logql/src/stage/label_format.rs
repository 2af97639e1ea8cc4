//! `| label_format a=b, c="{{.d}}"`.

use super::template::Template;
use crate::line::{ERROR, LineLabels};
use crate::parse::ast::{self, LabelSource};

/// Labels made of labels, one after the other.
#[derive(Debug)]
pub(crate) struct LabelFormat(Vec<(String, Source)>);

#[derive(Debug)]
enum Source {
    Label(String),
    Template(Template),
}

impl LabelFormat {
    /// # Errors
    /// A label that is made twice, or a template that is none.
    pub(crate) fn new(formats: &[ast::LabelFormat]) -> Result<Self, String> {
        let mut out: Vec<(String, Source)> = Vec::new();
        for ast::LabelFormat { label, from } in formats {
            if label == ERROR {
                return Err(format!("{label} cannot be formatted"));
            }
            if out.iter().any(|(l, _)| l == label) {
                return Err(format!("multiple label name '{label}' not allowed in a single format operation"));
            }
            let source = match from {
                LabelSource::Label(from) => Source::Label(from.clone()),
                LabelSource::Template(text) => {
                    let invalid = |why| format!("invalid template for label '{label}': {why}");
                    Source::Template(Template::parse("label", text).map_err(invalid)?)
                }
            };
            out.push((label.clone(), source));
        }
        Ok(Self(out))
    }

    /// Calls `visit` with the name of every label looked at.
    pub(crate) fn each_name(&self, visit: &mut impl FnMut(&str)) {
        for (_, source) in &self.0 {
            match source {
                Source::Label(name) => visit(name),
                Source::Template(template) => template.each_name(visit),
            }
        }
    }

    /// Whether any label there is may be looked at.
    pub(crate) fn reads_all(&self) -> bool {
        self.0.iter().any(|(_, source)| matches!(source, Source::Template(template) if template.reads_all()))
    }

    /// Templates see the labels as they are when the first of them is reached.
    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        let mut rendered = None;
        for (at, (label, source)) in self.0.iter().enumerate() {
            let value = match source {
                Source::Label(from) => {
                    if !labels.has(from) {
                        continue;
                    }
                    let value = labels.get(from).to_owned();
                    labels.set(label, &value);
                    labels.delete(from);
                    continue;
                }
                Source::Template(_) => rendered
                    .get_or_insert_with(|| self.rendered(at, text, labels).into_iter())
                    .next()
                    .unwrap_or(Ok(String::new())),
            };
            match value {
                Ok(value) => labels.set(label, &value),
                Err(why) => labels.fail("TemplateFormatErr", why),
            }
        }
    }

    /// What the templates from that place on come to.
    fn rendered(&self, from: usize, text: &str, labels: &LineLabels<'_>) -> Vec<Result<String, String>> {
        let templates = self.0.iter().skip(from).filter_map(|(_, source)| match source {
            Source::Template(template) => Some(template),
            Source::Label(_) => None,
        });
        let render = |template: &Template| {
            let mut value = String::new();
            template.render(text, labels, &mut value).map(|()| value)
        };
        templates.map(render).collect()
    }
}
