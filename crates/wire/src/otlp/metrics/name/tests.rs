//! Names under each strategy.

use proptest::prelude::*;

use super::Strategy;
use super::*;

fn check(strategy: Strategy, cases: &[(&str, &str, Kind, &str)]) {
    for (name, unit, kind, expected) in cases {
        let translated = translate(name, unit, *kind, strategy).unwrap_or_default();
        assert_eq!(translated, *expected, "{name:?} {unit:?} {kind:?}");
    }
}

#[test]
fn names_with_underscores_and_suffixes() {
    use Kind::{Counter, Gauge, Other};
    check(
        Strategy::UnderscoreEscapingWithSuffixes,
        &[
            ("http.server.duration", "ms", Other, "http_server_duration_milliseconds"),
            ("requests", "1", Counter, "requests_total"),
            ("requests.total", "{request}", Counter, "requests_total"),
            ("a_total_b", "", Counter, "a_b_total"),
            ("system.cpu.utilization", "1", Gauge, "system_cpu_utilization_ratio"),
            ("up.down", "1", Other, "up_down"),
            ("net.io", "By/s", Gauge, "net_io_bytes_per_second"),
            ("queue.bytes", "By", Gauge, "queue_bytes"),
            ("9lives", "", Gauge, "_9lives"),
            ("a..b--c", "", Gauge, "a_b_c"),
            ("a__b", "", Gauge, "a_b"),
            ("speed", "km/h", Gauge, "speed_km_per_hour"),
            ("temp", "Cel", Gauge, "temp_celsius"),
            ("ns:metric", "s", Gauge, "ns:metric_seconds"),
            ("load", "{a}/{b}", Gauge, "load"),
            ("http.requests", "{request}/s", Gauge, "http_requests_per_second"),
            ("http.requests", "By{compressed}", Gauge, "http_requests"),
            ("rate", "/s", Gauge, "rate_per_second"),
            ("rate", "1/s", Counter, "rate_per_second_total"),
            ("share", "{x}1", Gauge, "share"),
            ("ratio.of.things", "1", Gauge, "of_things_ratio"),
            ("depth", "foo bar", Gauge, "depth_foo_bar"),
            ("depth", "_foo", Gauge, "depth_foo"),
            ("custom_metric", "custom_unit", Gauge, "custom_metric_custom_unit"),
            ("a.b", "m/s", Gauge, "a_b_meters_per_second"),
            ("a.b", "°/s", Gauge, "a_b_per_second"),
            ("used", "%", Gauge, "used_percent"),
            ("total", "", Counter, "total"),
            ("größe", "By", Gauge, "gr_e_bytes"),
            ("...", "", Gauge, ""),
            ("___", "", Gauge, ""),
        ],
    );
}

#[test]
fn names_with_underscores_only() {
    use Kind::{Counter, Gauge};
    check(
        Strategy::UnderscoreEscapingWithoutSuffixes,
        &[
            ("simple_metric", "s", Gauge, "simple_metric"),
            ("metric@with#special$chars", "", Gauge, "metric_with_special_chars"),
            ("a..b", "s", Counter, "a_b"),
            ("a__b", "s", Counter, "a__b"),
            (".a.", "1", Gauge, "a"),
            ("123metric", "", Gauge, "_123metric"),
            ("@#$%", "", Gauge, ""),
            ("@_#_$_%", "", Gauge, ""),
            ("__", "", Gauge, "__"),
            ("", "", Gauge, ""),
        ],
    );
}

#[test]
fn names_as_they_are_with_suffixes() {
    use Kind::{Counter, Gauge, Other};
    check(
        Strategy::NoUtf8EscapingWithSuffixes,
        &[
            ("http.server.duration", "s", Other, "http.server.duration_seconds"),
            ("http.server.duration_seconds", "s", Other, "http.server.duration_seconds"),
            ("requests.total", "", Counter, "requests_total"),
            ("cpu_seconds_total", "s", Counter, "cpu_seconds_total"),
            ("process_cpu_seconds", "s", Counter, "process_cpu_seconds_total"),
            ("cpu_usage_ratio", "1", Gauge, "cpu_usage_ratio"),
            ("net.io", "By/s", Gauge, "net.io_bytes_per_second"),
            ("net.io_per_second", "By/s", Gauge, "net.io_bytes_per_second"),
            ("größe", "€", Gauge, "größe_€"),
            ("total", "", Counter, "total_total"),
            ("", "", Gauge, ""),
        ],
    );
}

#[test]
fn names_as_they_are() {
    let cases = [("http.größe total", "s", Kind::Counter, "http.größe total"), ("", "", Kind::Gauge, "")];
    check(Strategy::NoTranslation, &cases);
}

/// What the escaped name of `name` must be, found character by character.
fn naive(name: &str) -> String {
    let mut out = String::new();
    let mut due = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == ':' {
            if due && !out.is_empty() {
                out.push('_');
            }
            due = false;
            out.push(c);
        } else {
            due = true;
        }
    }
    if out.as_bytes().first().is_some_and(u8::is_ascii_digit) { format!("_{out}") } else { out }
}

proptest! {
    #[test]
    fn escaped_names_are_classic_and_stay_what_they_are(name in "\\PC{0,12}", unit in "[a-zA-Z%{}/ 1]{0,6}") {
        if let Ok(once) = translate(&name, &unit, Kind::Counter, Strategy::UnderscoreEscapingWithSuffixes) {
            prop_assert!(once.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':'), "{once}");
            prop_assert!(!once.as_bytes()[0].is_ascii_digit());
            prop_assert!(once.ends_with("total"));
        }
        let bare = translate(&name, "", Kind::Other, Strategy::UnderscoreEscapingWithSuffixes).unwrap_or_default();
        prop_assert_eq!(bare, naive(&name));
    }

    #[test]
    fn no_name_is_changed_without_translation(name in "\\PC{1,12}", unit in "[a-z/1]{0,4}") {
        prop_assert_eq!(translate(&name, &unit, Kind::Gauge, Strategy::NoTranslation), Ok(name.clone()));
    }
}
