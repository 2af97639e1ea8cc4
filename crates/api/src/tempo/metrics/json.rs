//! Answers as protobuf's JSON: defaults left out, 64-bit numbers as text. Only fields that strict readers know.

use aio_traceql::ast::Static;
use aio_traceql::{Exemplar, Grid, MetricsAnswer, Series};
use aio_types::TimestampNs;
use aio_wire::otlp::traces::value_to_otlp;
use serde_json::{Value, json};

use crate::tempo::json::{Object, value};
use crate::tempo::search;

pub(super) fn range(answer: &MetricsAnswer, grid: &Grid) -> Value {
    whole(answer, |series| {
        let samples = (0..).zip(&series.values).filter(|(_, value)| !value.is_nan());
        let sample = |(place, value): (usize, &f64)| {
            Object::new().number("timestampMs", ms(grid.time(place))).set("value", number(*value)).done()
        };
        Object::new()
            .set("labels", labels(&series.labels))
            .set("samples", samples.map(sample).collect())
            .set("exemplars", series.exemplars.iter().map(exemplar).collect())
            .done()
    })
}

pub(super) fn instant(answer: &MetricsAnswer) -> Value {
    whole(answer, |series| {
        let value = series.values.first().copied().unwrap_or(f64::NAN);
        Object::new().set("labels", labels(&series.labels)).set("value", number(value)).done()
    })
}

fn whole(answer: &MetricsAnswer, series: impl Fn(&Series) -> Value) -> Value {
    let all: Vec<Value> = answer.series.iter().map(series).collect();
    let mut out = json!({"series": all, "metrics": search::metrics(answer.inspected)});
    if answer.is_partial {
        out["status"] = json!("PARTIAL");
        out["message"] = json!(super::run::PARTIAL);
    }
    out
}

fn exemplar(of: &Exemplar) -> Value {
    Object::new()
        .set("labels", labels(&of.labels))
        .set("value", number(of.value))
        .number("timestampMs", ms(of.time))
        .done()
}

fn labels(of: &[(String, Static)]) -> Value {
    let label =
        |(name, v): &(String, Static)| json!({"key": name, "value": value(Some(&value_to_otlp(&v.to_attribute())))});
    of.iter().map(label).collect()
}

/// 0 is left out.
fn number(of: f64) -> Value {
    if of == 0.0 {
        Value::Null
    } else if of.is_finite() {
        json!(of)
    } else if of.is_nan() {
        json!("NaN")
    } else {
        json!(if of > 0.0 { "Infinity" } else { "-Infinity" })
    }
}

fn ms(time: TimestampNs) -> i64 {
    time.0.div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use aio_traceql::Inspected;

    use super::*;

    #[test]
    fn answers_have_no_defaults_and_no_gaps() {
        let series = Series {
            labels: vec![("name".to_owned(), Static::String("a".into())), ("p".to_owned(), Static::Float(0.5))],
            values: vec![0.0, f64::NAN, 1.5],
            exemplars: vec![Exemplar {
                labels: vec![("trace:id".to_owned(), Static::String("2a".into()))],
                value: 1.5,
                time: TimestampNs(2_000_000_001),
            }],
        };
        let answer = MetricsAnswer { series: vec![series], is_partial: true, inspected: Inspected::default() };
        let grid = Grid::range(TimestampNs(2), TimestampNs(2_000_000_000), 1_000_000_000);
        let labels =
            json!([{"key": "name", "value": {"stringValue": "a"}}, {"key": "p", "value": {"doubleValue": 0.5}}]);
        let told = range(&answer, &grid);
        assert_eq!(
            told["series"],
            json!([{"labels": labels, "samples": [{}, {"timestampMs": "2000", "value": 1.5}], "exemplars": [{
                "labels": [{"key": "trace:id", "value": {"stringValue": "2a"}}], "value": 1.5, "timestampMs": "2000"}]}])
        );
        assert_eq!(told["status"], json!("PARTIAL"));
        assert_eq!(instant(&answer)["series"], json!([{"labels": labels}]));
    }
}
