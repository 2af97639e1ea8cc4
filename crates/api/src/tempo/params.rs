//! Times, limits and durations, as Tempo reads them.

use aio_traceql::SearchRequest;
use aio_types::TimestampNs;

use crate::error::ApiError;
use crate::loki::params::Call;
use crate::params::parse_duration_ms;

use super::legacy_tags;

const NS_PER_SECOND: i64 = 1_000_000_000;
const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 262_144;
const SPANS_DEFAULT: usize = 3;
const SPANS_MAX: usize = 100;
/// Without a range, what is recent is looked at; clocks of senders may run ahead.
const RECENT_NS: i64 = 3600 * NS_PER_SECOND;
const AHEAD_NS: i64 = 600 * NS_PER_SECOND;

fn bad(message: String) -> ApiError {
    ApiError::BadRequest(message)
}

fn seconds(call: &Call, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    let parsed: Result<u32, _> = text.parse();
    parsed.map(|s| Some(i64::from(s))).map_err(|_| bad(format!("invalid {name}: {text:?} is no time in unix seconds")))
}

/// `start` and `end` in seconds, as a range that excludes its end; recent times where both are missing.
pub(super) fn range(
    start: Option<i64>,
    end: Option<i64>,
    now: TimestampNs,
) -> Result<(TimestampNs, TimestampNs), ApiError> {
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        return Err(bad(format!("http parameter start must be before end. received start={start} end={end}")));
    }
    let end = end.map_or(now.saturating_add(AHEAD_NS), after);
    let start = start.map_or(end.min(now).saturating_add(-RECENT_NS), |s| TimestampNs(s.saturating_mul(NS_PER_SECOND)));
    Ok((start, end))
}

/// What begins in the very moment of `end` is inside.
fn after(s: i64) -> TimestampNs {
    TimestampNs(s.saturating_mul(NS_PER_SECOND).saturating_add(1))
}

pub(super) fn bounds(call: &Call) -> Result<(TimestampNs, TimestampNs), ApiError> {
    range(seconds(call, "start")?, seconds(call, "end")?, TimestampNs::from_ms(call.core.ingest.now()))
}

pub(super) fn count(call: &Call, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| bad(format!("invalid {name}: {text:?} is no whole number")))
}

fn limited(name: &str, given: Option<usize>, default: usize, max: usize) -> Result<usize, ApiError> {
    match given {
        None => Ok(default),
        Some(0) => Err(bad(format!("invalid {name}: must be a positive number"))),
        Some(n) if n > max => Err(bad(format!("invalid {name}: {n} exceeds the maximum of {max}"))),
        Some(n) => Ok(n),
    }
}

fn duration_ns(call: &Call, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    let fault = |e: String| bad(format!("invalid {name}: {e}"));
    // One unit with a fraction: 1.5s.
    for (unit, ns) in [("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1.0), ("s", 1e9)] {
        if let Some(number) = text.strip_suffix(unit).and_then(|n| n.parse::<f64>().ok()) {
            return Ok(Some(float_ns(number, ns)));
        }
    }
    parse_duration_ms(text).map(|ms| Some(ms.saturating_mul(1_000_000))).map_err(fault)
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn float_ns(count: f64, unit: f64) -> i64 {
    (count * unit) as i64
}

/// A search by HTTP, and whether it is one by TraceQL.
pub(super) fn search(call: &Call) -> Result<(SearchRequest, bool), ApiError> {
    let query = match (call.params.get("q"), call.params.get("tags")) {
        (Some(_), Some(_)) => {
            return Err(bad("invalid request: can't specify tags and q in the same query".to_owned()));
        }
        (Some(q), None) => q.to_owned(),
        (None, Some(tags)) => legacy_tags::query(tags).map_err(bad)?,
        (None, None) => String::new(),
    };
    let (min, max) = (duration_ns(call, "minDuration")?, duration_ns(call, "maxDuration")?);
    if let (Some(min), Some(max)) = (min, max)
        && max < min
    {
        return Err(bad("invalid maxDuration: must be greater than minDuration".to_owned()));
    }
    let (start, end) = bounds(call)?;
    let request = SearchRequest {
        query: aio_traceql::parse(&query)?,
        start,
        end,
        min_duration_ns: min.unwrap_or(0),
        max_duration_ns: max.unwrap_or(i64::MAX),
        limit: limited("limit", count(call, "limit")?, LIMIT_DEFAULT, LIMIT_MAX)?,
        spans_per_set: limited("spss", count(call, "spss")?, SPANS_DEFAULT, SPANS_MAX)?,
    };
    Ok((request, call.params.get("q").is_some()))
}

/// The same for fields of a message, where 0 means the default.
pub(super) struct Fields<'a> {
    pub(super) query: &'a str,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) limit: u32,
    pub(super) spans: u32,
}

impl Fields<'_> {
    pub(super) fn search(&self, now: TimestampNs) -> Result<SearchRequest, ApiError> {
        let given = |n: u32| (n > 0).then_some(n);
        let (start, end) = range(given(self.start).map(i64::from), given(self.end).map(i64::from), now)?;
        let size = |n: u32| given(n).map(|n| n as usize);
        Ok(SearchRequest {
            query: aio_traceql::parse(self.query)?,
            start,
            end,
            min_duration_ns: 0,
            max_duration_ns: i64::MAX,
            limit: limited("limit", size(self.limit), LIMIT_DEFAULT, LIMIT_MAX)?,
            spans_per_set: limited("spss", size(self.spans), SPANS_DEFAULT, SPANS_MAX)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_may_be_open() {
        const NOW: TimestampNs = TimestampNs(1_700_000_000 * NS_PER_SECOND);
        let at = |s: i64| TimestampNs(s * NS_PER_SECOND);
        assert_eq!(range(Some(5), Some(6), NOW).ok(), Some((at(5), at(6).saturating_add(1))));
        assert_eq!(range(None, None, NOW).ok(), Some((at(1_699_996_400), at(1_700_000_600))));
        assert_eq!(range(Some(5), None, NOW).ok(), Some((at(5), at(1_700_000_600))));
        assert!(range(Some(6), Some(6), NOW).is_err());
    }

    #[test]
    fn limits_are_checked_not_bent() {
        assert_eq!(limited("limit", None, 20, 100).ok(), Some(20));
        assert_eq!(limited("limit", Some(100), 20, 100).ok(), Some(100));
        for n in [0, 101] {
            assert!(matches!(limited("limit", Some(n), 20, 100), Err(ApiError::BadRequest(m)) if m.contains("limit")));
        }
    }
}
