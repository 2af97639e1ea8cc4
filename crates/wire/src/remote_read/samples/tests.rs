use std::sync::Arc;

use aio_types::{SamplesRef, TimestampMs};
use proptest::prelude::*;
use prost::Message;

use super::messages::ReadResponse;
use super::*;
use crate::remote_write::messages::{Count, WriteRequest};

fn answer(series: &[(Labels, Samples)]) -> ReadResponse {
    let (mut result, mut response) = (Vec::new(), Vec::new());
    series.iter().for_each(|(labels, samples)| put_series(&mut result, labels, samples));
    put_result_head(&mut response, result.len() as u64);
    response.extend(result);
    ReadResponse::decode(response.as_slice()).expect("is a response")
}

fn histograms() -> Vec<HistogramSample> {
    let h = Histogram {
        schema: -2,
        reset_hint: ResetHint::NotReset,
        zero_threshold: 0.5,
        zero_count: 1.0,
        count: 7.0,
        sum: -2.5,
        positive_spans: vec![BucketSpan { offset: -3, length: 2 }, BucketSpan { offset: 2, length: 1 }],
        positive_buckets: vec![3.0, 0.0, 1.0],
        negative_spans: vec![BucketSpan { offset: 4, length: 1 }],
        negative_buckets: vec![2.0],
        ..Histogram::default()
    };
    let float = Histogram { count: 7.5, zero_count: 1.5, ..h.clone() };
    let custom = Histogram {
        schema: aio_types::CUSTOM_BUCKETS_SCHEMA,
        count: 1.0,
        sum: 0.5,
        positive_spans: vec![BucketSpan { offset: 1, length: 1 }],
        positive_buckets: vec![1.0],
        custom_bounds: Arc::from([0.1, 1.0]),
        ..Histogram::default()
    };
    let all = [h, float, custom, Histogram::stale(), Histogram::default()];
    (1..).zip(all).map(|(t, h)| HistogramSample { t: TimestampMs(t), start: TimestampMs(0), h: Arc::new(h) }).collect()
}

/// What remote write reads is what remote read wrote: both share the message of a series.
#[test]
fn series_come_back_through_remote_write() {
    let labels = Labels::from_pairs([("__name__", "m"), ("a", "ü")]);
    let floats = vec![Sample { t: TimestampMs(-5), v: 1.5 }, Sample { t: TimestampMs(0), v: aio_types::stale_nan() }];
    let samples = Samples { floats, histograms: histograms(), ..Samples::default() };
    let answer = answer(&[(labels.clone(), samples.clone())]);
    let kinds: Vec<_> = answer.results[0].timeseries[0].histograms.iter().map(|h| h.count).collect();
    let integer = |count| Some(Count::Integer(count));
    assert_eq!(kinds, [integer(7), Some(Count::Float(7.5)), integer(1), integer(0), integer(0)]);
    let body = WriteRequest { timeseries: answer.results[0].timeseries.clone(), metadata: vec![] }.encode_to_vec();
    let decoded = crate::remote_write::v1::decode(&body).expect("decodes");
    assert!(decoded.refused.is_empty(), "{}", decoded.refused);
    let series = decoded.write.series(0).expect("there");
    assert_eq!((series.labels, series.samples), (labels.borrowed(), samples.borrowed()));
    let hints = |samples: SamplesRef<'_>| samples.histograms.iter().map(|s| s.h.reset_hint).collect::<Vec<_>>();
    assert_eq!(hints(series.samples), hints(samples.borrowed()));
}

proptest! {
    #[test]
    fn floats_come_back_bit_by_bit(samples in proptest::collection::vec((any::<i64>(), any::<u64>()), 0..20)) {
        let floats = samples.iter().map(|(t, bits)| Sample { t: TimestampMs(*t), v: f64::from_bits(*bits) });
        let answer = answer(&[(Labels::default(), floats.collect::<Vec<_>>().into())]);
        let got = answer.results[0].timeseries[0].samples.iter().map(|s| (s.timestamp, s.value.to_bits()));
        prop_assert_eq!(got.collect::<Vec<_>>(), samples);
    }
}
