//! Single values: what each accepts, and the words it refuses with.

use std::net::SocketAddr;

use regex::Regex;

use crate::config::units;

type Checked = Result<(), String>;

pub(crate) fn text(_text: &str) -> Checked {
    Ok(())
}

pub(crate) fn boolean(text: &str) -> Checked {
    to_bool(text).map(|_| ()).ok_or_else(|| format!("{text:?} is not true or false"))
}

/// The spellings of YAML 1.1, which upstream reads.
pub(crate) fn to_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Some(false),
        _ => None,
    }
}

pub(crate) fn integer(text: &str) -> Checked {
    to_integer(text).map(|_| ()).ok_or_else(|| format!("{text:?} is not a whole number"))
}

pub(crate) fn to_integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.replace('_', "").parse().ok(),
    }
}

/// A count: whole and not negative.
pub(crate) fn count(text: &str) -> Checked {
    match to_integer(text) {
        Some(0..) => Ok(()),
        _ => Err(format!("{text:?} is not a whole number of at least 0")),
    }
}

pub(crate) fn float(text: &str) -> Checked {
    text.parse::<f64>().map(|_| ()).map_err(|_| format!("{text:?} is not a number"))
}

pub(crate) fn duration(text: &str) -> Checked {
    units::duration(text).map(|_| ())
}

pub(crate) fn positive_duration(text: &str) -> Checked {
    match units::duration(text)? {
        d if d.is_zero() => Err("must be longer than 0".to_owned()),
        _ => Ok(()),
    }
}

pub(crate) fn size(text: &str) -> Checked {
    units::bytes(text).map(|_| ())
}

/// `HOST:PORT` with a numeric host, or `off`.
pub(crate) fn address_or_off(text: &str) -> Checked {
    to_address(text).map(|_| ())
}

/// `None` is off. YAML 1.1 readers turn a bare `off` into false, so that is taken too. `:PORT` is every interface, as
/// upstream's flags have it.
pub(crate) fn to_address(text: &str) -> Result<Option<SocketAddr>, String> {
    if matches!(text, "off" | "false") {
        return Ok(None);
    }
    let full = match text.rsplit_once(':') {
        Some(("", port)) => format!("0.0.0.0:{port}"),
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        _ => text.to_owned(),
    };
    full.parse().map(Some).map_err(|_| format!("{text:?} is no HOST:PORT address with a numeric host, nor off"))
}

pub(crate) fn address(text: &str) -> Checked {
    match to_address(text)? {
        Some(_) => Ok(()),
        None => Err("cannot be off".to_owned()),
    }
}

pub(crate) fn url(text: &str) -> Checked {
    let fault = || format!("{text:?} is not a URL such as http://host:port/path");
    let uri: http::Uri = text.parse().map_err(|_| fault())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(()),
        _ => Err(fault()),
    }
}

/// RE2 as upstream compiles it: in Go's syntax, anchored, `.` takes a newline.
pub(crate) fn regex(text: &str) -> Checked {
    let fault = |why: &str| format!("{text:?} is not a regular expression: {why}");
    let translated = aio_types::pattern::translate(text).map_err(|error| fault(&error.to_string()))?;
    Regex::new(&format!("^(?s:{translated})$")).map(|_| ()).map_err(|error| {
        let why = error.to_string();
        fault(why.lines().last().unwrap_or_default().trim())
    })
}

/// Any text that is not empty names a label, as upstream has it since its version 3.
pub(crate) fn label_name(text: &str) -> Checked {
    if text.is_empty() { Err("a label name cannot be empty".to_owned()) } else { Ok(()) }
}

pub(crate) fn is_classic_label_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(crate) fn not_empty(text: &str) -> Checked {
    if text.is_empty() { Err("cannot be empty".to_owned()) } else { Ok(()) }
}

/// A path to rule files: `*` may stand in its last part only, as upstream has it.
pub(crate) fn glob(text: &str) -> Checked {
    let (folder, _file) = text.rsplit_once('/').unwrap_or(("", text));
    if folder.contains('*') || text.is_empty() { Err(format!("invalid rule file path {text:?}")) } else { Ok(()) }
}

/// One of a few words.
pub(crate) fn one_of(text: &str, words: &[&str]) -> Checked {
    if words.contains(&text) { Ok(()) } else { Err(format!("{text:?} is not one of {}", words.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_accept_and_refuse() {
        type Case = (fn(&str) -> Checked, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 9] = [
            (boolean, &["true", "off", "Yes"], &["", "1", "maybe"]),
            (integer, &["0", "-5", "0x10", "1_000"], &["", "1.5", "x"]),
            (count, &["0", "7"], &["-1", "x"]),
            (float, &["0.5", "1e3"], &["", "x"]),
            (duration, &["1h30m", "0"], &["5", "-1s", ""]),
            (address_or_off, &["off", "0.0.0.0:80", "[::1]:1", "localhost:80", ":80"], &["h:80", "80", "1.2.3.4:x"]),
            (url, &["http://h:1/p", "https://h"], &["h:1", "ftp://h", "http://", "http://bad host"]),
            (
                regex,
                &["a|b", "(.*)", r"\d+", "[*+]*", r"\*+", "a*?", "{job}", r"\Qa+\E", "[a&&b]"],
                &["(", "[a", "*a", "a**", r"\u0041", "a{1001}"],
            ),
            (size, &["20GB", "1MiB", "0"], &["20", "x", "1 parsec"]),
        ];
        for (accept, good, bad) in cases {
            good.iter().for_each(|text| assert_eq!(accept(text), Ok(()), "{text}"));
            bad.iter().for_each(|text| assert!(accept(text).is_err(), "{text}"));
        }
    }
}
