//! `| json name="user.names[0][\"first\"]", level`: values taken out of a line by their place.

use super::json::scan::{Json, Stop, block, element, space, string, unescape, value};
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

    /// Only the first character of a line and the values themselves are checked: what else is malformed means at most
    /// that nothing is found.
    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        if labels.has_enough() || text.is_empty() {
            return;
        }
        if !text.starts_with(['"', '{', '[']) {
            labels.fail_silently("JSONParserErr");
            return;
        }
        if is_lone_member(text) {
            labels.fail("JSONParserErr", Stop::MALFORMED);
        }
        let mut is_complete = true;
        for (label, steps) in &self.0 {
            match find(text, steps) {
                Some(Ok(Json::Text(text) | Json::Array(text))) => {
                    labels.extract_last(label, &unescape(text).unwrap_or_default());
                }
                Some(Ok(Json::Scalar(text) | Json::Object(text))) => labels.extract_last(label, text),
                Some(Ok(Json::Null)) => labels.extract_last(label, ""),
                found => {
                    if let Some(Err(why)) = found {
                        labels.fail("JSONParserErr", why);
                    }
                    is_complete = false;
                }
            }
        }
        // Then there is a label for everything.
        for (label, _) in self.0.iter().filter(|_| !is_complete) {
            if !labels.has(label) {
                labels.set(label, "");
            }
        }
    }
}

/// Whether a line starts with a key that is in no object.
fn is_lone_member(text: &str) -> bool {
    let behind = text.strip_prefix('"').and_then(|inner| string(inner).ok()).map(|(_, behind)| behind);
    behind.is_some_and(|behind| space(behind).starts_with(':'))
}

/// The value at a place, or what is wrong with it; `None` where nothing is there.
fn find<'a>(text: &'a str, steps: &[Step]) -> Option<Result<Json<'a>, &'static str>> {
    let mut at = text;
    for (i, step) in steps.iter().enumerate() {
        at = match step {
            Step::Key(key) => seek(at.strip_prefix('{')?, key)?,
            Step::Index(index) if at.starts_with('[') => match element(at, *index).ok()?? {
                found if i + 1 == steps.len() => return Some(Ok(found)),
                Json::Object(text) | Json::Array(text) => text,
                _ => return None,
            },
            Step::Index(_) => return None,
        };
    }
    match value(at) {
        Ok((found, _)) => Some(Ok(found)),
        Err(Stop::Malformed(why)) => Some(Err(why)),
        Err(Stop::Enough) => None,
    }
}

/// Where the value of a key starts, from the inside of an object on. What is malformed on the way there is passed over.
fn seek<'a>(inner: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = inner;
    loop {
        rest = &rest[rest.bytes().position(|b| matches!(b, b'"' | b'{' | b'}' | b'['))?..];
        rest = match rest.as_bytes()[0] {
            b'{' => block(rest, b'{', b'}')?.1,
            b'[' => block(rest, b'[', b']')?.1,
            b'"' => {
                let (key, behind) = string(&rest[1..]).ok()?;
                match space(behind).strip_prefix(':').map(space) {
                    None => behind,
                    Some(found) if unescape(key)? == wanted => return Some(found),
                    Some(passed) => value(passed).map_or(passed, |(_, behind)| behind),
                }
            }
            _ => return None,
        };
    }
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
        let line = r#"{"a":{"b":[1,{"c d":"x\"y"},[2]],"e":null,"f":true},"x":nope,"g.h":"z" "j":1,"i":{"#;
        let text = |text| Some(Ok(Json::Text(text)));
        for (path, want) in [
            ("a.b[0]", Some(Ok(Json::Scalar("1")))),
            ("a.b[1][\"c d\"]", text("x\\\"y")),
            ("a[\"b\"][2]", Some(Ok(Json::Array("[2]")))),
            ("a.b[3]", None),
            ("a.e", Some(Ok(Json::Null))),
            ("a.f", Some(Ok(Json::Scalar("true")))),
            ("[\"g.h\"]", text("z")),
            ("a.f.x", None),
            ("x", Some(Err("Unknown value type"))),
            ("x.y", None),
            ("j", Some(Ok(Json::Scalar("1")))),
            ("i", Some(Err("Value looks like object, but can't find closing '}' symbol"))),
            ("f", None),
        ] {
            assert_eq!(find(line, &steps(path).expect(path)), want, "{path}");
        }
        for (line, want) in [
            (r#"{"a":"x"#, Some(Err("Value is string, but can't find closing '\"' symbol"))),
            (r#"{"a":[1"#, Some(Err("Value is array, but can't find closing ']' symbol"))),
            (r#"{"a":"#, Some(Err("Malformed JSON error"))),
            (r#"{"a":1"#, Some(Ok(Json::Scalar("1")))),
            (r#"{"b":{"a":2},"a":1}"#, Some(Ok(Json::Scalar("1")))),
            (r#"{"b":[{"a":2}],"a":1}"#, Some(Ok(Json::Scalar("1")))),
            (r#"{"b":"unterminated,"#, None),
            (r#"["a",1]"#, None),
        ] {
            assert_eq!(find(line, &steps("a").expect("a path")), want, "{line}");
        }
        for path in ["", "a.", "a..b", "a[", "a[x]", "a[1.5]", "a]", "1a", "a[\"b]"] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
