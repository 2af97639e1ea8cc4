//! What a search asks for.

use aio_types::{Matcher, TimeRange, TimestampMs};

use super::score::Algorithm;
use crate::error::ApiError;
use crate::params::Params;
use crate::prometheus::metadata::selections;

const TERMS_MAX: usize = 32;
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 10_000;
const PAST_MS_DEFAULT: i64 = 3_600_000;

/// In which order results come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
    /// The best first.
    Score,
}

/// One search.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) selections: Vec<Vec<Matcher>>,
    pub(super) range: TimeRange,
    /// Any of them will do; in lower case where case does not matter.
    pub(super) terms: Vec<String>,
    pub(super) algorithm: Algorithm,
    /// From 0 to 1.
    pub(super) threshold: f64,
    pub(super) case_sensitive: bool,
    pub(super) include_score: bool,
    pub(super) order: Order,
    pub(super) limit: usize,
    pub(super) batch_size: usize,
}

fn bad(why: String) -> ApiError {
    ApiError::BadRequest(why)
}

impl Search {
    pub(super) fn of(params: &Params, endpoint: &str, now: TimestampMs) -> Result<Self, ApiError> {
        let case_sensitive = boolean(params, "case_sensitive", true)?;
        Ok(Self {
            selections: selections(params)?,
            range: range(params, now)?,
            terms: terms(params, case_sensitive)?,
            algorithm: algorithm(params)?,
            threshold: threshold(params)?,
            case_sensitive,
            include_score: boolean(params, "include_score", false)?,
            order: order(params, endpoint)?,
            limit: limit(params)?,
            batch_size: positive(params, "batch_size")?.unwrap_or(LIMIT_DEFAULT),
        })
    }
}

/// The spellings Go's `ParseBool` takes.
pub(super) fn boolean(params: &Params, name: &str, default: bool) -> Result<bool, ApiError> {
    match params.get(name) {
        None => Ok(default),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(other) => Err(bad(format!("invalid {name} {other:?}: must be boolean"))),
    }
}

fn range(params: &Params, now: TimestampMs) -> Result<TimeRange, ApiError> {
    let start = params.time("start")?.unwrap_or_else(|| now.saturating_add(-PAST_MS_DEFAULT));
    let end = params.time("end")?.unwrap_or(now);
    if end < start {
        return Err(bad("end timestamp must not be before start timestamp".to_owned()));
    }
    Ok(TimeRange { start, end })
}

fn terms(params: &Params, case_sensitive: bool) -> Result<Vec<String>, ApiError> {
    let given = params.all("search[]").count();
    if given > TERMS_MAX {
        return Err(bad(format!("too many search[] terms: got {given}, maximum is {TERMS_MAX}")));
    }
    let terms = params.all("search[]").filter(|term| !term.is_empty());
    Ok(terms.map(|term| if case_sensitive { term.to_owned() } else { term.to_lowercase() }).collect())
}

fn algorithm(params: &Params) -> Result<Algorithm, ApiError> {
    match params.get("fuzz_alg") {
        None | Some("subsequence") => Ok(Algorithm::Subsequence),
        Some("jarowinkler") => Ok(Algorithm::JaroWinkler),
        Some(other) => Err(bad(format!("unsupported fuzz_alg {other:?}: must be one of [subsequence jarowinkler]"))),
    }
}

fn threshold(params: &Params) -> Result<f64, ApiError> {
    let Some(text) = params.get("fuzz_threshold") else { return Ok(0.0) };
    let percent = text.parse::<u8>().ok().filter(|percent| *percent <= 100);
    let percent = percent.ok_or_else(|| bad(format!("invalid fuzz_threshold {text:?}: must be 0-100")))?;
    Ok(f64::from(percent) / 100.0)
}

fn order(params: &Params, endpoint: &str) -> Result<Order, ApiError> {
    let (by, direction) = (params.get("sort_by"), params.get("sort_dir"));
    match (by, direction) {
        (None, Some(_)) => return Err(bad("sort_dir is only valid when sort_by is set".to_owned())),
        (Some("score"), Some(_)) => return Err(bad("sort_dir is not supported for sort_by=score".to_owned())),
        (_, None | Some("asc" | "dsc")) => {}
        (_, Some(other)) => return Err(bad(format!("invalid sort_dir {other:?}: must be \"asc\" or \"dsc\""))),
    }
    match by {
        Some("score") if params.all("search[]").next().is_none() => {
            Err(bad("sort_by=score requires search[] to be set".to_owned()))
        }
        Some("score") => Ok(Order::Score),
        None | Some("alpha") if direction == Some("dsc") => Ok(Order::Descending),
        None | Some("alpha") => Ok(Order::Ascending),
        Some(other) => Err(bad(format!("invalid sort_by {other:?} for {endpoint}: must be \"alpha\" or \"score\""))),
    }
}

fn limit(params: &Params) -> Result<usize, ApiError> {
    let limit = positive(params, "limit")?.unwrap_or(LIMIT_DEFAULT);
    if limit > LIMIT_MAX {
        return Err(bad(format!("limit {limit} exceeds the configured maximum ({LIMIT_MAX})")));
    }
    Ok(limit)
}

fn positive(params: &Params, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let count = text.parse::<usize>().ok().filter(|count| *count > 0);
    count.map(Some).ok_or_else(|| bad(format!("invalid {name} {text:?}: must be a positive integer")))
}
