//! Where a clock hangs.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Rules without an end go on changing.
const TRANSITIONS_MAX: usize = 600;

/// An offset to UTC that may depend on the time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    Utc,
    /// An offset in seconds, with a name or without.
    Fixed(String, i64),
    /// A place with rules of its own.
    Place(TimeZone),
}

impl Zone {
    /// The zone of that name in the IANA database, which is part of this program.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" | "Local" => Some(Self::Utc),
            name => TimeZoneDatabase::bundled().get(name).ok().map(Self::Place),
        }
    }

    /// Seconds to be added to UTC at a moment, and what that is called.
    pub(super) fn at(&self, seconds: i64) -> (i64, String) {
        match self {
            Self::Utc => (0, "UTC".to_owned()),
            Self::Fixed(name, offset) => (*offset, name.clone()),
            Self::Place(zone) => {
                let info = zone.to_offset_info(timestamp(seconds));
                (i64::from(info.offset().seconds()), info.abbreviation().to_owned())
            }
        }
    }

    /// The offset at a time of this zone's clocks, given as seconds since 1970 on them. Of two there may be it is the one
    /// that Go finds.
    pub(super) fn at_local(&self, seconds: i64) -> i64 {
        let (nearly, _) = self.at(seconds);
        self.at(seconds - nearly).0
    }

    /// The offset of a name that this zone uses or ever used; best one that it uses at a time of its clocks.
    pub(super) fn offset_of(&self, name: &str, seconds: i64) -> Option<i64> {
        let Self::Place(zone) = self else { return Some(self.at(seconds)).filter(|(_, n)| n == name).map(|(o, _)| o) };
        let first = zone.to_offset_info(Timestamp::MIN);
        let first = (i64::from(first.offset().seconds()), first.abbreviation().to_owned());
        let later = zone.following(Timestamp::MIN).take(TRANSITIONS_MAX);
        let later = later.map(|t| (i64::from(t.offset().seconds()), t.abbreviation().to_owned()));
        let mut ever = None;
        for (offset, _) in std::iter::once(first).chain(later).filter(|(_, found)| found == name) {
            let (then, called) = self.at(seconds - offset);
            if then == offset && called == name {
                return Some(offset);
            }
            ever = ever.or(Some(offset));
        }
        ever
    }
}

/// The nearest time that rules are known for.
fn timestamp(seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
