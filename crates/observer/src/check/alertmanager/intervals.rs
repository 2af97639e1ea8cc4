//! Time intervals.

use std::collections::BTreeSet;

use super::section;
use crate::config::prometheus::required;
use crate::schema::{Faults, Kind, Section, scalars};
use crate::yaml::Node;

pub(super) static NAMED: Section = Section {
    keys: &[("name", Kind::Scalar(scalars::text)), ("time_intervals", Kind::List(&Kind::Section(&INTERVAL)))],
    with: &[],
    check: |node, faults| required(node, faults, "name"),
};

static INTERVAL: Section = section(&[
    ("times", Kind::List(&Kind::Section(&TIMES))),
    ("weekdays", Kind::List(&Kind::Scalar(weekdays))),
    ("days_of_month", Kind::List(&Kind::Scalar(days))),
    ("months", Kind::List(&Kind::Scalar(months))),
    ("years", Kind::List(&Kind::Scalar(years))),
    ("location", Kind::Scalar(location)),
]);

static TIMES: Section = Section {
    keys: &[("start_time", Kind::Scalar(clock)), ("end_time", Kind::Scalar(clock))],
    with: &[],
    check: check_times,
};

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Names are unique over both lists.
pub(super) fn check_names(root: &Node, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for list in ["mute_time_intervals", "time_intervals"] {
        for item in root.get(list).map(Node::items).unwrap_or_default() {
            if let Some(name) = item.text_of("name")
                && !seen.insert(name)
            {
                faults.add(item.line_of("name"), format!("time interval {name:?} is not unique"));
            }
        }
    }
}

fn check_times(node: &Node, faults: &mut Faults) {
    required(node, faults, "start_time");
    required(node, faults, "end_time");
    let minute = |key| node.text_of(key).and_then(minutes);
    if let (Some(start), Some(end)) = (minute("start_time"), minute("end_time"))
        && start >= end
    {
        faults.key(node, "end_time", "must be after `start_time`: a range over midnight is written as two");
    }
}

/// Minutes of a day of `HH:MM`, up to 24:00.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

fn clock(text: &str) -> Result<(), String> {
    minutes(text).map(|_| ()).ok_or_else(|| format!("{text:?} is no time such as 09:30 or 24:00"))
}

/// `a` or `a:b` with both ends read by `parse` and in order.
fn range(text: &str, parse: impl Fn(&str) -> Option<i64>) -> Result<(i64, i64), String> {
    let (start, end) = text.split_once(':').unwrap_or((text, text));
    let fault = || format!("{text:?} is no valid range");
    let (start, end) = (parse(start.trim()).ok_or_else(fault)?, parse(end.trim()).ok_or_else(fault)?);
    Ok((start, end))
}

fn in_order(text: &str, (start, end): (i64, i64)) -> Result<(), String> {
    if start <= end { Ok(()) } else { Err(format!("{text:?}: the start comes after the end")) }
}

/// The place of a name in a list, or its number from 1.
fn named(list: &[&str], text: &str) -> Option<i64> {
    let at = list.iter().position(|name| name.eq_ignore_ascii_case(text));
    at.and_then(|at| i64::try_from(at + 1).ok())
}

fn weekdays(text: &str) -> Result<(), String> {
    in_order(text, range(text, |part| named(&WEEKDAYS, part))?)
}

fn months(text: &str) -> Result<(), String> {
    in_order(
        text,
        range(text, |part| named(&MONTHS, part).or_else(|| part.parse().ok().filter(|m| (1..=12).contains(m))))?,
    )
}

fn years(text: &str) -> Result<(), String> {
    in_order(text, range(text, |part| part.parse().ok().filter(|year| *year > 0))?)
}

fn days(text: &str) -> Result<(), String> {
    let valid = |part: &str| part.parse().ok().filter(|day: &i64| (1..=31).contains(&day.abs()));
    let (start, end) = range(text, valid)?;
    if start < 0 && end > 0 {
        return Err(format!("{text:?}: the end must be negative if the start is"));
    }
    // A negative day counts from the end of the longest month when both kinds are compared.
    let from_start = |day: i64| if day < 0 { 32 + day } else { day };
    in_order(text, (from_start(start), from_start(end)))
}

fn location(text: &str) -> Result<(), String> {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c)) && !text.starts_with('/');
    if is_name { Ok(()) } else { Err(format!("{text:?} is no time zone name such as Europe/Berlin")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        type Case = (fn(&str) -> Result<(), String>, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 5] = [
            (weekdays, &["monday:friday", "Sunday", "saturday"], &["friday:monday", "moonday", "1:5"]),
            (months, &["january:march", "1:3", "may"], &["13", "0", "june:may", "x"]),
            (years, &["2020:2022", "2030"], &["2022:2020", "x"]),
            (days, &["1:5", "-3:-1", "5:-1", "31"], &["0", "32", "5:1", "-1:5", "-1:-3"]),
            (clock, &["00:00", "24:00", "09:30"], &["9:30", "24:01", "12:60", "noon"]),
        ];
        for (accept, good, bad) in cases {
            good.iter().for_each(|text| assert_eq!(accept(text), Ok(()), "{text}"));
            bad.iter().for_each(|text| assert!(accept(text).is_err(), "{text}"));
        }
    }
}
