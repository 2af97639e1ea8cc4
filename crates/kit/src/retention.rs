//! Which days can stay when files may take so much.

use std::collections::BTreeMap;

/// The first of the days that can stay; `bytes` by day, and what is taken in any case. The newest day always stays, and without
/// a limit (0) all do.
#[must_use]
pub fn first_kept(bytes: &BTreeMap<i64, u64>, in_any_case: u64, bytes_max: u64) -> i64 {
    let mut kept = in_any_case;
    for (place, (day, bytes)) in bytes.iter().rev().enumerate() {
        kept = kept.saturating_add(*bytes);
        if bytes_max > 0 && kept > bytes_max && place > 0 {
            return day + 1;
        }
    }
    i64::MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_days_stay() {
        let days = BTreeMap::from([(1, 10), (2, 10), (5, 10)]);
        for (in_any_case, most, first) in
            [(0, 0, i64::MIN), (0, 30, i64::MIN), (0, 29, 2), (1, 30, 2), (0, 15, 3), (0, 1, 3), (100, 50, 3)]
        {
            assert_eq!(first_kept(&days, in_any_case, most), first, "{in_any_case} {most}");
        }
        assert_eq!(first_kept(&BTreeMap::new(), 9, 1), i64::MIN);
    }
}
