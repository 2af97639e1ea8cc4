//! `detected_labels`, `detected_fields` and the values of a field: what there is to filter by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aio_logql::detect::{Detected, FieldType, detect};
use aio_logql::{Answer, Direction, RangeRequest, StreamLines, parse, parse_matchers};
use aio_types::{Labels, LogEntry, TimestampNs};
use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

use super::params::{self, Call};
use crate::error::{ApiError, BareError};

const FIELDS_DEFAULT: usize = 1000;
/// Labels that are told even where their values look like ids.
const ALWAYS: [&str; 4] = ["cluster", "namespace", "instance", "pod"];

pub(super) async fn labels(call: Call) -> Result<Json<Value>, BareError> {
    let (start, end) = call.last_hour()?;
    let selections = match call.params.get("query").map(str::trim).filter(|q| !q.is_empty() && *q != "{}") {
        None => Vec::new(),
        Some(query) => vec![parse_matchers(query)?],
    };
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
    Ok(Json(json!({"detectedLabels": told.map(label).collect::<Vec<_>>()})))
}

/// A number, or a UUID.
fn is_id(value: &str) -> bool {
    let is_uuid = value.len() == 36
        && value
            .char_indices()
            .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() });
    is_uuid || value.parse::<f64>().is_ok()
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
    Ok(Json(json!({"fields": fields.iter().map(field).collect::<Vec<_>>(), "limit": limit})))
}

pub(super) async fn values(Path(name): Path<String>, call: Call) -> Result<Json<Value>, BareError> {
    let limit = fields_limit(&call)?;
    let mut fields = of_lines(&call, usize::MAX).await?;
    let field = fields.remove(&name).unwrap_or_default();
    // A size is told as a query can compare it.
    let told = |value: String| if FieldType::of(&value) == FieldType::Bytes { value.replace(' ', "") } else { value };
    let values: Vec<String> = field.values.into_iter().map(told).take(limit).collect();
    Ok(Json(json!({"values": values, "limit": limit})))
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    let fault = || ApiError::BadRequest(format!("strconv.Atoi: parsing {text:?}: invalid syntax"));
    let number: i64 = text.parse().map_err(|_| fault())?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(ApiError::BadRequest("limit must be a positive value".to_owned())),
    }
}

fn fields_limit(call: &Call) -> Result<usize, ApiError> {
    Ok(number(call, "limit")?.or(number(call, "field_limit")?).unwrap_or(FIELDS_DEFAULT))
}

/// Fields of the newest lines that pass.
async fn of_lines(call: &Call, fields_max: usize) -> Result<BTreeMap<String, Field>, ApiError> {
    let (start, end) = call.last_hour()?;
    let limit = number(call, "line_limit")?.unwrap_or(params::LIMIT_DEFAULT);
    call.check_limit(limit)?;
    let expr = parse(call.query()?)?;
    if expr.is_metric() {
        return Err(ApiError::BadRequest("only log selector is supported".to_owned()));
    }
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

fn collect(streams: &[StreamLines], fields_max: usize) -> BTreeMap<String, Field> {
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    let mut add = |name: &str, value: &str, parser: Option<&'static str>, path: Option<&Vec<String>>| {
        if name.starts_with("__error") || (fields.len() >= fields_max && !fields.contains_key(name)) {
            return;
        }
        let field = fields.entry(name.to_owned()).or_default();
        field.add(value);
        field.parsers.extend(parser);
        if field.path.is_none() {
            field.path = path.cloned();
        }
    };
    for StreamLines { stream, metadata, parsed, lines } in streams {
        for line in lines {
            metadata.iter().for_each(|(name, value)| add(name, value, None, None));
            let entry = LogEntry { ts: line.ts, line: line.line.clone(), metadata: metadata.clone() };
            let Detected { parser, fields, paths } = detect(stream, &entry);
            parsed.iter().for_each(|(name, value)| add(name, value, parser, paths.get(name)));
            for (name, value) in &fields {
                add(name, value, parser, paths.get(name.strip_suffix("_extracted").unwrap_or(name)));
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use aio_logql::LogLine;

    use super::*;

    #[test]
    fn ids_are_numbers_or_uuids() {
        for (value, want) in
            [("12", true), ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", true), ("web-1", false), ("", false)]
        {
            assert_eq!(is_id(value), want, "{value}");
        }
    }

    #[test]
    fn fields_come_from_metadata_and_lines() {
        let line = |text: &str| LogLine { ts: TimestampNs(1), line: text.into() };
        let streams = [StreamLines {
            stream: Labels::from_pairs([("app", "a")]),
            metadata: Labels::from_pairs([("pod", "p")]),
            parsed: Labels::default(),
            lines: vec![line(r#"{"took":"5ms","user":{"id":7}}"#), line("took=7ms app=x"), line("plain")],
        }];
        let told = |fields_max| {
            let field = |(name, f): (&String, &Field)| {
                let kind = f.kind.map_or("", FieldType::as_str);
                format!("{name} {kind} {} {:?} {:?}", f.values.len(), f.parsers, f.path)
            };
            collect(&streams, fields_max).iter().map(field).collect::<Vec<_>>()
        };
        assert_eq!(
            told(9),
            [
                r#"app_extracted string 1 {"logfmt"} None"#,
                "pod string 1 {} None",
                r#"took duration 2 {"json", "logfmt"} Some(["took"])"#,
                r#"user_id int 1 {"json"} Some(["user", "id"])"#,
            ]
        );
        assert_eq!(told(1), ["pod string 1 {} None"]);
    }
}
