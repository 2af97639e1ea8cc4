//! `global` and `runtime`.

use crate::schema::{Faults, Kind, Section, no_check, scalars};
use crate::yaml::Node;

pub(in crate::config) static GLOBAL: Section = Section {
    keys: &[
        ("scrape_interval", Kind::Scalar(scalars::duration)),
        ("scrape_timeout", Kind::Scalar(scalars::duration)),
        ("evaluation_interval", Kind::Scalar(scalars::duration)),
        ("rule_query_offset", Kind::Scalar(scalars::duration)),
        ("query_log_file", Kind::Scalar(scalars::text)),
        ("external_labels", Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text))),
    ],
    with: &[&SCRAPE_LIMITS],
    check,
};

/// What `global` sets for all jobs and a job for itself.
pub(super) static SCRAPE_LIMITS: Section = Section {
    keys: &[
        ("scrape_protocols", Kind::List(&Kind::Scalar(protocol))),
        ("scrape_failure_log_file", Kind::Scalar(scalars::text)),
        ("body_size_limit", Kind::Scalar(scalars::size)),
        ("sample_limit", Kind::Scalar(scalars::count)),
        ("target_limit", Kind::Scalar(scalars::count)),
        ("label_limit", Kind::Scalar(scalars::count)),
        ("label_name_length_limit", Kind::Scalar(scalars::count)),
        ("label_value_length_limit", Kind::Scalar(scalars::count)),
        ("keep_dropped_targets", Kind::Scalar(scalars::count)),
        ("metric_name_validation_scheme", Kind::Scalar(validation_scheme)),
        ("metric_name_escaping_scheme", Kind::Scalar(escaping_scheme)),
        ("convert_classic_histograms_to_nhcb", Kind::Scalar(scalars::boolean)),
        ("always_scrape_classic_histograms", Kind::Scalar(scalars::boolean)),
        ("scrape_native_histograms", Kind::Scalar(scalars::boolean)),
        ("extra_scrape_metrics", Kind::Scalar(scalars::boolean)),
    ],
    with: &[],
    check: check_protocols,
};

pub(in crate::config) static RUNTIME: Section =
    Section { keys: &[("gogc", Kind::Scalar(scalars::integer))], with: &[], check: no_check };

pub(super) fn protocol(text: &str) -> Result<(), String> {
    const PROTOCOLS: [&str; 5] = [
        "PrometheusProto",
        "OpenMetricsText0.0.1",
        "OpenMetricsText1.0.0",
        "PrometheusText0.0.4",
        "PrometheusText1.0.0",
    ];
    scalars::one_of(text, &PROTOCOLS)
}

fn validation_scheme(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["", "utf8", "legacy"])
}

fn escaping_scheme(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["", "allow-utf-8", "underscores", "dots", "values"])
}

fn check(node: &Node, faults: &mut Faults) {
    let ms = |key| node.text_of(key).and_then(|text| crate::config::units::duration(text).ok());
    let interval = ms("scrape_interval").unwrap_or(super::scrape::INTERVAL_DEFAULT);
    if ms("scrape_timeout").is_some_and(|timeout| timeout > interval) {
        faults.key(node, "scrape_timeout", "is greater than the global `scrape_interval`");
    }
    if node.text_of("metric_name_validation_scheme") == Some("legacy")
        && let Some(labels) = node.get("external_labels")
    {
        for entry in labels.entries().iter().filter(|e| !scalars::is_classic_label_name(&e.key)) {
            faults.add(entry.key_line, format!("{:?} is not a valid label name", entry.key));
        }
    }
}

fn check_protocols(node: &Node, faults: &mut Faults) {
    let Some(list) = node.get("scrape_protocols") else { return };
    let mut seen = std::collections::BTreeSet::new();
    for item in list.items() {
        if item.text().is_some_and(|name| !seen.insert(name)) {
            faults.add(item.line, format!("`{}`: a protocol is given twice", faults.path_of("scrape_protocols")));
        }
    }
    if list.items().is_empty() {
        faults.key(node, "scrape_protocols", "cannot be empty");
    }
}
