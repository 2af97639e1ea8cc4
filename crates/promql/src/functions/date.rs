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
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "bounded below; parts are small")]
    pub(crate) fn of(self, seconds: f64) -> f64 {
        if !seconds.is_finite() || seconds.abs() > SECONDS_MAX {
            return f64::NAN;
        }
        let seconds = seconds.trunc() as i64;
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
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

/// Some thirty million years, where whole seconds are still exact.
const SECONDS_MAX: f64 = 1e15;

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
        ] {
            assert!((function.of(seconds) - expected).abs() < f64::EPSILON, "{function:?} {seconds}");
        }
        assert!(D::Year.of(f64::NAN).is_nan() && D::Hour.of(1e300).is_nan());
    }
}
