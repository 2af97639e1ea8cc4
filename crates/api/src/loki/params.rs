//! Times, limits and the like, as Loki reads them.

use std::sync::Arc;
use std::time::Duration;

use aio_logql::{Direction, Engine};
use aio_types::{TenantId, TimestampNs, duration_text};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};

use crate::core::{Core, Readiness, Ready};
use crate::error::{ApiError, TextError};
use crate::params::{Params, parse_duration_ms};
use crate::tenant::Tenant;

pub(super) const LIMIT_DEFAULT: usize = 100;
const POINTS_MAX: i64 = 11_000;
const NS_PER_HOUR: i64 = 3_600_000_000_000;

/// What every handler of the text APIs starts from.
pub(crate) struct Call {
    pub(crate) core: Arc<Core>,
    pub(crate) tenant: TenantId,
    pub(crate) params: Params,
}

impl<S: Send + Sync> FromRequest<S> for Call
where
    Readiness: FromRef<S>,
{
    type Rejection = TextError;

    async fn from_request(request: Request, state: &S) -> Result<Self, TextError> {
        let (mut parts, body) = request.into_parts();
        let Ready(core) = Ready::from_request_parts(&mut parts, state).await?;
        let Tenant(tenant) = Tenant::from_request_parts(&mut parts, state).await?;
        let params = Params::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { core, tenant, params })
    }
}

fn bad(message: String) -> ApiError {
    ApiError::BadRequest(message)
}

impl Call {
    pub(super) fn now(&self) -> TimestampNs {
        TimestampNs::from_ms(self.core.ingest.now())
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<TimestampNs>, ApiError> {
        let Some(text) = self.params.get(name) else { return Ok(None) };
        parse_time(text).map(Some).ok_or_else(|| {
            bad(format!("could not parse '{name}' parameter: strconv.ParseInt: parsing {text:?}: invalid syntax"))
        })
    }

    /// `start` and `end`; by default the last hour, or `since`.
    pub(super) fn bounds(&self, default_ns: i64) -> Result<(TimestampNs, TimestampNs), ApiError> {
        let end = self.time("end")?.unwrap_or_else(|| self.now());
        let since = match self.params.get("since") {
            None => default_ns,
            Some(text) => {
                let ms = parse_duration_ms(text).map_err(|e| bad(format!("could not parse 'since' parameter: {e}")))?;
                ms.saturating_mul(1_000_000)
            }
        };
        let start = match self.time("start")? {
            Some(start) => start,
            None => end.min(self.now()).saturating_add(since.saturating_neg()),
        };
        if end < start {
            return Err(bad("end timestamp must not be before or equal to start time".to_owned()));
        }
        Ok((start, end))
    }

    pub(super) fn last_hour(&self) -> Result<(TimestampNs, TimestampNs), ApiError> {
        self.bounds(NS_PER_HOUR)
    }

    pub(super) fn query(&self) -> Result<&str, ApiError> {
        self.params.get("query").ok_or_else(|| bad("parse error : syntax error: unexpected $end".to_owned()))
    }

    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        let limit = self.lines_wanted()?;
        self.check_limit(limit).map(|()| limit)
    }

