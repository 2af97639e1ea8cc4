//! Text as times.

use super::layout::{DAYS, MONTHS, Offset, Part, next};
use super::zone::Zone;
use super::{Time, date, days_of};

/// What was read so far.
#[derive(Debug, Default)]
struct Found {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    /// Whether it is said to be before or after noon.
    after_noon: Option<bool>,
    is_utc: bool,
    offset: Option<i64>,
    zone: String,
}

/// Nothing where the text does not fit the layout.
pub(super) fn read(mut layout: &str, mut text: &str, zone: &Zone) -> Option<Time> {
    let mut found = Found::default();
    loop {
        let (before, part, rest) = next(layout);
        text = skip(text, before)?;
        let Some(part) = part else { break };
        layout = rest;
        text = found.part(part, layout, text)?;
    }
    if text.is_empty() { found.finish(zone) } else { None }
}

/// Spaces of a layout are any number of spaces.
fn skip<'t>(mut text: &'t str, mut literal: &str) -> Option<&'t str> {
    while let Some(c) = literal.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            (literal, text) = (literal.trim_start_matches(' '), text.trim_start_matches(' '));
        } else {
            text = text.strip_prefix(c)?;
            literal = &literal[c.len_utf8()..];
        }
    }
    Some(text)
}

impl Found {
    /// Reads one part; what is left of the text.
    fn part<'t>(&mut self, part: Part, layout: &str, text: &'t str) -> Option<&'t str> {
        let within = |n: i64, most: i64| (n <= most).then_some(n);
        let (value, rest) = match part {
            Part::Year => {
                let (digits, rest) = cut(text, 2)?;
                let year: i64 = digits.parse().ok()?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                return Some(rest);
            }
            Part::LongYear => {
                let (digits, rest) = cut(text, 4).filter(|(digits, _)| digits.starts_with(is_digit))?;
                self.year = digits.parse().ok()?;
                return Some(rest);
            }
            Part::Month => name(&MONTHS.map(|month| &month[..3]), text)?,
            Part::LongMonth => name(&MONTHS, text)?,
            Part::WeekDay => return Some(name(&DAYS.map(|day| &day[..3]), text)?.1),
            Part::LongWeekDay => return Some(name(&DAYS, text)?.1),
            Part::UnderDay => number(text.strip_prefix(' ').unwrap_or(text), 1, 2)?,
            Part::UnderYearDay => {
                let text = text.strip_prefix(' ').unwrap_or(text);
                number(text.strip_prefix(' ').unwrap_or(text), 1, 3)?
            }
            Part::ZeroYearDay => number(text, 3, 3)?,
            Part::ZeroMonth | Part::ZeroDay | Part::ZeroHour12 | Part::ZeroMinute | Part::ZeroSecond => {
                number(text, 2, 2)?
            }
            Part::NumMonth | Part::Day | Part::Hour | Part::Hour12 | Part::Minute | Part::Second => number(text, 1, 2)?,
            Part::UpperNoon => return self.noon(text, ["AM", "PM"]),
            Part::LowerNoon => return self.noon(text, ["am", "pm"]),
            Part::Zone => return self.zone(text),
            Part::Offset(offset) => return self.offset(offset, text),
            Part::Fraction { digits, trims, .. } => return self.fraction(text, (!trims).then_some(digits)),
        };
        match part {
            Part::Month | Part::LongMonth | Part::NumMonth | Part::ZeroMonth => {
                self.month = Some(within(value, 12).filter(|month| *month > 0)?);
            }
            Part::UnderYearDay | Part::ZeroYearDay => self.year_day = Some(value),
            Part::Day | Part::UnderDay | Part::ZeroDay => self.day = Some(value),
            Part::Hour => self.hour = within(value, 23)?,
            Part::Hour12 | Part::ZeroHour12 => self.hour = within(value, 12)?,
            Part::Minute | Part::ZeroMinute => self.minute = within(value, 59)?,
            _ => {
                self.second = within(value, 59)?;
                // A fraction is taken even where the layout has none.
                let (before, following, _) = next(layout);
                let is_expected = before.is_empty() && matches!(following, Some(Part::Fraction { .. }));
                let is_there = rest.starts_with(['.', ',']) && rest[1..].starts_with(is_digit);
                if is_there && !is_expected {
                    return self.fraction(rest, None);
                }
            }
        }
        Some(rest)
    }

    fn noon<'t>(&mut self, text: &'t str, names: [&str; 2]) -> Option<&'t str> {
        let (found, rest) = cut(text, 2)?;
        self.after_noon = Some(names.iter().position(|name| *name == found)? == 1);
        Some(rest)
    }

    /// So many digits, or however many there are.
    fn fraction<'t>(&mut self, text: &'t str, digits: Option<usize>) -> Option<&'t str> {
        let is_there = text.starts_with(['.', ',']) && text[1..].starts_with(is_digit);
        let digits = match digits {
            Some(digits) => digits,
            None if is_there => text[1..].bytes().take_while(u8::is_ascii_digit).count(),
            None => return Some(text),
        };
        let (found, rest) = cut(text, 1 + digits).filter(|_| is_there)?;
        let shown = &found[1..found.len().min(10)];
        let nanos: u32 = shown.parse().ok().filter(|_| shown.bytes().all(|b| b.is_ascii_digit()))?;
        self.nanos = nanos * 10_u32.pow(u32::try_from(9 - shown.len()).ok()?);
        Some(rest)
    }

    fn offset<'t>(&mut self, written: Offset, text: &'t str) -> Option<&'t str> {
        if written.z
            && let Some(rest) = text.strip_prefix('Z')
        {
            self.is_utc = true;
            return Some(rest);
        }
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let mut parts = [0; 3];
        for (i, part) in
            parts.iter_mut().enumerate().take(1 + usize::from(written.minutes) + usize::from(written.seconds))
        {
            if i > 0 && written.colon {
                rest = rest.strip_prefix(':')?;
            }
            (*part, rest) = number(rest, 2, 2)?;
        }
        let [hours, minutes, seconds] = parts;
        if hours > 24 || minutes > 60 || seconds > 60 {
            return None;
        }
        self.offset = Some(sign * ((hours * 60 + minutes) * 60 + seconds));
        Some(rest)
    }

    fn zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(rest) = text.strip_prefix("UTC") {
            self.is_utc = true;
            return Some(rest);
        }
        let (name, rest) = cut(text, zone_len(text)?)?;
        name.clone_into(&mut self.zone);
        Some(rest)
    }

    fn finish(mut self, zone: &Zone) -> Option<Time> {
        match self.after_noon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        if let Some(year_day) = self.year_day {
            self.of_year(year_day)?;
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let days = days_of(self.year, month, day);
        // A day that there is.
        if date(days) != (self.year, month, day) {
            return None;
        }
        let seconds = days * 86_400 + self.hour * 3600 + self.minute * 60 + self.second;
        let (offset, zone) = self.place(seconds, zone);
        Some(Time { seconds: seconds - offset, nanos: self.nanos, zone })
    }

    fn of_year(&mut self, year_day: i64) -> Option<()> {
        let (year, month, day) = date(days_of(self.year, 1, 1) + year_day - 1);
        let fits = year == self.year
            && year_day > 0
            && self.month.is_none_or(|found| found == month)
            && self.day.is_none_or(|found| found == day);
        (self.month, self.day) = (Some(month), Some(day));
        fits.then_some(())
    }

    /// The offset to UTC at a time of the clock, and where that clock hangs.
    fn place(&self, seconds: i64, zone: &Zone) -> (i64, Zone) {
        if self.is_utc {
            return (0, Zone::Utc);
        }
        if let Some(offset) = self.offset {
            let (of_zone, name) = zone.at(seconds - offset);
            let is_same = of_zone == offset && (self.zone.is_empty() || name == self.zone);
            return (offset, if is_same { zone.clone() } else { Zone::Fixed(self.zone.clone(), offset) });
        }
        if self.zone.is_empty() {
            return (zone.at_local(seconds), zone.clone());
        }
        if let Some(offset) = zone.offset_of(&self.zone, seconds) {
            return (offset, zone.clone());
        }
        let hours = self.zone.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok()).unwrap_or(0);
        (hours * 3600, Zone::Fixed(self.zone.clone(), hours * 3600))
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn cut(text: &str, len: usize) -> Option<(&str, &str)> {
    text.split_at_checked(len)
}

/// A number of so many digits, and the rest.
fn number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = cut(text, digits).filter(|(digits, _)| digits.len() >= least)?;
    Some((digits.parse().ok()?, rest))
}

