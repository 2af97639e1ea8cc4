//! Functions of calendar dates, in UTC.

use aio_types::{Labels, civil_from_days, days_from_civil};

use crate::Error;
use crate::column::Column;
use crate::eval::Context;
use crate::plan::Plan;
use crate::row::Row;

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateFunction {
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

impl DateFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day_of_week" => Self::DayOfWeek,
            "day_of_month" => Self::DayOfMonth,
            "day_of_year" => Self::DayOfYear,
            "days_in_month" => Self::DaysInMonth,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The part of the moment `seconds` after the epoch.
    #[expect(clippy::cast_precision_loss, reason = "parts are small")]
    pub(crate) fn of(self, seconds: f64) -> f64 {
        let (days, of_day) = day_of(seconds);
        let (year, month, day) = civil_from_days(days);
        let part = match self {
            Self::Minute => of_day / 60 % 60,
            Self::Hour => of_day / 3600,
            // The epoch was a Thursday.
            Self::DayOfWeek => (days + 4).rem_euclid(7),
            Self::DayOfMonth => day,
            Self::DayOfYear => days - days_from_civil(year, 1, 1) + 1,
            Self::DaysInMonth => days_in_month(year, month),
            Self::Month => month,
            Self::Year => year,
        };
        part as f64
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(next_year, next_month, 1) - days_from_civil(year, month, 1)
}

impl Context<'_> {
    /// Of the values of a vector, or where it is not given of the times of evaluation.
    pub(crate) fn date(&self, function: DateFunction, input: Option<&Plan>) -> Result<Vec<Row>, Error> {
        let Some(input) = input else {
            let whole_seconds = |t: aio_types::TimestampMs| aio_types::TimestampMs(t.0 / 1000 * 1000).as_secs_f64();
            let values = self.times.iter().map(|t| function.of(whole_seconds(t))).collect();
            return Ok(vec![Row::new(Labels::default(), Column::of(values))]);
        };
        let mut rows = self.rows(input)?;
        rows.iter_mut().for_each(|row| row.column.map_floats(|v| function.of(v)));
        self.without_name(rows)
    }
}

const DAY_SECONDS: i64 = 86_400;

/// Days after the epoch and seconds of the day. What is no number of seconds, or one too many, is the lowest number
/// there is, as on the machines that Prometheus mostly runs on; and before the first year that Go knows, its dates begin
/// anew at their end.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit is told apart")]
fn day_of(seconds: f64) -> (i64, i64) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let seconds = if (-LIMIT..LIMIT).contains(&seconds) { seconds as i64 } else { i64::MIN };
    let first = i128::from(days_from_civil(-292_277_022_399, 1, 1)) * i128::from(DAY_SECONDS);
    let wrapped = if i128::from(seconds) < first { i128::from(seconds) + (1 << 64) } else { seconds.into() };
    let day = wrapped.div_euclid(DAY_SECONDS.into()) as i64;
    (day, wrapped.rem_euclid(DAY_SECONDS.into()) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_dates() {
        use DateFunction as D;
        for (function, seconds, expected) in [
            (D::Minute, 1_136_239_445.0, 4.0),
            (D::Hour, 1_136_239_445.0, 22.0),
            (D::DayOfWeek, 1_136_239_445.0, 1.0),
            (D::DayOfMonth, 1_136_239_445.0, 2.0),
            (D::DayOfYear, 1_483_228_799.0, 366.0),
            (D::DaysInMonth, 1_454_284_800.0, 29.0),
            (D::DaysInMonth, 1_448_928_000.0, 31.0),
            (D::Month, 0.0, 1.0),
            (D::Year, -1.0, 1969.0),
            (D::Year, 1_230_767_999.0, 2008.0),
            // What Go says of these.
            (D::Year, f64::NAN, 292_277_026_596.0),
            (D::Month, f64::INFINITY, 12.0),
            (D::DayOfMonth, f64::NEG_INFINITY, 4.0),
            (D::DayOfWeek, 1e300, 0.0),
            (D::Hour, f64::NAN, 15.0),
            (D::Minute, f64::NAN, 30.0),
            (D::DayOfYear, f64::NAN, 339.0),
            (D::Year, -9.2e18, -291_536_392_293.0),
            (D::DayOfWeek, -1e17, 4.0),
            (D::DaysInMonth, -6e18, 28.0),
        ] {
            assert!((function.of(seconds) - expected).abs() < f64::EPSILON, "{function:?} {seconds}");
        }
    }
}
