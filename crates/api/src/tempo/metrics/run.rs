//! A query of metrics, by whichever protocol it came.

use aio_traceql::ast::Static;
use aio_traceql::{Grid, MetricsAnswer, MetricsRequest, metrics, parse};
use aio_types::{TenantId, TimestampNs};

use crate::core::Core;
use crate::error::ApiError;

/// Most steps of a range.
const STEPS_MAX: usize = 10_000;
/// Most series of an answer, and how many where nothing else is asked for.
const SERIES_MAX: usize = 1000;
/// Most exemplars of an answer, and how many where nothing else is asked for.
const EXEMPLARS_MAX: usize = 100;

/// What is told where there are more.
pub(in crate::tempo) const PARTIAL: &str = "the response exceeds the maximum number of series, the rest is left out";

/// What was asked; 0 where nothing was said.
pub(in crate::tempo) struct Asked<'a> {
    pub(in crate::tempo) query: &'a str,
    pub(in crate::tempo) start: TimestampNs,
    pub(in crate::tempo) end: TimestampNs,
    /// Nanoseconds.
    pub(in crate::tempo) step: i64,
    pub(in crate::tempo) exemplars: usize,
    pub(in crate::tempo) series: usize,
}

impl Asked<'_> {
    pub(in crate::tempo) fn range(&self) -> Result<MetricsRequest, ApiError> {
        self.check_order()?;
        let step = if self.step > 0 { self.step } else { default_step(self.end.0.saturating_sub(self.start.0)) };
        let grid = Grid::range(self.start, self.end, step);
        if grid.len() > STEPS_MAX {
            return Err(ApiError::BadRequest(format!(
                "query exceeds maximum intervals of {STEPS_MAX} per time series: {} steps of {step} ns; take longer steps",
                grid.len()
            )));
        }
        self.request(grid, self.exemplars)
    }

    /// One number has no exemplars.
    pub(in crate::tempo) fn instant(&self) -> Result<MetricsRequest, ApiError> {
        self.check_order()?;
        let mut request = self.request(Grid::instant(self.start, self.end), 0)?;
        request.exemplars = 0;
        Ok(request)
    }

    fn check_order(&self) -> Result<(), ApiError> {
        if self.end > self.start {
            return Ok(());
        }
        Err(ApiError::BadRequest("end must be greater than start".to_owned()))
    }

    fn request(&self, grid: Grid, exemplars: usize) -> Result<MetricsRequest, ApiError> {
        let query = parse(self.query)?;
        let wanted = match query.hint("exemplars") {
            Some(Static::Int(n)) => usize::try_from(*n).unwrap_or(0),
            Some(Static::Bool(false)) => 0,
            _ if exemplars > 0 => exemplars,
            _ => EXEMPLARS_MAX,
        };
        let series_max = if self.series > 0 { self.series.min(SERIES_MAX) } else { SERIES_MAX };
        Ok(MetricsRequest { query, grid, exemplars: wanted.min(EXEMPLARS_MAX), series_max })
    }
}

/// About 240 steps, of a length that is easy on the eye.
fn default_step(range: i64) -> i64 {
    const MS: i64 = 1_000_000;
    const S: i64 = 1000 * MS;
    let wanted = range / 240;
    if range < 60 * S {
        return (wanted / (50 * MS)).max(1) * 50 * MS;
    }
    let units = [3600 * S, 300 * S, 60 * S, 15 * S, 5 * S, S];
    units.into_iter().find(|unit| wanted > *unit).map_or(S, |unit| wanted / unit * unit)
}

pub(in crate::tempo) async fn run(
    core: &Core,
    tenant: &TenantId,
    request: MetricsRequest,
) -> Result<MetricsAnswer, ApiError> {
    let source = (core.sources.traces)(tenant);
    core.queries.run(None, move |stop| Ok(metrics(&*source, &request, stop)?)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn steps_follow_from_the_range() {
        for (range, step) in [
            (1, 50_000_000),
            (59 * S, 200_000_000),
            (60 * S, S),
            (3600 * S, 15 * S),
            (6 * 3600 * S, 60 * S),
            (24 * 3600 * S, 300 * S),
            (30 * 86_400 * S, 3 * 3600 * S),
        ] {
            assert_eq!(default_step(range), step, "{range}");
        }
    }

    #[test]
    fn what_is_asked_is_bounded() {
        let asked = |start: i64, end: i64, step: i64| Asked {
            query: "{} | rate() with(exemplars=5000)",
            start: TimestampNs(start),
            end: TimestampNs(end),
            step,
            exemplars: 0,
            series: 5000,
        };
        let request = asked(0, 60 * S, S).range().expect("fits");
        assert_eq!((request.exemplars, request.series_max, request.grid.len()), (EXEMPLARS_MAX, SERIES_MAX, 61));
        assert!(asked(0, 60 * S, 1000).range().is_err());
        assert!(asked(5, 5, S).range().is_err() && asked(5, 4, S).instant().is_err());
    }
}
