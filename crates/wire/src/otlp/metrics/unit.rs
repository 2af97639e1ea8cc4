//! Units as words.

/// The words a unit adds to a name, as they are spelled: `By/s` is `bytes` and `per_second`. Annotations in braces say
/// nothing that belongs in a name.
pub(super) fn words(unit: &str) -> (&str, String) {
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let per = match spelled(per, per_word) {
        "" => String::new(),
        word => format!("per_{word}"),
    };
    (spelled(main, main_word), per)
}

/// A unit as one name, as metadata shows it.
pub(super) fn name(unit: &str) -> String {
    let (main, per) = words(unit);
    let (main, per) = (cleaned(main), cleaned(&per));
    let joined = match (main.is_empty(), per.is_empty()) {
        (false, false) => format!("{main}_{per}"),
        (false, true) => main,
        (true, _) => per,
    };
    let inner = joined.strip_prefix('_').unwrap_or(&joined);
    inner.strip_suffix('_').unwrap_or(inner).to_owned()
}

/// In the classic set of characters, without several `_` in a row and without one in front.
pub(super) fn cleaned(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ':' => out.push(c),
            _ if out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    match out.strip_prefix('_') {
        Some(rest) => rest.to_owned(),
        None => out,
    }
}

fn spelled<'u>(unit: &'u str, word: fn(&'u str) -> &'u str) -> &'u str {
    let unit = unit.trim();
    if unit.contains(['{', '}']) { "" } else { word(unit) }
}

/// UCUM units; unknown ones are kept.
fn main_word(unit: &str) -> &str {
    match unit {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "1" => "",
        other => other,
    }
}

fn per_word(unit: &str) -> &str {
    match unit {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_metadata() {
        for (unit, expected) in [
            ("", ""),
            ("1", ""),
            ("s", "seconds"),
            ("By/s", "bytes_per_second"),
            ("1/s", "per_second"),
            ("{request}/s", "per_second"),
            ("By/{x}", "bytes"),
            ("{a}", ""),
            (" ms ", "milliseconds"),
            ("custom_unit", "custom_unit"),
            ("foo  bar", "foo_bar"),
            ("_x_", "x"),
            ("m/w", "meters_per_week"),
        ] {
            assert_eq!(name(unit), expected, "{unit}");
        }
    }
}
