use aio_types::{Metadata, MetricKind, ResetHint};
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::remote_write::messages::{self as sent, MetricMetadata, TimeSeries, WriteRequest, integer_histogram};

type Pairs<'a> = &'a [(&'a [u8], &'a [u8])];

fn labels_of(pairs: Pairs<'_>) -> Vec<sent::Label> {
    pairs.iter().map(|(n, v)| sent::Label { name: n.to_vec(), value: v.to_vec() }).collect()
}

fn sample_of(value: f64, timestamp: i64) -> sent::Sample {
    sent::Sample { value, timestamp, start_timestamp: 0 }
}

fn series_of(pairs: Pairs<'_>) -> TimeSeries {
    TimeSeries { labels: labels_of(pairs), samples: vec![sample_of(1.5, 7)], ..Default::default() }
}

fn round_trip(timeseries: Vec<TimeSeries>) -> Decoded {
    decode(&WriteRequest { timeseries, metadata: vec![] }.encode_to_vec()).expect("decodes")
}

#[test]
fn a_series_arrives_with_all_it_has() {
    let mut series = series_of(&[(b"job", b"a"), (b"__name__", b"up")]);
    series.exemplars.push(sent::Exemplar { labels: labels_of(&[(b"trace_id", b"x")]), value: 2.0, timestamp: 8 });
    series.histograms.push(integer_histogram(9));
    let metadata =
        MetricMetadata { kind: 1, metric_family_name: b"up".to_vec(), help: b"h".to_vec(), unit: b"u".to_vec() };
    let nameless = MetricMetadata { help: b"of nothing".to_vec(), ..Default::default() };
    let body = WriteRequest { timeseries: vec![series], metadata: vec![metadata, nameless] }.encode_to_vec();
    let out = decode(&body).expect("decodes");
    assert!(out.skipped.is_empty() && out.refused.is_empty());
    let got = out.write.series(0).expect("there");
    assert_eq!(got.labels.to_string(), r#"{__name__="up", job="a"}"#);
    assert_eq!(got.samples.floats, [Sample { t: TimestampMs(7), v: 1.5 }]);
    assert!(got.samples.starts.is_empty());
    assert_eq!(got.exemplars[0].labels.get("trace_id"), "x");
    let histogram = &got.samples.histograms[0];
    assert_eq!((histogram.t, histogram.h.count, histogram.h.reset_hint), (TimestampMs(9), 7.0, ResetHint::NotReset));
    let want = Metadata { kind: MetricKind::Counter, help: "h".into(), unit: "u".into() };
    assert_eq!(out.write.metadata, [("up".to_owned(), want)]);
}

#[test]
fn a_bad_series_costs_only_itself() {
    let good: Pairs<'_> = &[(b"__name__", b"up")];
    for (bad, reason) in [
        (&[(&b"a"[..], &b"b"[..])][..], "missing"),
        (&[(&b"__name__"[..], &b"up"[..]), (b"", b"x")][..], "empty"),
        (&[(&b"__name__"[..], &b"up"[..]), (b"a", b"1"), (b"a", b"2")][..], "twice"),
        (&[(&b"__name__"[..], &b"up"[..]), (b"a", b"\xff")][..], "not UTF-8"),
        (&[(&b"__name__"[..], &b"up"[..]), (b"\xff", b"a")][..], "not UTF-8"),
    ] {
        let mut bad = series_of(bad);
        // Whatever else is wrong with it.
        bad.histograms.push(sent::Histogram { schema: 99, ..Default::default() });
        let out = round_trip(vec![bad, series_of(good)]);
        assert_eq!((out.skipped.count, out.refused.count, out.write.series_count()), (1, 0, 1), "{reason}");
        assert!(out.skipped.told[0].contains(reason), "{}", out.skipped);
    }
}

#[test]
fn labels_may_come_in_pieces_between_other_parts() {
    let part = |series: TimeSeries| series.encode_to_vec();
    let labels = |pairs: Pairs<'_>| part(TimeSeries { labels: labels_of(pairs), ..TimeSeries::default() });
    let samples = part(TimeSeries { samples: vec![sample_of(1.5, 7)], ..TimeSeries::default() });
    let message = [labels(&[(b"__name__", b"up")]), samples, labels(&[(b"job", b"a"), (b"b", b"c")])].concat();
    let mut body = Vec::new();
    crate::proto::put_bytes(&mut body, 1, &message);
    let out = decode(&body).expect("decodes");
    let got = out.write.series(0).expect("there");
    assert_eq!((got.labels.to_string().as_str(), got.samples.len()), (r#"{__name__="up", b="c", job="a"}"#, 1));
}

#[test]
fn an_invalid_histogram_is_refused_with_its_series() {
    let mut series = series_of(&[(b"__name__", b"h")]);
    series.histograms = vec![integer_histogram(1), sent::Histogram { schema: 99, ..integer_histogram(2) }];
    let out = round_trip(vec![series]);
    assert_eq!((out.refused.count, out.write.series(0).expect("there").samples.histograms.len()), (1, 1));
    assert!(out.refused.told[0].contains(r#"schema 99"#) && out.refused.told[0].contains(r#"{__name__="h"}"#));
}

#[test]
fn a_stale_marker_keeps_its_bits_and_a_long_exemplar_is_left_out() {
    let mut series = series_of(&[(b"__name__", b"up")]);
    series.samples[0].value = aio_types::stale_nan();
    let long = "x".repeat(130);
    for value in [b"short".as_slice(), long.as_bytes()] {
        let labels = labels_of(&[(b"trace_id", value)]);
        series.exemplars.push(sent::Exemplar { labels, value: 1.0, timestamp: 7 });
    }
    let out = round_trip(vec![series]);
    assert!(aio_types::is_stale(out.write.series(0).expect("there").samples.floats[0].v));
    assert_eq!(out.write.series(0).expect("there").exemplars.len(), 1);
}

#[test]
fn truncated_requests_are_malformed() {
    let request = WriteRequest { timeseries: vec![series_of(&[(b"__name__", b"up")])], metadata: vec![] };
    let body = request.encode_to_vec();
    assert!(matches!(decode(&body[..body.len() - 1]), Err(Error::Malformed { .. })));
    assert_eq!(decode(&[]), Ok(Decoded::default()));
}

#[test]
fn what_is_small_on_the_wire_and_large_in_memory_is_refused() {
    let series = |field: &[u8]| {
        let mut message = Vec::new();
        crate::proto::put_bytes(&mut message, 1, &field.repeat(10 << 20));
        decode(&message)
    };
    // Labels, histograms.
    for field in [&[0x0a, 0][..], &[0x22, 0]] {
        assert!(matches!(series(field), Err(Error::TooHeavy { .. })), "{field:?}");
    }
}

proptest! {
    #[test]
    fn samples_come_back_bit_by_bit(samples in proptest::collection::vec((any::<u64>(), any::<i64>()), 1..20)) {
        let mut series = series_of(&[(b"__name__", b"up")]);
        series.samples = samples.iter().map(|(bits, t)| sample_of(f64::from_bits(*bits), *t)).collect();
        let out = round_trip(vec![series]);
        let got: Vec<_> = out.write.series(0).expect("there").samples.floats.iter().map(|s| (s.v.to_bits(), s.t.0)).collect();
        prop_assert_eq!(got, samples);
    }

    #[test]
    fn labels_come_back_however_they_are_sent(
        labels in proptest::collection::btree_map("[a-z_]{1,12}|ä{40,80}", "[a-zü]{0,9}|[xy]{100,150}", 0..70),
        is_sorted: bool, samples_first: bool,
    ) {
        let name = ("__name__".to_owned(), "up".to_owned());
        let mut pairs: Vec<_> = labels.into_iter().filter(|(n, _)| n != "__name__").chain([name]).collect();
        if is_sorted {
            pairs.sort();
        }
        let raw: Vec<_> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let series = TimeSeries { labels: labels_of(&raw), ..TimeSeries::default() }.encode_to_vec();
        let samples = TimeSeries { samples: vec![sample_of(1.5, 7)], ..TimeSeries::default() }.encode_to_vec();
        let mut body = Vec::new();
        let message = if samples_first { [samples, series].concat() } else { [series, samples].concat() };
        crate::proto::put_bytes(&mut body, 1, &message);
        let out = decode(&body).expect("decodes");
        let got = out.write.series(0).expect("there");
        prop_assert_eq!(got.labels.to_labels(), aio_types::Labels::from_pairs(pairs));
        prop_assert_eq!(got.samples.floats, [Sample { t: TimestampMs(7), v: 1.5 }]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&body);
    }

    #[test]
    fn flipped_bytes_never_panic(at in 0_usize..100, with in any::<u8>()) {
        let mut series = series_of(&[(b"__name__", b"up"), (b"job", b"a")]);
        series.histograms.push(integer_histogram(5));
        let mut body = WriteRequest { timeseries: vec![series], metadata: vec![] }.encode_to_vec();
        let at = at % body.len();
        body[at] = with;
        let _ = decode(&body);
    }
}
