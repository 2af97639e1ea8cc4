//! Lines of one stream that are left out together, and how they are told of.

use std::fmt::Write as _;

use aio_types::{Labels, TenantId, TimestampNs, civil_from_days};

use super::check::Short;

/// How many of them are told of one by one.
const TOLD_MAX: usize = 10;

#[derive(Debug, Default)]
pub(super) struct Ignored {
    told: String,
    count: usize,
}

impl Ignored {
    pub(super) fn add(&mut self, ts: TimestampNs, why: impl FnOnce() -> String) {
        self.count += 1;
        if self.count <= TOLD_MAX {
            // Writing to a string does not fail.
            let _written = writeln!(self.told, "entry with timestamp {} ignored, reason: '{}',", shown(ts), why());
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// All of them as one fault; `total` lines of the stream were fit to be stored.
    pub(super) fn told(&self, tenant: &TenantId, total: usize, stream: &Labels) -> String {
        let Self { told, count } = self;
        format!("{told}user '{tenant}', total ignored: {count} out of {total} for stream: {}", Short(stream))
    }
}

/// A time as Go prints it.
fn shown(ts: TimestampNs) -> String {
    let (seconds, nanos) = (ts.0.div_euclid(1_000_000_000), ts.0.rem_euclid(1_000_000_000));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let fraction = format!(".{nanos:09}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction} +0000 UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_go_prints_them() {
        for (ts, want) in [
            (0, "1970-01-01 00:00:00 +0000 UTC"),
            (1_700_000_000_926_789_102, "2023-11-14 22:13:20.926789102 +0000 UTC"),
            (1_700_000_000_500_000_000, "2023-11-14 22:13:20.5 +0000 UTC"),
            (-1, "1969-12-31 23:59:59.999999999 +0000 UTC"),
        ] {
            assert_eq!(shown(TimestampNs(ts)), want);
        }
    }

    #[test]
    fn ten_are_told_of_and_all_are_counted() {
        let mut ignored = Ignored::default();
        (0..12).for_each(|i| ignored.add(TimestampNs(0), || format!("why {i}")));
        let told = ignored.told(&TenantId::default(), 20, &Labels::from_pairs([("a", "b")]));
        assert_eq!(told.matches("ignored, reason: 'why").count(), 10);
        let end = "reason: 'why 9',\nuser 'default', total ignored: 12 out of 20 for stream: {a=\"b\"}";
        assert!(told.ends_with(end), "{told}");
    }
}