/// The place of a name in a list, from 1, and the rest. Case does not matter.
fn name<'t>(names: &[&str], text: &'t str) -> Option<(i64, &'t str)> {
    let found = |name: &str| cut(text, name.len()).is_some_and(|(begin, _)| begin.eq_ignore_ascii_case(name));
    let at = names.iter().position(|name| found(name))?;
    Some((i64::try_from(at).ok()? + 1, &text[names[at].len()..]))
}

/// How long the name of a zone at the beginning is.
fn zone_len(text: &str) -> Option<usize> {
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix("GMT") {
        return Some(3 + signed_len(rest));
    }
    if text.starts_with(['+', '-']) {
        return Some(signed_len(text)).filter(|len| *len > 0 && text.len() >= 3);
    }
    let capitals = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    match capitals {
        3 => Some(3),
        4 if text[..4].ends_with('T') || text.starts_with("WITA") => Some(4),
        5 if text[..5].ends_with('T') => Some(5),
        _ => None,
    }
}

/// How long a signed number of hours is.
fn signed_len(text: &str) -> usize {
    let digits = text.get(1..).map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let is_signed = text.starts_with(['+', '-']) && digits > 0;
    let hours = text.get(1..=digits).and_then(|digits| digits.parse::<u64>().ok());
    if is_signed && hours.is_some_and(|hours| hours <= 23) { 1 + digits } else { 0 }
}
