//! Times, limits and the like, as Loki reads them.

use std::sync::Arc;

use aio_logql::{Direction, Engine, parse, parse_matchers};
use aio_types::{Matcher, TenantId, TimestampNs};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};

use super::spelling::{self, integer};
use crate::core::{Core, Readiness, Ready};
use crate::error::{ApiError, TextError};
use crate::params::{Params, parse_duration_ms};
use crate::tenant::Tenant;

pub(crate) use super::spelling::parse_time;

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

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::BadRequest(message.into())
}

/// What `query_range` and those that read parameters as it does are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) start: TimestampNs,
    pub(super) end: TimestampNs,
    pub(super) limit: usize,
    pub(super) direction: Direction,
    pub(super) step_ns: i64,
    pub(super) interval_ns: i64,
}

impl Call {
    pub(super) fn now(&self) -> TimestampNs {
        TimestampNs::from_ms(self.core.ingest.now())
    }

    fn time(&self, name: &str) -> Result<Option<TimestampNs>, ApiError> {
        let fault = |why| bad(format!("could not parse '{name}' parameter: {why}"));
        self.params.get(name).map(|text| parse_time(text).map_err(fault)).transpose()
    }

    /// When an instant query is evaluated.
    pub(super) fn moment(&self) -> Result<TimestampNs, ApiError> {
        self.params.get("time").map_or_else(|| Ok(self.now()), |text| parse_time(text).map_err(bad))
    }

    /// `start` and `end`; by default up to now and as much as is said before it, or `since`. They may be the wrong way
    /// round.
    pub(super) fn bounds(&self, default_ns: i64) -> Result<(TimestampNs, TimestampNs), ApiError> {
        let since = match self.params.get("since") {
            None => default_ns,
            Some(text) => {
                spelling::duration_ns(text).map_err(|why| bad(format!("could not parse 'since' parameter: {why}")))?
            }
        };
        let end = self.time("end")?.unwrap_or_else(|| self.now());
        let start = match self.time("start")? {
            Some(start) => start,
            None => end.min(self.now()).saturating_add(since.saturating_neg()),
        };
        Ok((start, end))
    }

    /// [`Self::bounds`] within the last hour, where not said otherwise, and the right way round.
    pub(super) fn last_hour(&self) -> Result<(TimestampNs, TimestampNs), ApiError> {
        let (start, end) = self.lookback()?;
        if end < start {
            return Err(bad("end timestamp must not be before or equal to start time"));
        }
        Ok((start, end))
    }

    /// [`Self::bounds`] within the last hour, where not said otherwise.
    pub(super) fn lookback(&self) -> Result<(TimestampNs, TimestampNs), ApiError> {
        self.bounds(NS_PER_HOUR)
    }

    /// All parameters of a range query but the query, which is read last.
    pub(super) fn range(&self) -> Result<Range, ApiError> {
        let bounds = self.last_hour()?;
        self.range_within(bounds, self.lines_wanted()?)
    }

    /// As [`Self::range`], with a limit that is known.
    pub(super) fn range_with(&self, limit: usize) -> Result<Range, ApiError> {
        self.range_within(self.last_hour()?, limit)
    }

    fn range_within(&self, (start, end): (TimestampNs, TimestampNs), limit: usize) -> Result<Range, ApiError> {
        let direction = self.direction()?;
        let step_ns = self.resolution(start, end)?;
        Ok(Range { start, end, limit, direction, step_ns, interval_ns: self.interval()? })
    }

    pub(super) fn query(&self) -> Result<&str, ApiError> {
        self.params.get("query").ok_or_else(|| bad("parse error : syntax error: unexpected $end"))
    }

