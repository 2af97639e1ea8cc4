use super::*;
use crate::histogram::{compact, notation, text};
use aio_types::ResetHint;

fn parsed(text: &str) -> Histogram {
    notation::parse(&format!("{{{{{text}}}}}")).expect("valid notation").0.histogram
}

fn check(a: &str, b: &str, sum: &str, difference: &str) {
    for (combine, expected) in [(add as fn(&mut _, &_) -> _, sum), (subtract, difference)] {
        let mut h = parsed(a);
        let combined = combine(&mut h, &parsed(b));
        compact(&mut h);
        assert_eq!((text(&h).as_str(), combined), (expected, Ok(Combined::default())), "{a} and {b}");
    }
}

#[test]
fn buckets_are_added_one_by_one() {
    check(
        "count:7 sum:3 offset:1 buckets:[1 2] n_offset:1 n_buckets:[4]",
        "count:6 sum:1 offset:1 buckets:[1 1] n_offset:1 n_buckets:[4]",
        "{count:13, sum:4, [-2,-1):8, (1,2]:2, (2,4]:3}",
        "{count:1, sum:2, (2,4]:1}",
    );
    check(
        "count:3 sum:3 buckets:[1 0 2]",
        "count:6 sum:1 offset:-1 buckets:[1 0 2 0 3]",
        "{count:9, sum:4, (0.25,0.5]:1, (0.5,1]:1, (1,2]:2, (2,4]:2, (4,8]:3}",
        "{count:-3, sum:2, (0.25,0.5]:-1, (0.5,1]:1, (1,2]:-2, (2,4]:2, (4,8]:-3}",
    );
    check("count:1 buckets:[1]", "", "{count:1, sum:0, (0.5,1]:1}", "{count:1, sum:0, (0.5,1]:1}");
    check("", "count:1 buckets:[1]", "{count:1, sum:0, (0.5,1]:1}", "{count:-1, sum:0, (0.5,1]:-1}");
}

#[test]
fn the_coarser_schema_wins() {
    let (fine, coarse) = ("schema:1 count:4 offset:1 buckets:[1 3]", "count:2 offset:1 buckets:[2]");
    check(fine, coarse, "{count:6, sum:0, (1,2]:6}", "{count:2, sum:0, (1,2]:2}");
    check(coarse, fine, "{count:6, sum:0, (1,2]:6}", "{count:-2, sum:0, (1,2]:-2}");
}

#[test]
fn the_wider_zero_bucket_wins() {
    let narrow = "count:9 z_bucket_w:0.001 z_bucket:1 buckets:[2 3] n_buckets:[3]";
    let wide = "count:5 z_bucket_w:1 z_bucket:4 offset:1 buckets:[1]";
    check(narrow, wide, "{count:14, sum:0, [-1,1]:10, (1,2]:4}", "{count:4, sum:0, [-1,1]:2, (1,2]:2}");
    check(wide, narrow, "{count:14, sum:0, [-1,1]:10, (1,2]:4}", "{count:-4, sum:0, [-1,1]:-2, (1,2]:-2}");
    // It grows to the end of a bucket that is not empty: one of the negative side here.
    check(
        "count:3 z_bucket_w:0.001 offset:-1 buckets:[0] n_buckets:[3]",
        "count:1 z_bucket_w:0.75 z_bucket:1",
        "{count:4, sum:0, [-1,1]:4}",
        "{count:2, sum:0, [-1,1]:2}",
    );
}

#[test]
fn custom_buckets_are_added_in_common_bounds() {
    let a = "schema:-53 custom_values:[1 2 3] count:10 buckets:[1 2 3 4]";
    check(a, a, "{count:20, sum:0, [-Inf,1]:2, (1,2]:4, (2,3]:6, (3,+Inf]:8}", "{count:0, sum:0}");
    let b = "schema:-53 custom_values:[2 4] count:3 buckets:[1 1 1]";
    let mut h = parsed(a);
    let reconciled = Combined { bounds_reconciled: true, ..Combined::default() };
    assert_eq!(add(&mut h, &parsed(b)), Ok(reconciled));
    assert_eq!(text(&h), "{count:13, sum:0, [-Inf,2]:4, (2,+Inf]:9}");
    let mut h = parsed(a);
    assert_eq!(subtract(&mut h, &parsed("schema:-53 custom_values:[7] count:1 buckets:[1]")), Ok(reconciled));
    assert_eq!(text(&h), "{count:9, sum:0, [-Inf,+Inf]:9}");
}

#[test]
fn exponential_and_custom_buckets_do_not_add() {
    let (custom, exponential) =
        (parsed("schema:-53 custom_values:[1] count:1 buckets:[1]"), parsed("count:1 buckets:[1]"));
    for (a, b) in [(&custom, &exponential), (&exponential, &custom)] {
        let mut h = a.clone();
        assert_eq!(add(&mut h, b), Err(IncompatibleLayouts));
        assert_eq!(&h, a, "left as it was");
    }
}

#[test]
fn hints_that_contradict_each_other_are_told() {
    let mut h = parsed("counter_reset_hint:reset");
    let combined = add(&mut h, &parsed("counter_reset_hint:not_reset")).expect("compatible");
    assert!(combined.resets_collide && h.reset_hint == ResetHint::Unknown);
    let combined = add(&mut h, &parsed("counter_reset_hint:gauge")).expect("compatible");
    assert!(!combined.resets_collide && h.reset_hint == ResetHint::Gauge);
}
