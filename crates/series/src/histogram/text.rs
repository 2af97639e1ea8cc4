//! Histograms as Prometheus prints them.

use std::fmt::Write;

use aio_types::Histogram;

use super::bucket::{Bucket, Rule, Slot, plain_bucket, slots};
use super::print::format_shortest;

/// As Prometheus prints it: `{count:3.1, sum:-0.3, [-0.5,0.5]:2, (1,2]:5}`, with buckets that are not empty, ascending.
/// Brackets say that a bound belongs to the bucket.
#[must_use]
pub fn text(h: &Histogram) -> String {
    let mut out = format!("{{count:{}, sum:{}", format_shortest(h.count), format_shortest(h.sum));
    let zero = (h.zero_count != 0.0 && !h.uses_custom_buckets()).then_some((Slot::Zero, h.zero_count));
    let negative = slots(h).take_while(|(slot, _)| matches!(slot, Slot::Negative(_)));
    let positive = slots(h).filter(|(slot, _)| matches!(slot, Slot::Positive(_)));
    for (slot, count) in negative.chain(zero).chain(positive).filter(|(_, count)| *count != 0.0) {
        write_bucket(&mut out, &plain_bucket(h, slot, count));
    }
    out.push('}');
    out
}

fn write_bucket(out: &mut String, bucket: &Bucket) {
    let (open, close) = match bucket.rule {
        Rule::OpenLeft => ('(', ']'),
        Rule::OpenRight => ('[', ')'),
        Rule::Open => ('(', ')'),
        Rule::Closed => ('[', ']'),
    };
    let [lower, upper, count] = [bucket.lower, bucket.upper, bucket.count].map(format_shortest);
    // Writing to a string cannot fail.
    let _ = write!(out, ", {open}{lower},{upper}{close}:{count}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    #[test]
    fn histograms_read_as_prometheus_prints_them() {
        for (of, expected) in [
            ("{{}}", "{count:0, sum:0}"),
            ("{{count:3493.3 sum:2349209.324}}", "{count:3493.3, sum:2.349209324e+06}"),
            (
                "{{schema:1 count:8.1 sum:-0.3 z_bucket:2 z_bucket_w:0.5 offset:1 buckets:[5 0 1.1] n_offset:1 n_buckets:[3]}}",
                "{count:8.1, sum:-0.3, [-1.414213562373095,-1):3, [-0.5,0.5]:2, (1,1.414213562373095]:5, (2,2.82842712474619]:1.1}",
            ),
            (
                "{{schema:-53 count:3 sum:9 custom_values:[5 10] buckets:[1 0 2]}}",
                "{count:3, sum:9, [-Inf,5]:1, (10,+Inf]:2}",
            ),
            ("{{count:-1 sum:1 z_bucket:-1 z_bucket_w:0.001}}", "{count:-1, sum:1, [-0.001,0.001]:-1}"),
        ] {
            let h = notation::parse(of).expect("valid notation").0.histogram;
            assert_eq!(text(&h), expected);
        }
    }
}
