//! `| json name="user.names[0][\"first\"]", level`: values taken out of a line by their place.

use super::json::scan::Stop;
use super::json::scan::{Json, each_member, element, unescape, value};
use super::name::is_valid;
use crate::line::LineLabels;
use crate::parse::ast::Extraction;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Labels and where their values stand.
#[derive(Debug)]
pub(crate) struct JsonPaths(Vec<(String, Vec<Step>)>);

impl JsonPaths {
    /// # Errors
    /// A path or a name that is none.
    pub(crate) fn new(extractions: &[Extraction]) -> Result<Self, String> {
        let path = |Extraction { label, path }: &Extraction| {
            let steps = steps(path).map_err(|why| format!("cannot parse expression [{path}]: {why}"))?;
            if is_valid(label) {
                Ok((label.clone(), steps))
            } else {
                Err(format!("invalid extracted label name '{label}'"))
            }
        };
        extractions.iter().map(path).collect::<Result<_, _>>().map(Self)
    }

    /// Only the first character of a line is checked: a fault behind it only means that nothing is found.
    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        if labels.has_enough() || text.is_empty() {
            return;
        }
        if !text.starts_with(['"', '{', '[']) {
            labels.fail_silently("JSONParserErr");
            return;
        }
        for (label, steps) in &self.0 {
            match find(text, steps) {
                Some(Json::Text(text)) => labels.extract_last(label, &unescape(text).unwrap_or_default()),
                Some(Json::Scalar(text) | Json::Object(text) | Json::Array(text)) => labels.extract_last(label, text),
                Some(Json::Null) => labels.extract_last(label, ""),
                None if !labels.has(label) => labels.extract_last(label, ""),
                None => {}
            }
        }
    }
}

fn find<'a>(text: &'a str, steps: &[Step]) -> Option<Json<'a>> {
    let mut found = value(text).map(|(value, _)| value);
    // An object that does not end is walked all the same.
    if text.starts_with('{') {
        found = Ok(Json::Object(text));
    }
    let mut found = found.ok()?;
    for step in steps {
        found = match (step, found) {
            (Step::Key(key), Json::Object(text)) => member(text, key)?,
            (Step::Index(index), Json::Array(text)) => element(text, *index).ok()??,
            _ => return None,
        };
    }
    Some(found)
}

fn member<'a>(text: &'a str, wanted: &str) -> Option<Json<'a>> {
    let mut found = None;
    let _faults_behind_do_not_matter = each_member(text, &mut |key, value| {
        if key != wanted {
            return Ok(());
        }
        found = Some(value);
        Err(Stop::Enough)
    });
    found
}

/// `a.b[0]["c"]`
fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let is_first = steps.is_empty();
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, behind) = bracket(inner)?;
            steps.push(step);
            rest = behind;
        } else {
            let key = if is_first { rest } else { rest.strip_prefix('.').ok_or(format!("unexpected char {first}"))? };
            let len = key.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(key.len());
            if len == 0 || key.starts_with(|c: char| c.is_ascii_digit()) {
                return Err("syntax error: unexpected $end, expecting FIELD".to_owned());
            }
            steps.push(Step::Key(key[..len].to_owned()));
            rest = &key[len..];
        }
    }
    if steps.is_empty() { Err("syntax error: unexpected $end".to_owned()) } else { Ok(steps) }
}

fn bracket(inner: &str) -> Result<(Step, &str), String> {
    if let Some(quoted) = inner.strip_prefix('"') {
        let (key, rest) = quoted.split_once('"').ok_or("string not terminated")?;
        let rest = rest.strip_prefix(']').ok_or("unexpected end of expression")?;
        return Ok((Step::Key(key.to_owned()), rest));
    }
    let (index, rest) = inner.split_once(']').ok_or("unexpected end of expression")?;
    let index = index.trim().parse().map_err(|_| format!("non-integer value: {index}"))?;
    Ok((Step::Index(index), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let line = r#"{"a":{"b":[1,{"c d":"x\"y"},[2]],"e":null,"f":true},"g.h":"z","i":{"#;
        for (path, want) in [
            ("a.b[0]", Some(Json::Scalar("1"))),
            ("a.b[1][\"c d\"]", Some(Json::Text("x\\\"y"))),
            ("a[\"b\"][2]", Some(Json::Array("[2]"))),
            ("a.b[3]", None),
            ("a.e", Some(Json::Null)),
            ("a.f", Some(Json::Scalar("true"))),
            ("[\"g.h\"]", Some(Json::Text("z"))),
            ("a.f.x", None),
            ("i", None),
        ] {
            assert_eq!(find(line, &steps(path).expect(path)), want, "{path}");
        }
        for path in ["", "a.", "a..b", "a[", "a[x]", "a[1.5]", "a]", "1a", "a[\"b]"] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