    /// `limit`, which means nothing to a metric query, however large it is.
    pub(super) fn lines_wanted(&self) -> Result<usize, ApiError> {
        let Some(text) = self.params.get("limit") else {
            let most = self.logql().config().lines_max;
            return Ok(if most == 0 { LIMIT_DEFAULT } else { LIMIT_DEFAULT.min(most) });
        };
        let limit: i64 = text.parse().map_err(|_| bad(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
        match usize::try_from(limit) {
            Err(_) | Ok(0) => Err(bad("limit must be a positive value".to_owned())),
            Ok(limit) => Ok(limit),
        }
    }

    /// Bounds the lines of an answer.
    pub(super) fn check_limit(&self, limit: usize) -> Result<(), ApiError> {
        let most = self.logql().config().lines_max;
        if most == 0 || limit <= most {
            return Ok(());
        }
        Err(bad(format!(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {most})"
        )))
    }

    /// Bounds the time range of a query.
    pub(super) fn check_length(&self, start: TimestampNs, end: TimestampNs) -> Result<(), ApiError> {
        check_length(start, end, self.logql().config().range_ns_max)
    }

    /// What evaluates the tenant's queries.
    pub(super) fn logql(&self) -> &Arc<Engine> {
        self.core.logql.of(&self.tenant)
    }

    pub(super) fn direction(&self) -> Result<Direction, ApiError> {
        match self.params.get("direction").map(str::to_ascii_lowercase).as_deref() {
            None | Some("backward") => Ok(Direction::Backward),
            Some("forward") => Ok(Direction::Forward),
            Some(other) => Err(bad(format!("invalid direction '{other}'"))),
        }
    }

    /// Nanoseconds that must lie between lines.
    pub(super) fn interval(&self) -> Result<i64, ApiError> {
        let Some(text) = self.params.get("interval") else { return Ok(0) };
        let negative = || bad("interval must be >= 0".to_owned());
        let is_negative = text.starts_with('-');
        let ms = parse_duration_ms(text.trim_start_matches('-')).map_err(bad)?;
        if is_negative && ms != 0 { Err(negative()) } else { Ok(ms.saturating_mul(1_000_000)) }
    }

    /// Nanoseconds between steps.
    pub(super) fn step(&self, start: TimestampNs, end: TimestampNs) -> Result<i64, ApiError> {
        let width = end.0.saturating_sub(start.0);
        let step = match self.params.get("step") {
            None => (width / 250).max(1_000_000_000).div_euclid(1_000_000_000).saturating_mul(1_000_000_000),
            Some(text) => {
                let ms = parse_duration_ms(text).map_err(bad)?;
                ms.saturating_mul(1_000_000)
            }
        };
        if step <= 0 {
            return Err(bad(
                "zero or negative query resolution step widths are not accepted. Try a positive integer".to_owned()
            ));
        }
        Ok(step)
    }
}

/// Bounds the points of a metric query's series. Log queries are sent a step as well and have no use for it.
pub(super) fn check_resolution(start: TimestampNs, end: TimestampNs, step_ns: i64) -> Result<(), ApiError> {
    if end.0.saturating_sub(start.0) / step_ns <= POINTS_MAX {
        return Ok(());
    }
    Err(bad(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"
            .to_owned(),
    ))
}

fn check_length(start: TimestampNs, end: TimestampNs, most_ns: i64) -> Result<(), ApiError> {
    let length = end.0.saturating_sub(start.0);
    if most_ns == 0 || length <= most_ns {
        return Ok(());
    }
    let seconds = length / 1_000_000_000;
    Err(bad(format!(
        "the query time range exceeds the limit (query length: {}h{}m{}s, limit: {})",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        duration_text(Duration::from_nanos(most_ns.unsigned_abs()))
    )))
}

/// Up to ten digits are seconds, more are nanoseconds; with a point they are seconds, rounded to milliseconds; else
/// RFC 3339.
#[expect(clippy::cast_possible_truncation, reason = "range-checked")]
pub(crate) fn parse_time(text: &str) -> Option<TimestampNs> {
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        return (seconds.abs() < 9.2e9).then(|| TimestampNs((seconds * 1e3).round() as i64 * 1_000_000));
    }
    if let Ok(number) = text.parse::<i64>() {
        let digits = text.trim_start_matches('-').len();
        return if digits <= 10 {
            number.checked_mul(1_000_000_000).map(TimestampNs)
        } else {
            Some(TimestampNs(number))
        };
    }
    TimestampNs::from_rfc3339(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_spellings() {
        for (text, want) in [
            ("1700000000", 1_700_000_000_000_000_000),
            ("1700000000123456789", 1_700_000_000_123_456_789),
            ("1700000000.5", 1_700_000_000_500_000_000),
            ("1700000000.1234", 1_700_000_000_123_000_000),
            ("4000000000", 4_000_000_000_000_000_000),
            ("2023-11-14T22:13:20.000000001Z", 1_700_000_000_000_000_001),
        ] {
            assert_eq!(parse_time(text), Some(TimestampNs(want)), "{text}");
        }
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn ranges_and_resolutions_have_bounds() {
        let hours = |n: i64| TimestampNs(n * NS_PER_HOUR);
        let most = 721 * NS_PER_HOUR;
        assert!(check_length(hours(0), hours(721), most).is_ok());
        let error = check_length(hours(0), hours(960), most).expect_err("too long").to_string();
        assert_eq!(error, "the query time range exceeds the limit (query length: 960h0m0s, limit: 30d1h)");
        assert!(check_length(TimestampNs::MIN, TimestampNs::MAX, most).is_err());
        assert!(check_resolution(hours(0), hours(11), 3_600_000_000).is_ok());
        assert!(check_resolution(hours(0), hours(12), 3_600_000_000).is_err());
    }
}
