//! Values one after the other, written short: `1+2x3` for `1 3 5 7`.

use std::sync::Arc;

use aio_series::histogram::notation;
use aio_types::stale_nan;

use super::{Described, Error, duration_ms};

/// So many values a line may stand for.
const VALUES_MAX: usize = 1_000_000;

pub(super) fn values(text: &str) -> Result<Vec<Described>, Error> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with("{{") {
            let (histograms, after) = notation::parse_sequence(rest).map_err(|e| Error::new(rest, e.to_string()))?;
            out.extend(histograms.into_iter().map(|d| Described::Histogram(Arc::new(d.histogram), d.hint_given)));
            rest = after.trim_start();
        } else {
            let (token, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
            floats(token, &mut out).ok_or_else(|| Error::new(token, "no value"))?;
            rest = after.trim_start();
        }
        if out.len() > VALUES_MAX {
            return Err(Error::new("", "too many values"));
        }
    }
    Ok(out)
}

fn repeats(text: &str) -> Option<usize> {
    text.parse().ok().filter(|n| *n <= VALUES_MAX)
}

fn floats(token: &str, out: &mut Vec<Described>) -> Option<()> {
    if let Some(omitted) = omitted(token) {
        out.extend(vec![Described::Omitted; omitted?]);
        return Some(());
    }
    let Some((start, times)) = token.rsplit_once('x') else {
        out.push(Described::Float(number(token)?));
        return Some(());
    };
    let times = repeats(times)?;
    let (first, change) = match number(start) {
        Some(first) => (first, None),
        None => split(start)?,
    };
    let mut v = first;
    for _ in 0..=times {
        out.push(Described::Float(v));
        v = change.map_or(v, |change| v + change);
    }
    Some(())
}

/// How many values `_` or `_x3` leave out, if it is that.
fn omitted(token: &str) -> Option<Option<usize>> {
    match token.strip_prefix('_')? {
        "" => Some(Some(1)),
        times => Some(times.strip_prefix('x').and_then(repeats)),
    }
}

/// `a+b`, `a-b` or `a+-b` as a and the change.
fn split(text: &str) -> Option<(f64, Option<f64>)> {
    let sign_at = |i: &usize| text.is_char_boundary(*i) && matches!(text.as_bytes()[*i], b'+' | b'-');
    (1..text.len()).filter(sign_at).find_map(|at| {
        let (first, change) = (number(&text[..at])?, text[at + 1..].parse::<f64>().ok()?);
        Some((first, Some(if text.as_bytes()[at] == b'-' { -change } else { change })))
    })
}

fn number(text: &str) -> Option<f64> {
    match text {
        "stale" => Some(stale_nan()),
        _ => text.parse().ok(),
    }
}

/// As values are written, but durations.
pub(super) fn offsets(text: &str) -> Result<Vec<Option<i64>>, Error> {
    let mut out = Vec::new();
    for token in text.split_whitespace() {
        offset(token, &mut out).ok_or_else(|| Error::new(token, "no offset"))?;
        if out.len() > VALUES_MAX {
            return Err(Error::new(token, "too many offsets"));
        }
    }
    Ok(out)
}

fn offset(token: &str, out: &mut Vec<Option<i64>>) -> Option<()> {
    if let Some(omitted) = omitted(token) {
        out.extend(vec![None; omitted?]);
        return Some(());
    }
    let Some((start, times)) = token.rsplit_once('x') else {
        out.push(Some(duration_ms(token)?));
        return Some(());
    };
    let times = repeats(times)?;
    let sign = start.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
    let (mut offset, change) = match sign {
        None => (duration_ms(start)?, 0),
        Some((at, sign)) => {
            let change = duration_ms(&start[at + 1..])?;
            (duration_ms(&start[..at])?, if sign == '-' { -change } else { change })
        }
    };
    for _ in 0..=times {
        out.push(Some(offset));
        offset += change;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |d: &Described| match d {
            Described::Omitted => "_".to_owned(),
            Described::Float(v) => v.to_string(),
            Described::Histogram(h, hint) => format!("h{}{hint}", h.count),
        };
        values(text).map_or_else(|e| e.to_string(), |all| all.iter().map(show).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn short_forms_expand() {
        for (text, expected) in [
            ("1 -1.5e3 Inf NaN", "1 -1500 inf NaN"),
            ("_ _x2 3x1", "_ _ _ 3 3"),
            ("1+2x2 1-2x1 1+-2x1", "1 3 5 1 -1 1 -1"),
            ("0x10", "0 0 0 0 0 0 0 0 0 0 0"),
            ("1e-3+1x1", "0.001 1.001"),
            ("{{count:3}}x1 7", "h3false h3false 7"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert!(values("1y").is_err() && values("1x99999999").is_err());
    }

    #[test]
    fn offsets_are_durations() {
        let got = offsets("_ -30s-1mx1 0s_").map_err(|_| ());
        assert!(got.is_err());
        assert_eq!(offsets("_ -30s-1mx1 0"), Ok(vec![None, Some(-30_000), Some(-90_000), Some(0)]));
    }
}
