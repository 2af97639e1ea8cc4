//! What holds for any histograms.

use aio_types::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram};
use proptest::prelude::*;

use super::*;

/// One side: spans and whole counts.
fn side(first: std::ops::Range<i32>) -> impl Strategy<Value = (Vec<BucketSpan>, Vec<f64>)> {
    let runs = prop::collection::vec((0..4_i32, prop::collection::vec(0..1000_u32, 0..5)), 0..4);
    (first, runs).prop_map(|(first, runs)| {
        let (mut spans, mut counts) = (Vec::new(), Vec::new());
        for (i, (gap, run)) in runs.into_iter().enumerate() {
            let offset = if i == 0 { first } else { gap };
            spans.push(BucketSpan { offset, length: u32::try_from(run.len()).unwrap_or(0) });
            counts.extend(run.into_iter().map(f64::from));
        }
        (spans, counts)
    })
}

/// With buckets that reach into the zero bucket emptied, and a count.
fn counted(mut h: Histogram) -> Histogram {
    let (custom, schema, threshold) = (h.uses_custom_buckets(), h.schema, h.zero_threshold);
    for (spans, counts) in [(&h.positive_spans, &mut h.positive_buckets), (&h.negative_spans, &mut h.negative_buckets)]
    {
        let indexes: Vec<i32> = super::spans::ascending(spans, counts).map(|(index, _)| index).collect();
        for (index, count) in indexes.into_iter().zip(counts) {
            if !custom && exponential_bound(index - 1, schema) < threshold {
                *count = 0.0;
            }
        }
    }
    h.count = in_buckets(&h);
    h
}

fn exponential(thresholds: &'static [f64]) -> impl Strategy<Value = Histogram> {
    let zero = (prop::sample::select(thresholds), 0..100_u32);
    (-4..=8_i32, side(-20..20), side(-20..20), zero, -1000..1000_i32).prop_map(
        |(schema, positive, negative, zero, sum)| {
            let h = Histogram {
                schema,
                zero_threshold: zero.0,
                zero_count: f64::from(zero.1),
                sum: f64::from(sum),
                positive_spans: positive.0,
                positive_buckets: positive.1,
                negative_spans: negative.0,
                negative_buckets: negative.1,
                ..Histogram::default()
            };
            counted(h)
        },
    )
}

fn custom() -> impl Strategy<Value = Histogram> {
    (prop::collection::btree_set(-10..20_i32, 0..6), prop::collection::vec(0..1000_u32, 7)).prop_map(
        |(bounds, counts)| {
            let length = bounds.len() + 1;
            let h = Histogram {
                schema: CUSTOM_BUCKETS_SCHEMA,
                sum: 7.0,
                positive_spans: vec![BucketSpan { offset: 0, length: u32::try_from(length).unwrap_or(0) }],
                positive_buckets: counts.into_iter().take(length).map(f64::from).collect(),
                custom_bounds: bounds.into_iter().map(f64::from).collect(),
                ..Histogram::default()
            };
            counted(h)
        },
    )
}

const THRESHOLDS: &[f64] = &[0.0, 0.001, 0.25, 0.3, 1.0, 3.0];

fn pair() -> impl Strategy<Value = (Histogram, Histogram)> {
    prop_oneof![(exponential(THRESHOLDS), exponential(THRESHOLDS)), (custom(), custom())]
}

fn sum(a: &Histogram, b: &Histogram) -> Histogram {
    let mut sum = a.clone();
    add(&mut sum, b).expect("compatible");
    compact(&mut sum);
    sum
}

