//! Times as text.

use std::fmt::Write as _;

use super::layout::{DAYS, MONTHS, Offset, Part, next};
use super::{Local, Time};

/// What Go shows where nothing is asked for.
pub(super) const STRING: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

pub(super) fn format(time: &Time, mut layout: &str) -> String {
    let local = time.local();
    let mut out = String::with_capacity(layout.len() + 8);
    loop {
        let (before, part, rest) = next(layout);
        out.push_str(before);
        let Some(part) = part else { return out };
        write(&mut out, part, &local, time.nanos).expect("a string takes everything");
        layout = rest;
    }
}

fn write(out: &mut String, part: Part, local: &Local, nanos: u32) -> std::fmt::Result {
    let hour12 = if local.hour % 12 == 0 { 12 } else { local.hour % 12 };
    match part {
        Part::LongMonth => out.write_str(MONTHS[local.month - 1]),
        Part::Month => out.write_str(&MONTHS[local.month - 1][..3]),
        Part::NumMonth => write!(out, "{}", local.month),
        Part::ZeroMonth => write!(out, "{:02}", local.month),
        Part::LongWeekDay => out.write_str(DAYS[local.week_day]),
        Part::WeekDay => out.write_str(&DAYS[local.week_day][..3]),
        Part::Day => write!(out, "{}", local.day),
        Part::UnderDay => write!(out, "{:2}", local.day),
        Part::ZeroDay => write!(out, "{:02}", local.day),
        Part::UnderYearDay => write!(out, "{:3}", local.year_day),
        Part::ZeroYearDay => write!(out, "{:03}", local.year_day),
        Part::Hour => write!(out, "{:02}", local.hour),
        Part::Hour12 => write!(out, "{hour12}"),
        Part::ZeroHour12 => write!(out, "{hour12:02}"),
        Part::Minute => write!(out, "{}", local.minute),
        Part::ZeroMinute => write!(out, "{:02}", local.minute),
        Part::Second => write!(out, "{}", local.second),
        Part::ZeroSecond => write!(out, "{:02}", local.second),
        Part::LongYear if local.year < 0 => write!(out, "-{:04}", -local.year),
        Part::LongYear => write!(out, "{:04}", local.year),
        Part::Year => write!(out, "{:02}", local.year.abs() % 100),
        Part::UpperNoon => out.write_str(if local.hour >= 12 { "PM" } else { "AM" }),
        Part::LowerNoon => out.write_str(if local.hour >= 12 { "pm" } else { "am" }),
        Part::Zone if local.zone.is_empty() => {
            let minutes = local.offset / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            write!(out, "{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
        Part::Zone => out.write_str(&local.zone),
        Part::Offset(Offset { z: true, .. }) if local.offset == 0 => out.write_str("Z"),
        Part::Offset(as_written) => offset(out, as_written, local.offset),
        Part::Fraction { comma, digits, trims } => {
            fraction(out, if comma { ',' } else { '.' }, digits, trims, nanos);
            Ok(())
        }
    }
}

fn offset(out: &mut String, written: Offset, offset: i64) -> std::fmt::Result {
    // The sign is that of whole minutes.
    let (sign, seconds) = if offset / 60 < 0 { ('-', -offset) } else { ('+', offset) };
    let colon = if written.colon { ":" } else { "" };
    write!(out, "{sign}{:02}", seconds / 3600)?;
    if written.minutes {
        write!(out, "{colon}{:02}", seconds / 60 % 60)?;
    }
    if written.seconds {
        write!(out, "{colon}{:02}", seconds % 60)?;
    }
    Ok(())
}

fn fraction(out: &mut String, separator: char, digits: usize, trims: bool, nanos: u32) {
    let all = format!("{nanos:09}");
    let shown: String = all.chars().chain(std::iter::repeat('0')).take(digits.min(9)).collect();
    let shown = if trims { shown.trim_end_matches('0') } else { &shown };
    if !trims || !shown.is_empty() {
        out.push(separator);
        out.push_str(shown);
    }
}
