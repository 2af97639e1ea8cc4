//! Go's `time.Time`: how it is shown and read by layouts, and what templates can ask of it.
//!
//! A time without a zone is UTC: there is no local one. Methods that need a duration or another type of Go's package
//! are left out.

mod format;
mod layout;
mod read;
mod zone;

use std::any::Any;

use crate::functions::{Call, Fault, Signature};
use crate::value::{Object, Type, Value};

use self::layout::{DAYS, MONTHS};
use self::zone::Zone;

/// A moment, and where the clock hangs that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// Since 1970.
    seconds: i64,
    nanos: u32,
    zone: Zone,
}

/// Seconds from the year 1 to 1970.
const ZERO_SECONDS: i64 = -62_135_596_800;

impl Default for Time {
    /// Go's zero: the first moment of the year 1.
    fn default() -> Self {
        Self { seconds: ZERO_SECONDS, nanos: 0, zone: Zone::Utc }
    }
}

impl Time {
    /// In UTC. Nanoseconds may be any number.
    #[must_use]
    pub fn from_unix(seconds: i64, nanos: i64) -> Self {
        let seconds = seconds.saturating_add(nanos.div_euclid(1_000_000_000));
        let nanos = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0);
        Self { seconds, nanos, zone: Zone::Utc }
    }

    /// Reads a text by a layout, if it fits; what the text does not tell is of `zone`, or of UTC where there is none of
    /// that name.
    #[must_use]
    pub fn read(layout: &str, text: &str, zone: &str) -> Option<Self> {
        read::read(layout, text, &Zone::named(zone).unwrap_or(Zone::Utc))
    }

    /// The time that a value is.
    #[must_use]
    pub fn of<'v>(value: &'v Value<'_>) -> Option<&'v Self> {
        let Value::Object(object) = value else { return None };
        let object: &dyn Any = &**object;
        object.downcast_ref()
    }

    /// The same moment in UTC.
    #[must_use]
    pub fn in_utc(&self) -> Self {
        Self { zone: Zone::Utc, ..self.clone() }
    }

    /// By a layout.
    #[must_use]
    pub fn format(&self, layout: &str) -> String {
        format::format(self, layout)
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn unix(&self) -> i64 {
        self.seconds
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        self.seconds.wrapping_mul(1000).wrapping_add(i64::from(self.nanos / 1_000_000))
    }

    /// Nanoseconds since 1970, for what Go can tell so.
    #[must_use]
    pub fn unix_nanos(&self) -> i64 {
        self.seconds.wrapping_mul(1_000_000_000).wrapping_add(i64::from(self.nanos))
    }

    fn local(&self) -> Local {
        let (offset, zone) = self.zone.at(self.seconds);
        Local::new(self.seconds.saturating_add(offset), offset, zone)
    }
}

/// What a clock and a calendar show.
#[derive(Debug)]
struct Local {
    year: i64,
    /// From 1.
    month: usize,
    day: i64,
    /// From 1.
    year_day: i64,
    /// From 0, which is Sunday.
    week_day: usize,
    hour: i64,
    minute: i64,
    second: i64,
    /// Seconds to UTC.
    offset: i64,
    zone: String,
}

impl Local {
    fn new(seconds: i64, offset: i64, zone: String) -> Self {
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        Self {
            year,
            month: usize::try_from(month).unwrap_or(1),
            day,
            year_day: days - days_of(year, 1, 1) + 1,
            week_day: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            offset,
            zone,
        }
    }
}

/// Year, month and day, so many days after 1970-01-01, in the Gregorian calendar before its time as well.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * from_march + 2) / 5 + 1)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

const TEXT: &[Type] = &[Type::Text];
/// The type as another one's parameter.
pub const TIME: Type = Type::Named("time.Time", crate::value::Kind::Struct);

impl Object for Time {
    fn type_name(&self) -> &str {
        "time.Time"
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Format" => Some(Signature::new(TEXT)),
            "Unix" | "UnixMilli" | "UnixMicro" | "UnixNano" | "Year" | "Month" | "Day" | "YearDay" | "Weekday"
            | "Hour" | "Minute" | "Second" | "Nanosecond" | "UTC" | "Local" | "String" | "IsZero" => {
                Some(Signature::new(&[]))
            }
            _ => None,
        }
    }

    fn invoke(&self, name: &str, call: &mut Call<'_, '_>) -> Result<Value<'static>, Fault> {
        let local = self.local();
        Ok(match name {
            "Format" => {
                if call.text(0).len().saturating_mul(4) > call.bytes_max() {
                    return Err(Fault::too_long());
                }
                Value::from(self.format(call.text(0)))
            }
            "Unix" => Value::Int64(self.seconds),
            "UnixMilli" => Value::Int64(self.unix_millis()),
            "UnixMicro" => {
                Value::Int64(self.seconds.wrapping_mul(1_000_000).wrapping_add(i64::from(self.nanos / 1000)))
            }
            "UnixNano" => Value::Int64(self.unix_nanos()),
            "Year" => Value::Int(local.year),
            "Month" => Value::from(MONTHS[local.month - 1].to_owned()),
            "Day" => Value::Int(local.day),
            "YearDay" => Value::Int(local.year_day),
            "Weekday" => Value::from(DAYS[local.week_day].to_owned()),
            "Hour" => Value::Int(local.hour),
            "Minute" => Value::Int(local.minute),
            "Second" => Value::Int(local.second),
            "Nanosecond" => Value::Int(i64::from(self.nanos)),
            "UTC" | "Local" => Value::object(self.in_utc()),
            "String" => Value::from(self.format(format::STRING)),
            "IsZero" => Value::Bool(self.seconds == ZERO_SECONDS && self.nanos == 0),
            _ => return Err(Fault::new(format!("{name} is not a method"))),
        })
    }

    fn string(&self) -> Option<String> {
        Some(self.format(format::STRING))
    }
}

#[cfg(test)]
mod tests;