    /// The selector of `query`, which must narrow what there is.
    pub(super) fn selector(&self) -> Result<Vec<Matcher>, ApiError> {
        narrowing(self.query()?)
    }

    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        let limit = self.lines_wanted()?;
        self.check_limit(limit).map(|()| limit)
    }

    /// `limit`, which means nothing to a metric query, however large it is.
    pub(super) fn lines_wanted(&self) -> Result<usize, ApiError> {
        let most = self.logql().config().lines_max;
        let default = if most == 0 { LIMIT_DEFAULT } else { LIMIT_DEFAULT.min(most) };
        Ok(self.count("limit", "limit")?.unwrap_or(default))
    }

    /// A number of things, which is called so in messages.
    pub(super) fn count(&self, name: &str, called: &str) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.params.get(name) else { return Ok(None) };
        let count = integer(text, "Atoi").map_err(bad)?;
        if count <= 0 {
            return Err(bad("limit must be a positive value"));
        }
        let count = u32::try_from(count).map_err(|_| out_of_range(called, count))?;
        Ok(usize::try_from(count).ok())
    }

    /// Whole seconds by which a tail waits for lines that are late.
    pub(super) fn delay_seconds(&self, most: u32) -> Result<u32, ApiError> {
        let Some(text) = self.params.get("delay_for") else { return Ok(0) };
        let seconds = integer(text, "Atoi").map_err(bad)?;
        let seconds = u32::try_from(seconds).map_err(|_| out_of_range("delay_for", seconds))?;
        if seconds > most { Err(bad(format!("delay_for can't be greater than {most}"))) } else { Ok(seconds) }
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
        spelling::check_length(start, end, self.logql().config().range_ns_max).map_err(bad)
    }

    /// What evaluates the tenant's queries.
    pub(super) fn logql(&self) -> &Arc<Engine> {
        self.core.logql.of(&self.tenant)
    }

    pub(super) fn direction(&self) -> Result<Direction, ApiError> {
        let text = self.params.get("direction").unwrap_or("backward");
        match text.to_ascii_lowercase().as_str() {
            "backward" => Ok(Direction::Backward),
            "forward" => Ok(Direction::Forward),
            _ => Err(bad(format!("invalid direction '{text}'"))),
        }
    }

    /// Nanoseconds that must lie between lines.
    fn interval(&self) -> Result<i64, ApiError> {
        let Some(text) = self.params.get("interval") else { return Ok(0) };
        match parse_duration_ms(text).map_err(bad)? {
            ms if ms < 0 => Err(bad("interval must be >= 0")),
            ms => Ok(ms.saturating_mul(1_000_000)),
        }
    }

    /// Nanoseconds between steps.
    fn step(&self, start: TimestampNs, end: TimestampNs) -> Result<i64, ApiError> {
        let width = end.0.saturating_sub(start.0);
        let step = match self.params.get("step") {
            None => (width / 250).max(1_000_000_000).div_euclid(1_000_000_000).saturating_mul(1_000_000_000),
            Some(text) => parse_duration_ms(text).map_err(bad)?.saturating_mul(1_000_000),
        };
        if step <= 0 {
            let text = "zero or negative query resolution step widths are not accepted. Try a positive integer";
            return Err(bad(text));
        }
        Ok(step)
    }

    /// Nanoseconds between steps, of which there may be so many.
    pub(super) fn resolution(&self, start: TimestampNs, end: TimestampNs) -> Result<i64, ApiError> {
        let step_ns = self.step(start, end)?;
        check_resolution(start, end, step_ns).map(|()| step_ns)
    }
}

/// The matchers of a selector, one of which at least must not pass what is absent.
pub(super) fn narrowing(selector: &str) -> Result<Vec<Matcher>, ApiError> {
    parse(selector)?;
    Ok(parse_matchers(selector)?)
}

fn out_of_range(name: &str, value: i64) -> ApiError {
    bad(format!("{name} value {value} is out of range [0, {}]", u32::MAX))
}

/// Bounds the points of a series, and of log queries what they would be.
fn check_resolution(start: TimestampNs, end: TimestampNs, step_ns: i64) -> Result<(), ApiError> {
    if end.0.saturating_sub(start.0) / step_ns <= POINTS_MAX {
        return Ok(());
    }
    Err(bad(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_have_bounds() {
        let hours = |n: i64| TimestampNs(n * NS_PER_HOUR);
        assert!(check_resolution(hours(0), hours(11), 3_600_000_000).is_ok());
        assert!(check_resolution(hours(0), hours(12), 3_600_000_000).is_err());
        assert!(check_resolution(hours(12), hours(0), 3_600_000_000).is_ok());
    }

    #[test]
    fn selectors_must_narrow() {
        for (text, fault) in [
            (r#"{app="a"}"#, ""),
            ("{}", "queries require at least one regexp or equality matcher"),
            (r#"{app=~".*"}"#, "queries require at least one regexp or equality matcher"),
            (r#"{app="a"} |= "x""#, "only label matchers are supported"),
        ] {
            let told = narrowing(text).map_or_else(|e| e.to_string(), |_| String::new());
            assert!(told.contains(fault) && told.is_empty() == fault.is_empty(), "{text}: {told}");
        }
    }
}
