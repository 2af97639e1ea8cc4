//! Which metric family a series belongs to: 2.0 tells kind, help and unit with each series, everyone asks by family.

use aio_types::{LabelsRef, MetricKind};

/// The family's name: the series' own, without what its kind adds to it. A native histogram is named as its family.
pub(super) fn of(labels: LabelsRef<'_>, kind: MetricKind, is_native: bool) -> &str {
    let name = labels.metric_name();
    let suffixes: &[&str] = match kind {
        MetricKind::Histogram if !is_native => &["_bucket", "_sum", "_count"],
        MetricKind::GaugeHistogram if !is_native => &["_bucket", "_gsum", "_gcount"],
        MetricKind::Summary => &["_sum", "_count"],
        _ => &[],
    };
    suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).filter(|family| !family.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use aio_types::Labels;

    use super::*;

    #[test]
    fn only_what_the_kind_adds_is_taken_off() {
        for (name, kind, native, family) in [
            ("d_bucket", MetricKind::Histogram, false, "d"),
            ("d_count", MetricKind::Histogram, true, "d_count"),
            ("d_gsum", MetricKind::GaugeHistogram, false, "d"),
            ("s_sum", MetricKind::Summary, false, "s"),
            ("s", MetricKind::Summary, false, "s"),
            ("jobs_count", MetricKind::Gauge, false, "jobs_count"),
            ("requests_total", MetricKind::Counter, false, "requests_total"),
            ("_sum", MetricKind::Summary, false, "_sum"),
        ] {
            let labels = Labels::from_pairs([("__name__", name)]);
            assert_eq!(of(labels.borrowed(), kind, native), family, "{name}");
        }
    }
}
