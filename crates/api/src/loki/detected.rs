//! `detected_labels`, `detected_fields` and the values of a field: what there is to filter by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aio_logql::detect::{Detected, FieldType, detect};
use aio_logql::{Answer, Direction, RangeRequest, StreamLines, parse};
use aio_types::{Labels, TimestampNs};
use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

use super::params::{Call, LIMIT_DEFAULT, narrowing};
use crate::error::{ApiError, BareError};

const FIELDS_DEFAULT: usize = 1000;
/// Labels that are told even where their values look like ids.
const ALWAYS: [&str; 4] = ["cluster", "namespace", "instance", "pod"];

pub(super) async fn labels(call: Call) -> Result<Json<Value>, BareError> {
    let (start, end) = call.last_hour()?;
    call.check_length(start, end)?;
    let selections: Vec<_> = call.params.get("query").map(narrowing).transpose()?.into_iter().collect();
    let source = (call.core.sources.logs)(&call.tenant);
    let streams = call.core.queries.run(None, move |_stop| Ok(source.streams(&selections, start, end)?)).await?;
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in streams.iter().flat_map(Labels::iter) {
        values.entry(name).or_default().insert(value);
    }
    let are_bits = |values: &BTreeSet<&str>| values.iter().all(|v| matches!(*v, "0" | "1"));
    let is_told = |name: &str, values: &BTreeSet<&str>| {
        ALWAYS.contains(&name) || are_bits(values) || !values.iter().all(|v| is_id(v))
    };
    let told = values.iter().filter(|(name, values)| is_told(name, values));
    let label = |(name, values): (&&str, &BTreeSet<&str>)| json!({"label": name, "cardinality": values.len()});
    let told: Vec<_> = told.map(label).collect();
    Ok(Json(if told.is_empty() { json!({}) } else { json!({"detectedLabels": told}) }))
}

/// A number, or a UUID in any of its spellings.
fn is_id(value: &str) -> bool {
    let braced = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let bare = value.strip_prefix("urn:uuid:").or(braced).unwrap_or(value);
    let is_uuid = bare.len() == 36
        && bare
            .char_indices()
            .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() });
    let is_plain = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    is_uuid || is_plain || value.parse::<f64>().is_ok()
}

/// What is known of a field.
#[derive(Default)]
struct Field {
    kind: Option<FieldType>,
    values: BTreeSet<String>,
    parsers: BTreeSet<&'static str>,
    path: Option<Vec<String>>,
}

impl Field {
    fn add(&mut self, value: &str) {
        let kind = FieldType::of(value);
        self.kind = Some(self.kind.map_or(kind, |known| known.and(kind)));
        self.values.insert(value.to_owned());
    }
}

