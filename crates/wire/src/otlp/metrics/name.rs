//! Metric names, strategy `UnderscoreEscapingWithSuffixes`.

use aio_types::MetricKind;

/// The Prometheus name, or `None` where nothing usable is left of `name`.
pub(super) fn translate(name: &str, unit: &str, kind: MetricKind, is_gauge: bool) -> Option<String> {
    let mut tokens: Vec<String> = words(name);
    if tokens.is_empty() {
        return None;
    }
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let [main, per] = [unit_word(main, main_unit), unit_word(per, per_unit)];
    // Both are looked up before either is added.
    let [has_main, has_per] = [&main, &per].map(|word| word.is_empty() || tokens.contains(word));
    if !has_main {
        tokens.push(main);
    }
    if !has_per {
        tokens.extend(["per".to_owned(), per]);
    }
    if kind == MetricKind::Counter {
        move_last(&mut tokens, "total");
    }
    if is_gauge && unit == "1" {
        move_last(&mut tokens, "ratio");
    }
    let joined = tokens.join("_");
    Some(if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("_{joined}") } else { joined })
}

fn move_last(tokens: &mut Vec<String>, word: &str) {
    tokens.retain(|token| token != word);
    tokens.push(word.to_owned());
}

/// A unit as one word; annotations in braces say nothing that belongs in a name.
fn unit_word(unit: &str, spelled: fn(&str) -> &str) -> String {
    let unit = unit.trim();
    if unit.contains(['{', '}']) { String::new() } else { words(spelled(unit)).join("_") }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// UCUM units as words; unknown ones are kept.
fn main_unit(unit: &str) -> &str {
    match unit {
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
    match unit {
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
            ("load", "{a}/{b}", MetricKind::Gauge, true, "load"),
            ("http.requests", "{request}/s", MetricKind::Gauge, true, "http_requests_per_second"),
            ("http.requests", "By{compressed}", MetricKind::Gauge, true, "http_requests"),
            ("rate", "/s", MetricKind::Gauge, true, "rate_per_second"),
            ("share", "{x}1", MetricKind::Gauge, true, "share"),
            ("ratio.of.things", "1", MetricKind::Gauge, true, "of_things_ratio"),
            ("depth", "foo bar", MetricKind::Gauge, true, "depth_foo_bar"),
            ("a.b", "m/s", MetricKind::Gauge, true, "a_b_meters_per_second"),
            ("used", "%", MetricKind::Gauge, true, "used_percent"),
            ("total", "", MetricKind::Counter, false, "total"),
        ] {
            assert_eq!(translate(name, unit, kind, gauge).as_deref(), Some(expected), "{name} {unit}");
        }
        assert_eq!(translate("__", "s", MetricKind::Gauge, true), None);
    }
}
