//! A whole export of a source in memory.

use std::sync::Arc;

use aio_source::{BlockFigures, Cardinality, Error, FixedMetrics, MetricsSource, SeriesExemplars, SeriesReader};
use aio_types::{
    BucketSpan, Exemplar, Histogram, HistogramSample, Labels, MatchOp, Matcher, Metadata, MetricKind, Sample, Samples,
    TenantId, TimeRange, TimestampMs, stale_nan,
};
use aio_wire::openmetrics::Escaping;

use super::args::{Style, Wanted};
use super::output::Output;
use super::summary::{LeftOut, Summary};
use super::walk;

const DAY_MS: i64 = 86_400_000;

/// Series with exemplars and metadata, over two days.
struct Source {
    fixed: FixedMetrics,
    exemplars: Vec<SeriesExemplars>,
    metadata: Vec<(&'static str, MetricKind)>,
}

impl MetricsSource for Source {
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
        self.fixed.select(matchers, range)
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        self.fixed.series(selections, range)
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        self.fixed.label_names(selections, range)
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        self.fixed.label_values(name, selections, range)
    }

    fn exemplars(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<SeriesExemplars>, Error> {
        let mut found = self.exemplars.clone();
        found.retain(|series| selections.iter().any(|all| all.iter().all(|m| m.matches(series.labels.get(&m.name)))));
        found.iter_mut().for_each(|series| series.exemplars.retain(|e| range.contains(e.sample.t)));
        Ok(found)
    }

    fn metadata(&self) -> Result<std::collections::BTreeMap<String, Vec<Metadata>>, Error> {
        let metadata = |kind| vec![Metadata { kind, help: "h".to_owned(), unit: "seconds".to_owned() }];
        Ok(self.metadata.iter().map(|(name, kind)| ((*name).to_owned(), metadata(*kind))).collect())
    }

    fn cardinality(&self, _limit: usize) -> Result<Cardinality, Error> {
        Ok(Cardinality { range: Some(TimeRange::new(DAY_MS, DAY_MS * 3 - 1)), ..Cardinality::default() })
    }

    fn blocks(&self) -> Result<Vec<BlockFigures>, Error> {
        Ok(Vec::new())
    }
}

fn floats(points: &[(i64, f64)]) -> Samples {
    points.iter().map(|&(t, v)| Sample { t: TimestampMs(DAY_MS + t), v }).collect::<Vec<_>>().into()
}

fn histograms(counts: &[f64]) -> Samples {
    let sample = |(t, &count): (i64, &f64)| {
        let span = BucketSpan { offset: 1, length: 1 };
        let h = Histogram {
            count,
            sum: count * 1.5,
            positive_spans: vec![span],
            positive_buckets: vec![count],
            ..Histogram::default()
        };
        HistogramSample { t: TimestampMs(DAY_MS + t), start: TimestampMs(0), h: Arc::new(h) }
    };
    Samples { histograms: (0..).zip(counts).map(sample).collect(), ..Samples::default() }
}

fn source() -> Source {
    let series = [
        (vec![("__name__", "a_seconds_total"), ("i", "1")], floats(&[(0, 1.0), (1000, 2.0), (DAY_MS + 781, 3.0)])),
        (vec![("__name__", "a_seconds_total"), ("i", "2")], floats(&[(5, 4.5), (6, stale_nan())])),
        (vec![("__name__", "d.e"), ("x", "1")], floats(&[(0, f64::NAN)])),
        (vec![("__name__", "d_e"), ("x", "1")], floats(&[(0, 2.0)])),
        (vec![("__name__", "gone")], floats(&[(7, stale_nan())])),
        (vec![("__name__", "h")], histograms(&[2.0, 3.0])),
        (vec![("__name__", "lat_bucket"), ("le", "1")], floats(&[(0, 9.0)])),
    ];
    let series = series.into_iter().map(|(labels, samples)| (Labels::from_pairs(labels), samples)).collect();
    let exemplar = |t: i64| {
        let sample = Sample { t: TimestampMs(DAY_MS + t), v: 0.5 };
        Exemplar { labels: Labels::from_pairs([("trace.id", "t")]), sample }
    };
    let of = |pairs: &[(&str, &str)], times: &[i64]| SeriesExemplars {
        labels: Labels::from_pairs(pairs.iter().copied()),
        exemplars: times.iter().copied().map(exemplar).collect(),
    };
    Source {
        fixed: FixedMetrics { series },
        exemplars: vec![
            of(&[("__name__", "a_seconds_total"), ("i", "1")], &[500, 900, 2000]),
            of(&[("__name__", "h")], &[0]),
        ],
        metadata: vec![
            ("a_seconds", MetricKind::Counter),
            ("h", MetricKind::Histogram),
            ("lat", MetricKind::Histogram),
        ],
    }
}

fn exported(selections: Vec<Vec<Matcher>>, escaping: Escaping, classic: bool) -> (String, Summary) {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = dir.path().join("out");
    let style = Style { escaping, classic };
    let wanted = Wanted { tenant: TenantId::default(), selections, range: TimeRange::ALL, style };
    let mut output = Output::create(Some(&path)).expect("creates");
    let summary = walk::write(&source(), &wanted, &mut output).expect("writes");
    output.finish().expect("finishes");
    (std::fs::read_to_string(path).expect("reads"), summary)
}

#[test]
fn what_can_be_expressed_is_written_and_the_rest_is_counted() {
    let (text, summary) = exported(Vec::new(), Escaping::Quoted, false);
    let expected = r#"# TYPE a_seconds counter
# UNIT a_seconds seconds
# HELP a_seconds h
a_seconds_total{i="1"} 1 86400
a_seconds_total{i="1"} 2 86401 # {"trace.id"="t"} 0.5 86400.900
a_seconds_total{i="2"} 4.5 86400.005
a_seconds_total{i="1"} 3 172800.781
{"d.e",x="1"} NaN 86400
d_e{x="1"} 2 86400
# HELP lat h
lat_bucket{le="1"} 9 86400
# EOF
"#;
    assert_eq!(text, expected);
    let left_out = LeftOut { stale: 2, histograms: 2, exemplars: 3, types: 1, ..LeftOut::default() };
    let range = Some(TimeRange::new(DAY_MS, 2 * DAY_MS + 781));
    let expected = Summary {
        families: 4,
        series: 5,
        samples: 7,
        exemplars: 1,
        range,
        quoted_series: 1,
        left_out,
        ..Summary::default()
    };
    assert_eq!(summary, expected);
}

#[test]
fn native_histograms_become_classic_ones() {
    let only_h = vec![vec![Matcher::new("__name__", MatchOp::Equal, "h").expect("valid")]];
    let (text, summary) = exported(only_h, Escaping::Quoted, true);
    let expected = r#"# TYPE h histogram
# HELP h h
h_bucket{le="2.0"} 2 86400
h_bucket{le="+Inf"} 2 86400
h_count 2 86400
h_sum 3 86400
h_bucket{le="2.0"} 3 86400.001
h_bucket{le="+Inf"} 3 86400.001
h_count 3 86400.001
h_sum 4.5 86400.001
# EOF
"#;
    assert_eq!(text, expected);
    assert_eq!((summary.series, summary.samples, summary.histograms, summary.left_out.histograms), (1, 8, 2, 0));
}

#[test]
fn of_series_that_escaping_makes_the_same_the_first_is_written() {
    let (text, summary) = exported(Vec::new(), Escaping::Underscores, false);
    assert!(text.contains("\nd_e{x=\"1\"} NaN 86400\n") && !text.contains("d_e{x=\"1\"} 2"), "{text}");
    assert!(text.contains("# {trace_id=\"t\"}"), "{text}");
    assert_eq!((summary.left_out.ambiguous_series, summary.quoted_series), (1, 0));
}

#[test]
fn selections_are_united() {
    let matching = |name, op, value| Matcher::new(name, op, value).expect("valid");
    let selections =
        vec![vec![matching("i", MatchOp::Equal, "2")], vec![matching("__name__", MatchOp::Regex, "a.*|d_e")]];
    let (text, summary) = exported(selections, Escaping::Quoted, false);
    assert_eq!((summary.series, text.matches("i=\"2\"").count()), (3, 1), "{text}");
}
