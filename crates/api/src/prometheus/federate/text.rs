//! A family in the text format, version 0.0.4.

use aio_promql::format_float;
use aio_wire::exposition::{Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// The family's lines. Native histograms have no place here.
pub(super) fn family(family: &MetricFamily) -> String {
    let name = family.name();
    let kind = match family.r#type() {
        MetricType::Histogram => "histogram",
        MetricType::GaugeHistogram => "gaugehistogram",
        _ => "untyped",
    };
    let mut out = format!("# TYPE {} {kind}\n", quoted_where_needed(name));
    for metric in &family.metric {
        if let Some(untyped) = &metric.untyped {
            line(&mut out, name, metric, None, untyped.value());
        }
        if let Some(histogram) = &metric.histogram {
            classic(&mut out, name, metric, histogram);
        }
    }
    out
}

fn classic(out: &mut String, name: &str, metric: &Metric, h: &Histogram) {
    let bucket = format!("{name}_bucket");
    for at in &h.bucket {
        line(out, &bucket, metric, Some(&format_float(at.upper_bound(), true)), at.cumulative_count_float());
    }
    line(out, &bucket, metric, Some("+Inf"), h.sample_count_float());
    line(out, &format!("{name}_sum"), metric, None, h.sample_sum());
    line(out, &format!("{name}_count"), metric, None, h.sample_count_float());
}

fn line(out: &mut String, name: &str, metric: &Metric, le: Option<&str>, value: f64) {
    let is_plain = is_plain_name(name);
    out.push_str(if is_plain { name } else { "" });
    out.push('{');
    let own = (!is_plain).then(|| quoted(name));
    let labels = metric.label.iter().map(|LabelPair { name, value }| (name.as_deref(), value.as_deref()));
    let labels = labels.map(|(name, value)| (name.unwrap_or_default(), value.unwrap_or_default()));
    let pairs = labels.chain(le.map(|le| ("le", le)));
    let pairs = pairs.map(|(name, value)| format!("{}={}", quoted_where_needed(name), quoted(value)));
    let all: Vec<String> = own.into_iter().chain(pairs).collect();
    out.push_str(&all.join(","));
    out.push_str(&format!("}} {} {}\n", format_float(value, true), metric.timestamp_ms()));
}

/// Whether the classic character set spells it.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn quoted_where_needed(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
