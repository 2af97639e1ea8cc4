//! Request parameters: the URL's and the form body's together, repeated names kept in order.

use axum::extract::{FromRequest, Request};
use http::Method;

use aio_types::{TimeRange, TimestampMs};

use crate::error::ApiError;
use crate::form::{Form, Kind};
use crate::long_query::query_of;

/// All parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Params(Form);

impl Params {
    /// The first non-empty value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| &**v)
    }

    /// Every value of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| &**v)
    }

    /// For routes that insist on a form without a malformed pair.
    pub(crate) fn well_formed(&self) -> Result<(), ApiError> {
        match &self.0.fault {
            Some(fault) => Err(ApiError::BadRequest(format!("error parsing form values: {fault}"))),
            None => Ok(()),
        }
    }

    /// A time: float seconds or RFC 3339.
    pub(crate) fn time(&self, name: &str) -> Result<Option<TimestampMs>, ApiError> {
        let fault = |why: String| invalid(name, &format!("invalid time value for '{name}': {why}"));
        self.get(name).map(|text| parse_time(text).map_err(fault)).transpose()
    }

    /// A time that must be there.
    pub(crate) fn required_time(&self, name: &str) -> Result<TimestampMs, ApiError> {
        parse_time(self.get(name).unwrap_or_default()).map_err(|why| invalid(name, &why))
    }

    /// A duration in milliseconds: float seconds or `1m30s`.
    pub(crate) fn duration_ms(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.get(name).map(|text| parse_duration_ms(text).map_err(|why| invalid(name, &why))).transpose()
    }

    /// `start` and `end`, open where absent; it may be that the one lies behind the other.
    pub(crate) fn range(&self) -> Result<TimeRange, ApiError> {
        Ok(TimeRange {
            start: self.time("start")?.unwrap_or(TimestampMs::MIN),
            end: self.time("end")?.unwrap_or(TimestampMs::MAX),
        })
    }

    /// `limit`, where 0 or absent means none.
    pub(crate) fn limit(&self) -> Result<Option<usize>, ApiError> {
        self.count("limit")
    }

    /// A number, where 0 or absent means none.
    pub(crate) fn count(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse::<i64>() {
            Ok(0) => Ok(None),
            Ok(count) => usize::try_from(count).map(Some).map_err(|_| invalid(name, "limit must be non-negative")),
            Err(_) => Err(invalid(name, &format!("strconv.Atoi: parsing {text:?}: invalid syntax"))),
        }
    }
}

/// The error text of a parameter fault.
pub(crate) fn invalid(name: &str, why: &str) -> ApiError {
    ApiError::BadRequest(format!("invalid parameter \"{name}\": {why}"))
}

#[expect(clippy::cast_possible_truncation, reason = "range-checked; rounding to milliseconds is the API's rule")]
fn seconds_to_ms(seconds: f64) -> Option<i64> {
    // Whoever means ever names moments beyond what there is.
    let ms = (seconds * 1000.0).round();
    ms.is_finite().then_some(ms as i64)
}

pub(crate) fn parse_time(text: &str) -> Result<TimestampMs, String> {
    let fault = || format!("cannot parse {text:?} to a valid timestamp");
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds_to_ms(seconds).map(TimestampMs).ok_or_else(fault);
    }
    parse_rfc3339(text).ok_or_else(fault)
}

/// RFC 3339 with any number of fraction digits, and the two moments between which Go clients put everything.
fn parse_rfc3339(text: &str) -> Option<TimestampMs> {
    match text {
        "-292273086-05-16T16:47:06Z" => Some(TimestampMs::MIN),
        "292277025-08-18T07:12:54.999999999Z" => Some(TimestampMs::MAX),
        _ => TimestampMs::from_rfc3339(text),
    }
}

/// The longest duration in nanoseconds.
const DURATION_NS_MAX: f64 = 9_223_372_036_854_775_807.0;

pub(crate) fn parse_duration_ms(text: &str) -> Result<i64, String> {
    let fault = || format!("cannot parse {text:?} to a valid duration");
    if let Ok(seconds) = text.parse::<f64>() {
        // Go's durations are nanoseconds.
        if seconds.abs() * 1e9 > DURATION_NS_MAX {
            return Err(fault() + ". It overflows int64");
        }
        return seconds_to_ms(seconds).ok_or_else(fault);
    }
    if text.is_empty() {
        return Err(fault());
    }
    let mut rest = text;
    let mut total = 0_i64;
    let mut previous_unit = i64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let count: i64 = rest[..digits].parse().map_err(|_| fault())?;
        rest = &rest[digits..];
        let unit_len = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = unit_ms(&rest[..unit_len]).filter(|u| *u < previous_unit).ok_or_else(fault)?;
        previous_unit = unit;
        rest = &rest[unit_len..];
        total = count.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(fault)?;
    }
    Ok(total)
}

/// Milliseconds of a Prometheus duration unit.
fn unit_ms(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        "y" => 31_536_000_000,
        _ => return None,
    })
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let url = Form::decode(query_of(&request));
        let has_form = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
        match Kind::of(request.headers()).filter(|_| has_form) {
            Some(kind) => Ok(Self(Form::read(kind, request.into_body(), url).await?)),
            None => Ok(Self(url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_float_seconds_or_rfc3339() {
        for (text, expected) in [
            ("1435781451.781", 1_435_781_451_781),
            ("-1", -1000),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51.7815+02:00", 1_435_781_451_781),
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("292277025-08-18T07:12:54.999999999Z", i64::MAX),
            ("1e300", i64::MAX),
            ("-1e17", i64::MIN),
        ] {
            assert_eq!(parse_time(text), Ok(TimestampMs(expected)), "{text}");
        }
        for text in [
            "",
            "NaN",
            "yesterday",
            "2026-02-31T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2026-11-26t03:50:00Z",
            "2015-13-01T00:00:00Z",
            "2015-07-01",
            "999999999999999999-01-01T00:00:00Z",
            "2015-07-01T00:00:00+9223372036854775807:00",
            "2015-07-01T00:00:-1Z",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_float_seconds_or_prometheus_units() {
        for (text, expected) in [("15", 15_000), ("0.5", 500), ("1h30m", 5_400_000), ("1d", 86_400_000)] {
            assert_eq!(parse_duration_ms(text), Ok(expected), "{text}");
        }
        for text in ["", "1m1h", "m", "5x", "1e300"] {
            assert!(parse_duration_ms(text).is_err(), "{text}");
        }
    }
}