pub(super) async fn fields(call: Call) -> Result<Json<Value>, BareError> {
    let limit = fields_limit(&call)?;
    let fields = of_lines(&call, limit).await?;
    let field = |(name, field): (&String, &Field)| {
        let parsers = if field.parsers.is_empty() { Value::Null } else { json!(field.parsers) };
        let mut told = json!({
            "label": name, "type": field.kind.map_or("string", FieldType::as_str), "cardinality": field.values.len(),
            "parsers": parsers,
        });
        if let (Some(path), Some(told)) = (&field.path, told.as_object_mut()) {
            told.insert("jsonPath".to_owned(), json!(path));
        }
        told
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    Ok(Json(if fields.is_empty() { json!({}) } else { json!({"fields": fields, "limit": limit}) }))
}

pub(super) async fn values(Path(name): Path<String>, call: Call) -> Result<Json<Value>, BareError> {
    let limit = fields_limit(&call)?;
    let mut fields = of_lines(&call, usize::MAX).await?;
    let field = fields.remove(&name).unwrap_or_default();
    // A size is told as a query can compare it.
    let told = |value: String| if FieldType::of(&value) == FieldType::Bytes { value.replace(' ', "") } else { value };
    let values: Vec<String> = field.values.into_iter().map(told).take(limit).collect();
    Ok(Json(if values.is_empty() { json!({}) } else { json!({"values": values, "limit": limit}) }))
}

fn fields_limit(call: &Call) -> Result<usize, ApiError> {
    let limit = if call.params.get("limit").is_some() { "limit" } else { "field_limit" };
    Ok(call.count(limit, "limit")?.unwrap_or(FIELDS_DEFAULT))
}

/// Fields of the newest lines that pass.
async fn of_lines(call: &Call, fields_max: usize) -> Result<BTreeMap<String, Field>, ApiError> {
    let (start, end) = call.last_hour()?;
    let limit = call.count("line_limit", "line_limit")?.unwrap_or(LIMIT_DEFAULT);
    call.resolution(start, end)?;
    let expr = parse(call.query()?)?;
    if expr.is_metric() {
        return Err(ApiError::BadRequest("only log selector is supported".to_owned()));
    }
    call.check_limit(limit)?;
    call.check_length(start, end)?;
    let source = (call.core.sources.logs)(&call.tenant);
    let engine = Arc::clone(call.logql());
    let request = request(start, end, limit);
    let work = move |stop: &_| {
        let Answer::Streams(streams) = engine.range(&expr, &*source, &request, stop)?.answer else {
            return Ok(BTreeMap::new());
        };
        Ok(collect(&streams, fields_max))
    };
    call.core.queries.run(None, work).await
}

fn request(start: TimestampNs, end: TimestampNs, limit: usize) -> RangeRequest {
    let (step_ns, interval_ns, partial) = (1, 0, false);
    RangeRequest { start, end, step_ns, limit, direction: Direction::Backward, interval_ns, partial }
}

#[derive(Default)]
struct Fields {
    fields: BTreeMap<String, Field>,
    most: usize,
}

impl Fields {
    /// The field, unless it is a new one and there are enough.
    fn of(&mut self, name: &str) -> Option<&mut Field> {
        if self.fields.len() >= self.most && !self.fields.contains_key(name) {
            return None;
        }
        Some(self.fields.entry(name.to_owned()).or_default())
    }

    /// What a line has, and what the query made of it.
    fn add_line(&mut self, stream: &Labels, parsed: &Labels, line: &str) {
        let Detected { parser, fields, paths } = detect(stream, line);
        let made = parsed.iter().filter(|(name, _)| !name.starts_with("__error") && *name != "__preserve_error__");
        for (name, value) in made {
            self.add(name, value, parser, None);
        }
        for (name, value) in &fields {
            let plain = || paths.get(name.strip_suffix("_extracted")?);
            self.add(name, value, parser, paths.get(name).or_else(plain));
        }
    }

    fn add(&mut self, name: &str, value: &str, parser: Option<&'static str>, path: Option<&Vec<String>>) {
        let Some(field) = self.of(name) else { return };
        field.add(value);
        field.parsers.extend(parser);
        if parser == Some("json") {
            field.path = path.cloned();
        }
    }
}

/// Metadata and fields of lines share their names, but fields do not those of their stream.
fn collect(streams: &[StreamLines], fields_max: usize) -> BTreeMap<String, Field> {
    let mut fields = Fields { fields: BTreeMap::new(), most: fields_max };
    for StreamLines { stream, metadata, parsed, lines } in streams {
        let stream = stream.filter(|name| parsed.get(name).is_empty());
        for line in lines {
            for (name, value) in metadata.iter() {
                if let Some(field) = fields.of(name) {
                    field.add(value);
                }
            }
            fields.add_line(&stream, parsed, &line.line);
        }
    }
    fields.fields
}

#[cfg(test)]
mod tests {
    use aio_logql::LogLine;

    use super::*;

    #[test]
    fn ids_are_numbers_or_uuids() {
        for (value, want) in [
            ("12", true),
            ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", true),
            ("urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736", true),
            ("4bf92f3577b34da6a3ce929d0e0e4736", true),
            ("4bf92f3577b34da6", false),
            ("web-1", false),
            ("", false),
        ] {
            assert_eq!(is_id(value), want, "{value}");
        }
    }

    fn told(parsed: &[(&str, &str)], lines: &[&str], fields_max: usize) -> Vec<String> {
        let line = |text: &&str| LogLine { ts: TimestampNs(1), line: (*text).into() };
        let streams = [StreamLines {
            stream: Labels::from_pairs([("app", "a")]),
            metadata: Labels::from_pairs([("pod", "p")]),
            parsed: Labels::from_pairs(parsed.iter().copied()),
            lines: lines.iter().map(line).collect(),
        }];
        let field = |(name, f): (&String, &Field)| {
            let kind = f.kind.map_or("", FieldType::as_str);
            format!("{name} {kind} {} {:?} {:?}", f.values.len(), f.parsers, f.path)
        };
        collect(&streams, fields_max).iter().map(field).collect()
    }

    #[test]
    fn fields_come_from_metadata_and_lines() {
        let lines = [r#"{"took":"5ms","user":{"id":7}}"#, "took=7ms app=x pod=q", "plain"];
        assert_eq!(
            told(&[], &lines, 9),
            [
                r#"app_extracted string 1 {"logfmt"} None"#,
                r#"pod string 2 {"logfmt"} None"#,
                r#"took duration 2 {"json", "logfmt"} Some(["took"])"#,
                r#"user_id int 1 {"json"} Some(["user", "id"])"#,
            ]
        );
        assert_eq!(told(&[], &lines, 1), [r#"pod string 2 {"logfmt"} None"#]);
    }

    #[test]
    fn what_the_query_made_is_a_field_too() {
        let parsed = [("__error__", "x"), ("app", "b"), ("pod_extracted", "q"), ("made", "1")];
        assert_eq!(
            told(&parsed, &[r#"{"app":"c","pod":"q"}"#], 9),
            [
                r#"app string 2 {"json"} Some(["app"])"#,
                r#"made int 1 {"json"} None"#,
                r#"pod string 2 {"json"} Some(["pod"])"#,
                r#"pod_extracted string 1 {"json"} None"#,
            ]
        );
    }
}
