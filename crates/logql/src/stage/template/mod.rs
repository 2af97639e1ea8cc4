//! Templates of `line_format` and `label_format`: Go's, over the labels of a line.

mod functions;

use std::borrow::Cow;

use aio_gotmpl::{Call, Dot, Fault, Host, Map, MissingKey, Time, Value};

use crate::line::LineLabels;

/// A template.
#[derive(Debug)]
pub(crate) struct Template(aio_gotmpl::Template);

impl Template {
    /// `name` is what faults call it.
    ///
    /// # Errors
    /// It is none, or calls what is no function.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let template = aio_gotmpl::Template::parse(name, text, functions::all()).map_err(|error| error.to_string())?;
        Ok(Self(template.with_missing_key(MissingKey::Zero)))
    }

    /// Calls `visit` with the names of labels it may look at.
    pub(crate) fn each_name(&self, visit: &mut impl FnMut(&str)) {
        self.0.reads().keys.iter().for_each(|name| visit(name));
    }

    /// Whether it may look at any label there is.
    pub(crate) fn reads_all(&self) -> bool {
        self.0.reads().whole
    }

    /// Appends what it makes of a line.
    ///
    /// # Errors
    /// What a function says, or that it went beyond a limit.
    pub(crate) fn render(&self, text: &str, labels: &LineLabels<'_>, out: &mut String) -> Result<(), String> {
        self.0.execute(&Line { text, labels }, out).map_err(|error| error.to_string())
    }
}

/// What a template sees: the labels as a map, and the text by a function.
struct Line<'l, 's> {
    text: &'l str,
    labels: &'l LineLabels<'s>,
}

impl Host for Line<'_, '_> {
    fn call<'a>(&'a self, name: &str, _call: &mut Call<'_, 'a>) -> Result<Value<'a>, Fault> {
        match name {
            functions::LINE => Ok(Value::from(self.text)),
            functions::TIMESTAMP => Ok(Value::object(Time::from_unix(0, self.labels.ts().0))),
            functions::NOW => Ok(Value::object(Time::from_unix(0, self.labels.now().0))),
            _ => Err(Fault::new(format!("{name} has no meaning here"))),
        }
    }
}

impl Dot for Line<'_, '_> {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(self.labels.get(name)).filter(|value| !value.is_empty()).map(Cow::Borrowed)
    }

    fn value(&self) -> Value<'static> {
        let mut all = Vec::new();
        self.labels.each(|_, name, value| all.push((name.to_owned(), value.to_owned())));
        Value::Map(Map::of_texts(all).into())
    }
}
