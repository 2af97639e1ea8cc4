//! Native histograms: read in the notation of test scripts, and computed with whether they are valid or not.

use aio_series::histogram::{
    Aggregate, Keep, Mean, Total, add, compact_to, detect_reset, fraction, limit_buckets, notation, quantile,
    reduce_to_supported, standard_variance, subtract, text, trim, validate_whole,
};

/// Two histograms, one behind the other.
pub(super) fn run(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let Ok((first, rest)) = notation::parse(input) else { return };
    let Ok((second, _)) = notation::parse(rest.trim_start()) else { return };
    let (a, b) = (first.histogram, second.histogram);
    let mut sum = a.clone();
    let _any_error_will_do = (validate_whole(&a), add(&mut sum, &b), subtract(&mut sum, &a));
    let (mut total, mut mean) = (Total::of(&a), Mean::of(&a));
    let _any_error_will_do = (total.add(&b), mean.add(&b), mean.add(&a));
    let _any_answer_will_do = (total.finish(), mean.finish(), detect_reset(&a, &b), standard_variance(&a));
    for q in [0.0, 0.3, 1.0] {
        let (value, _) = quantile(&a, q);
        let _any_answer_will_do = fraction(&b, -value, value);
        trim(&mut sum, Keep::Below, value);
        trim(&mut sum, Keep::Above, -value);
    }
    reduce_to_supported(&mut sum);
    limit_buckets(&mut sum, 3);
    compact_to(&mut sum, 2);
    let _any_text_will_do = (text(&sum), notation::print(&sum));
}
