//! Go's layouts: a text in which parts of the reference time stand for those of the time to be shown or read.

/// What a piece of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekDay,
    WeekDay,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperNoon,
    LowerNoon,
    Zone,
    Offset(Offset),
    /// Digits of a fraction behind `.` or `,`; trailing zeros are dropped where the layout has nines.
    Fraction {
        comma: bool,
        digits: usize,
        trims: bool,
    },
}

/// How an offset to UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether UTC is `Z`.
    pub(super) z: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
    pub(super) colon: bool,
}

/// The text before the first part, the part, and the rest.
pub(super) fn next(layout: &str) -> (&str, Option<Part>, &str) {
    for (at, c) in layout.char_indices() {
        let rest = &layout[at..];
        if let Some((part, skip, len)) = part_at(c, rest) {
            return (&layout[..at + skip], Some(part), &layout[at + len..]);
        }
    }
    (layout, None, "")
}

/// A part at the beginning, how much of the text before it is literal, and where it ends.
fn part_at(first: char, rest: &str) -> Option<(Part, usize, usize)> {
    let fixed = |list: &[(&str, Part)]| {
        list.iter().find(|(text, _)| rest.starts_with(text)).map(|(text, part)| (*part, 0, text.len()))
    };
    let is_word = |len: usize| rest.as_bytes().get(len).is_some_and(u8::is_ascii_lowercase);
    match first {
        'J' if rest.starts_with("Jan") => {
            fixed(&[("January", Part::LongMonth)]).or_else(|| (!is_word(3)).then_some((Part::Month, 0, 3)))
        }
        'M' if rest.starts_with("Mon") => {
            fixed(&[("Monday", Part::LongWeekDay)]).or_else(|| (!is_word(3)).then_some((Part::WeekDay, 0, 3)))
        }
        'M' => fixed(&[("MST", Part::Zone)]),
        '0' => fixed(&[
            ("01", Part::ZeroMonth),
            ("002", Part::ZeroYearDay),
            ("02", Part::ZeroDay),
            ("03", Part::ZeroHour12),
            ("04", Part::ZeroMinute),
            ("05", Part::ZeroSecond),
            ("06", Part::Year),
        ]),
        '1' => fixed(&[("15", Part::Hour), ("1", Part::NumMonth)]),
        '2' => fixed(&[("2006", Part::LongYear), ("2", Part::Day)]),
        '_' if rest.starts_with("_2006") => Some((Part::LongYear, 1, 5)),
        '_' => fixed(&[("_2", Part::UnderDay), ("__2", Part::UnderYearDay)]),
        '3' => Some((Part::Hour12, 0, 1)),
        '4' => Some((Part::Minute, 0, 1)),
        '5' => Some((Part::Second, 0, 1)),
        'P' => fixed(&[("PM", Part::UpperNoon)]),
        'p' => fixed(&[("pm", Part::LowerNoon)]),
        '-' => {
            fixed(&OFFSETS.map(|(text, minutes, seconds, colon)| {
                (text, Part::Offset(Offset { z: false, minutes, seconds, colon }))
            }))
        }
        'Z' => OFFSETS.iter().find(|(text, ..)| rest[1..].starts_with(&text[1..])).map(
            |(text, minutes, seconds, colon)| {
                let offset = Offset { z: true, minutes: *minutes, seconds: *seconds, colon: *colon };
                (Part::Offset(offset), 0, text.len())
            },
        ),
        '.' | ',' => fraction(rest),
        _ => None,
    }
}

/// Longer ones first.
const OFFSETS: [(&str, bool, bool, bool); 5] = [
    ("-070000", true, true, false),
    ("-07:00:00", true, true, true),
    ("-0700", true, false, false),
    ("-07:00", true, false, true),
    ("-07", false, false, false),
];

fn fraction(rest: &str) -> Option<(Part, usize, usize)> {
    let bytes = rest.as_bytes();
    let digit = *bytes.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = bytes[1..].iter().take_while(|b| **b == digit).count();
    let ends = bytes.get(1 + digits).is_none_or(|b| !b.is_ascii_digit());
    let part = Part::Fraction { comma: bytes[0] == b',', digits, trims: digit == b'9' };
    ends.then_some((part, 0, 1 + digits))
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_cut_as_go_cuts_them() {
        let parts = |mut layout: &str| {
            let mut out = Vec::new();
            loop {
                let (before, part, rest) = next(layout);
                if !before.is_empty() {
                    out.push(format!("{before:?}"));
                }
                let Some(part) = part else { return out.join(" ") };
                out.push(format!("{part:?}"));
                layout = rest;
            }
        };
        for (layout, expected) in [
            ("Janet Jan January", r#""Janet " Month " " LongMonth"#),
            ("_2006 _2 __2 002", r#""_" LongYear " " UnderDay " " UnderYearDay " " ZeroYearDay"#),
            (
                "05.000x,99.0001",
                "ZeroSecond Fraction { comma: false, digits: 3, trims: false } \"x\" Fraction { comma: true, digits: 2, trims: true } \".00\" ZeroMonth",
            ),
            ("Z07:00", "Offset(Offset { z: true, minutes: true, seconds: false, colon: true })"),
            ("ü15PM", "\"ü\" Hour UpperNoon"),
        ] {
            assert_eq!(parts(layout), expected, "{layout}");
        }
    }
}