fn in_buckets(h: &Histogram) -> f64 {
    h.zero_count + h.positive_buckets.iter().chain(&h.negative_buckets).sum::<f64>()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_histograms_are_valid((a, b) in pair()) {
        prop_assert_eq!(validate_whole(&a), Ok(()));
        prop_assert_eq!(validate_whole(&b), Ok(()));
    }

    #[test]
    fn addition_commutes((a, b) in pair()) {
        let (ab, ba) = (sum(&a, &b), sum(&b, &a));
        // Where zero buckets and schemas both differ, buckets of the finer histogram may be joined after those of the
        // other one were put into the zero bucket, as upstream does it.
        if a.zero_threshold == b.zero_threshold || a.schema == b.schema {
            prop_assert!(equal(&ab, &ba), "{} {}", text(&ab), text(&ba));
        }
        prop_assert_eq!(ab.count, a.count + b.count);
        prop_assert_eq!((ab.schema, ab.zero_threshold), (ba.schema, ba.zero_threshold));
    }

    #[test]
    fn addition_keeps_all_observations((a, b) in pair()) {
        if a.zero_threshold == b.zero_threshold && a.zero_threshold == 0.0 {
            let ab = sum(&a, &b);
            prop_assert_eq!(in_buckets(&ab), in_buckets(&a) + in_buckets(&b));
            prop_assert_eq!(validate_whole(&ab), Ok(()));
        }
    }

    #[test]
    fn subtraction_undoes_addition((a, b) in pair()) {
        let mut back = sum(&a, &b);
        subtract(&mut back, &b).expect("compatible");
        compact(&mut back);
        prop_assert_eq!((back.count, back.sum), (a.count, a.sum));
        if a.schema == b.schema && a.zero_threshold == b.zero_threshold && a.custom_bounds == b.custom_bounds {
            let mut a = a;
            compact(&mut a);
            // Buckets inside of the zero bucket are not added to, so only what lies outside comes back.
            if a.zero_threshold == 0.0 {
                prop_assert!(equal(&back, &a), "{} {}", text(&back), text(&a));
            }
        }
    }

    #[test]
    fn reduction_commutes_with_addition(a in exponential(&[0.0]), b in exponential(&[0.0]), by in 0..5_i32) {
        let schema = a.schema.min(b.schema).saturating_sub(by).max(MIN_SCHEMA);
        let reduced = |h: &Histogram| {
            let mut h = h.clone();
            reduce(&mut h, schema);
            h
        };
        let (first, last) = (sum(&reduced(&a), &reduced(&b)), { let mut h = reduced(&sum(&a, &b)); compact(&mut h); h });
        prop_assert!(equal(&first, &last), "{} {}", text(&first), text(&last));
    }

    #[test]
    fn compensated_sums_of_whole_counts_are_plain_ones((a, b) in pair()) {
        let mut total = Total::of(&a);
        total.add(&b).expect("compatible");
        let mut total = total.finish();
        compact(&mut total);
        prop_assert!(equal(&total, &sum(&a, &b)), "{} {}", text(&total), text(&sum(&a, &b)));
    }

    #[test]
    fn quantiles_lie_in_buckets_that_count((h, _) in pair(), q in 0.0..=1.0_f64, r in 0.0..=1.0_f64) {
        prop_assume!(!h.uses_custom_buckets() || !h.custom_bounds.is_empty(), "one endless bucket tells nothing");
        let (low, high) = (quantile(&h, q.min(r)).0, quantile(&h, q.max(r)).0);
        if h.count == 0.0 {
            prop_assert!(low.is_nan());
            return Ok(());
        }
        prop_assert!(low <= high || (low - high).abs() <= 1e-9 * low.abs(), "{low} {high}");
        let noise = low.abs() * 1e-9;
        let inside = filled_buckets(&h).any(|b| b.lower <= low + noise && low - noise <= b.upper);
        prop_assert!(inside, "{low} of {}", text(&h));
    }

    #[test]
    fn fractions_undo_quantiles(h in exponential(&[0.0, 0.001]), q in 0.01..=0.99_f64) {
        // Buckets inside of the zero bucket, empty as they are, would end before they begin.
        let mut h = h;
        compact(&mut h);
        let (value, _) = quantile(&h, q);
        if h.count > 0.0 && value != 0.0 {
            let (part, _) = fraction(&h, f64::NEG_INFINITY, value);
            // A value at the end of a bucket is also the end of empty ones behind it.
            prop_assert!(part >= q - 1e-6, "{value}: {part} for {q} of {}", text(&h));
        }
    }

    #[test]
    fn more_observations_are_no_reset_and_fewer_are((a, b) in pair()) {
        if a.schema == b.schema && a.zero_threshold == 0.0 && b.zero_threshold == 0.0 {
            let ab = sum(&a, &b);
            prop_assert!(!detect_reset(&a, &ab), "{} {}", text(&a), text(&ab));
            if b.count > 0.0 {
                prop_assert!(detect_reset(&ab, &a), "{} {}", text(&ab), text(&a));
            }
        }
    }

    #[test]
    fn notation_reads_what_it_prints((mut h, _) in pair()) {
        let (described, rest) = notation::parse(&format!("{} ", notation::print(&h)))
            .map(|(described, rest)| (described, rest.to_owned()))
            .expect("valid notation");
        let mut back = described.histogram;
        compact(&mut back);
        compact(&mut h);
        prop_assert!(equal(&back, &h) && rest == " ", "{} {}", text(&back), text(&h));
    }

    #[test]
    fn compaction_changes_nothing_but_the_layout((h, _) in pair(), empty_max in 0..5_u16) {
        let mut compacted = h.clone();
        compact_to(&mut compacted, empty_max);
        prop_assert_eq!(text(&compacted), text(&h));
        prop_assert!(validate(&compacted).is_ok());
        let mut again = compacted.clone();
        compact_to(&mut again, empty_max);
        prop_assert_eq!(again, compacted);
    }

    #[test]
    fn trimming_keeps_what_is_on_its_side((h, _) in pair(), at in -30.0..30.0_f64) {
        for keep in [Keep::Below, Keep::Above] {
            let mut trimmed = h.clone();
            trim(&mut trimmed, keep, at);
            prop_assert!(trimmed.count <= h.count && validate(&trimmed).is_ok(), "{}", text(&trimmed));
        }
    }

    #[test]
    fn notation_does_not_panic(text in "[{]{2}[a-z_:0-9 .\\[\\]x+{}-]{0,40}") {
        let _ = notation::parse_sequence(&text);
    }
}
