//! Functions of calendar dates, in UTC.

use aio_types::{civil_from_days, days_from_civil};

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
            Self::DaysInMonth => {
                let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                days_from_civil(next_year, next_month, 1) - days_from_civil(year, month, 1)
            }
            Self::Month => month,
            Self::Year => year,
        };
        part as f64
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
