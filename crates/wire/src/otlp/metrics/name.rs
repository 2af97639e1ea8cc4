//! Metric names, strategy `UnderscoreEscapingWithSuffixes`.

use aio_types::MetricKind;

/// The Prometheus name, or `None` where nothing usable is left of `name`.
pub(super) fn translate(name: &str, unit: &str, kind: MetricKind, is_gauge: bool) -> Option<String> {
    let mut tokens: Vec<String> = words(name);
    let unit = unit.split('{').next().unwrap_or_default().trim().to_owned()
        + unit.split_once('}').map_or("", |(_, rest)| rest);
    let (main, per) = unit.split_once('/').unwrap_or((&unit, ""));
    for word in words(main_unit(main)) {
        push_new(&mut tokens, word);
    }
    if !per.is_empty() {
        let word = words(per_unit(per)).join("_");
        if !word.is_empty() && !tokens.contains(&word) {
            tokens.extend(["per".to_owned(), word]);
        }
    }
    if kind == MetricKind::Counter {
        tokens.retain(|t| t != "total");
        tokens.push("total".to_owned());
    }
    if is_gauge && unit == "1" {
        tokens.retain(|t| t != "ratio");
        tokens.push("ratio".to_owned());
    }
    if words(name).is_empty() {
        return None;
    }
    let joined = tokens.join("_");
    Some(if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("_{joined}") } else { joined })
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn push_new(tokens: &mut Vec<String>, word: String) {
    if !tokens.contains(&word) {
        tokens.push(word);
    }
}

/// UCUM units as words; unknown ones are kept.
fn main_unit(unit: &str) -> &str {
    match unit.trim() {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "1" => "",
        other => other,
    }
}

fn per_unit(unit: &str) -> &str {
    match unit.trim() {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_prometheus_makes_them() {
        for (name, unit, kind, gauge, expected) in [
            ("http.server.duration", "ms", MetricKind::Histogram, false, "http_server_duration_milliseconds"),
            ("requests", "1", MetricKind::Counter, false, "requests_total"),
            ("requests.total", "{request}", MetricKind::Counter, false, "requests_total"),
            ("a_total_b", "", MetricKind::Counter, false, "a_b_total"),
            ("system.cpu.utilization", "1", MetricKind::Gauge, true, "system_cpu_utilization_ratio"),
            ("net.io", "By/s", MetricKind::Gauge, true, "net_io_bytes_per_second"),
            ("queue.bytes", "By", MetricKind::Gauge, true, "queue_bytes"),
            ("9lives", "", MetricKind::Gauge, true, "_9lives"),
            ("a..b--c", "", MetricKind::Gauge, true, "a_b_c"),
            ("speed", "km/h", MetricKind::Gauge, true, "speed_km_per_hour"),
            ("temp", "Cel", MetricKind::Gauge, true, "temp_celsius"),
            ("ns:metric", "s", MetricKind::Gauge, true, "ns:metric_seconds"),
        ] {
            assert_eq!(translate(name, unit, kind, gauge).as_deref(), Some(expected), "{name} {unit}");
        }
        assert_eq!(translate("__", "s", MetricKind::Gauge, true), None);
    }
}
