//! Prometheus remote write, decompressed.

use aio_wire::remote_write;

pub(super) fn v1(data: &[u8]) {
    if let Ok(decoded) = remote_write::v1::decode(data) {
        check(&decoded);
    }
}

pub(super) fn v2(data: &[u8]) {
    if let Ok(decoded) = remote_write::v2::decode(data) {
        check(&decoded);
    }
}

fn check(decoded: &remote_write::Decoded) {
    for series in decoded.write.iter() {
        assert!(!series.labels.metric_name().is_empty(), "a series without a name");
        let labels = aio_types::Labels::from_pairs(series.labels.iter());
        assert_eq!(series.labels, labels.borrowed(), "a set is sorted and has each name once");
        for histogram in series.samples.histograms.iter().map(|sample| &sample.h) {
            let spanned: u64 = histogram.positive_spans.iter().map(|span| u64::from(span.length)).sum();
            assert_eq!(spanned, histogram.positive_buckets.len() as u64, "a histogram with lost buckets");
        }
    }
}
