//! Families: what belongs together under one TYPE, and what may be said of it.

use std::fmt::Write as _;

use aio_types::{Metadata, MetricKind};

use super::escaping::{escape, is_plain_metric, quote};

/// All that a family's name may be followed by.
const SUFFIXES: [&str; 8] = ["_total", "_created", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_info"];

/// What a family of this kind adds to its name; the empty text where samples bear the name itself.
fn suffixes(kind: MetricKind) -> &'static [&'static str] {
    match kind {
        MetricKind::Counter => &["_total", "_created"],
        MetricKind::Histogram => &["_bucket", "_count", "_sum", "_created"],
        MetricKind::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
        MetricKind::Summary => &["", "_count", "_sum", "_created"],
        MetricKind::Info => &["_info"],
        MetricKind::Gauge | MetricKind::StateSet | MetricKind::Unknown => &[""],
    }
}

/// Where a metric belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member<'a> {
    /// The family's name.
    pub family: &'a str,
    /// What the metric's name has besides.
    pub suffix: &'a str,
    /// Unknown where the metric's name is not one that OpenMetrics would give to the kind it was declared as.
    pub kind: MetricKind,
    /// What was declared.
    pub metadata: Option<&'a Metadata>,
}

/// The family of a metric, with what `declared` knows of families by name. Counters and infos may be declared under the
/// names of their samples, as the older text format does it.
pub fn member_of<'a>(name: &'a str, declared: impl Fn(&str) -> Option<&'a Metadata>) -> Member<'a> {
    let part_of = SUFFIXES.iter().find_map(|suffix| {
        let family = name.strip_suffix(suffix).filter(|family| !family.is_empty())?;
        declared(family).filter(|m| suffixes(m.kind).contains(suffix)).map(|metadata| (family, metadata))
    });
    if let Some((family, metadata)) = part_of {
        return Member { family, suffix: &name[family.len()..], kind: metadata.kind, metadata: Some(metadata) };
    }
    let alone = Member { family: name, suffix: "", kind: MetricKind::Unknown, metadata: declared(name) };
    let Some(metadata) = alone.metadata else { return alone };
    let own = suffixes(metadata.kind);
    // A native histogram bears its family's name.
    let is_native = matches!(metadata.kind, MetricKind::Histogram | MetricKind::GaugeHistogram);
    let suffix = own.iter().find(|suffix| !suffix.is_empty() && name.len() > suffix.len() && name.ends_with(**suffix));
    match suffix {
        _ if own.contains(&"") || is_native => Member { kind: metadata.kind, ..alone },
        Some(suffix) => {
            let (family, suffix) = name.split_at(name.len() - suffix.len());
            Member { family, suffix, kind: metadata.kind, ..alone }
        }
        None => alone,
    }
}

/// What is said of a family before its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// As its samples' names begin, escaped.
    pub family: &'a str,
    /// Nothing is said where it is unknown.
    pub kind: MetricKind,
    /// Nothing is said where it is empty.
    pub help: &'a str,
    /// Nothing is said where the family's name does not end with it: readers refuse that.
    pub unit: &'a str,
}

/// Appends the lines of a header.
pub fn write_header(out: &mut String, header: Header<'_>) {
    let mut name = String::new();
    if is_plain_metric(header.family) {
        name.push_str(header.family);
    } else {
        quote(&mut name, header.family);
    }
    let mut written = Ok(());
    if header.kind != MetricKind::Unknown {
        written = writeln!(out, "# TYPE {name} {}", header.kind.as_str());
    }
    if has_unit(header.family, header.unit) {
        written = written.and(writeln!(out, "# UNIT {name} {}", header.unit));
    }
    if !header.help.is_empty() {
        written = written.and(write!(out, "# HELP {name} "));
        escape(out, header.help);
        out.push('\n');
    }
    debug_assert!(written.is_ok(), "a string takes all");
}

fn has_unit(family: &str, unit: &str) -> bool {
    let before = family.strip_suffix(unit).unwrap_or_default();
    is_plain_metric(unit) && before.len() > 1 && before.ends_with('_')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn declared(families: &[(&str, MetricKind)]) -> BTreeMap<String, Metadata> {
        let metadata = |kind| Metadata { kind, ..Metadata::default() };
        families.iter().map(|(name, kind)| ((*name).to_owned(), metadata(*kind))).collect()
    }

    #[test]
    fn metrics_find_their_families() {
        use MetricKind::{Counter, Gauge, GaugeHistogram, Histogram, Info, Summary, Unknown};
        let declared = declared(&[
            ("http", Counter),
            ("old_total", Counter),
            ("odd", Counter),
            ("_total", Counter),
            ("lat", Histogram),
            ("sizes", GaugeHistogram),
            ("rpc", Summary),
            ("target_info", Info),
            ("build", Info),
            ("jobs_count", Gauge),
        ]);
        for (name, family, kind) in [
            ("http_total", "http", Counter),
            ("http_created", "http", Counter),
            ("old_total", "old", Counter),
            ("odd", "odd", Unknown),
            ("_total", "_total", Unknown),
            ("lat_bucket", "lat", Histogram),
            ("lat_count", "lat", Histogram),
            ("lat", "lat", Histogram),
            ("lat_total", "lat_total", Unknown),
            ("sizes_gsum", "sizes", GaugeHistogram),
            ("sizes_sum", "sizes_sum", Unknown),
            ("rpc", "rpc", Summary),
            ("rpc_sum", "rpc", Summary),
            ("target_info", "target", Info),
            ("build_info", "build", Info),
            ("jobs_count", "jobs_count", Gauge),
            ("nobody_total", "nobody_total", Unknown),
        ] {
            let member = member_of(name, |family| declared.get(family));
            assert_eq!((member.family, member.kind), (family, kind), "{name}");
            assert_eq!(format!("{}{}", member.family, member.suffix), name);
        }
    }

    #[test]
    fn only_what_readers_take_is_said() {
        for (family, kind, help, unit, expected) in [
            ("a", MetricKind::Unknown, "", "", ""),
            (
                "a_seconds",
                MetricKind::Gauge,
                "x\ny",
                "seconds",
                "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds x\\ny\n",
            ),
            ("a_seconds", MetricKind::Gauge, "", "bytes", "# TYPE a_seconds gauge\n"),
            ("aseconds", MetricKind::Gauge, "", "seconds", "# TYPE aseconds gauge\n"),
            ("seconds", MetricKind::Gauge, "", "seconds", "# TYPE seconds gauge\n"),
            ("a.b", MetricKind::Counter, "\"", "", "# TYPE \"a.b\" counter\n# HELP \"a.b\" \\\"\n"),
        ] {
            let mut out = String::new();
            write_header(&mut out, Header { family, kind, help, unit });
            assert_eq!(out, expected);
        }
    }
}
