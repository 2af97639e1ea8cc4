//! Label sets as they come: names may be any UTF-8, in any order, each once.

use aio_types::{Labels, METRIC_NAME};

use crate::Error;
use crate::weight::Budget;

/// Memory for one label beside its text, which is checked before it is packed.
const LABEL_BYTES: usize = size_of::<(&str, &str)>() + 32;

/// A name and a value, not known to be text yet.
pub(super) type RawPair<'a> = (&'a [u8], &'a [u8]);

/// Charges what a label set of `pairs` costs.
pub(super) fn charge(pairs: &[RawPair<'_>], budget: &mut Budget) -> Result<(), Error> {
    pairs.iter().try_for_each(|(name, value)| budget.take(LABEL_BYTES + name.len() + value.len()))
}

/// The label set of a series, or why it is none.
pub(super) fn of_series(pairs: &[RawPair<'_>]) -> Result<Labels, String> {
    let labels = of(pairs)?;
    if labels.metric_name().is_empty() {
        return Err(format!("label {METRIC_NAME:?} is missing"));
    }
    Ok(labels)
}

/// Any label set, or why it is none.
pub(super) fn of(pairs: &[RawPair<'_>]) -> Result<Labels, String> {
    let mut checked = Vec::with_capacity(pairs.len());
    for pair in pairs {
        checked.push(text(pair)?);
    }
    if !checked.is_sorted_by(|a, b| a.0 < b.0) {
        checked.sort_unstable_by_key(|(name, _)| *name);
        if let Some(twice) = checked.windows(2).find(|w| w[0].0 == w[1].0) {
            return Err(format!("label name {:?} occurs twice", twice[0].0));
        }
    }
    checked.retain(|(_, value)| !value.is_empty());
    Ok(Labels::from_sorted(checked.iter().copied()))
}

fn text<'a>((name, value): &RawPair<'a>) -> Result<(&'a str, &'a str), String> {
    let name = std::str::from_utf8(name).map_err(|_| "a label name is not UTF-8".to_owned())?;
    if name.is_empty() {
        return Err("a label name is empty".to_owned());
    }
    let value = std::str::from_utf8(value).map_err(|_| format!("the value of label {name:?} is not UTF-8"))?;
    Ok((name, value))
}

/// The labels as they came, for an error text.
pub(super) fn shown(pairs: &[RawPair<'_>]) -> String {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let pairs: Vec<String> = pairs.iter().take(20).map(|(n, v)| format!("{}={:?}", lossy(n), lossy(v))).collect();
    format!("{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> Result<String, String> {
        let raw: Vec<RawPair<'_>> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        of_series(&raw).map(|labels| labels.to_string())
    }

    #[test]
    fn labels_may_come_unsorted_and_empty_values_are_no_labels() {
        let got = check(&[("z", "1"), ("b", ""), ("__name__", "up"), ("größe", "2")]);
        assert_eq!(got, Ok(r#"{__name__="up", größe="2", z="1"}"#.to_owned()));
    }

    #[test]
    fn what_is_no_label_set_is_named() {
        for (pairs, reason) in [
            (&[("a", "b")][..], "missing"),
            (&[("__name__", "")], "missing"),
            (&[("__name__", "up"), ("", "x")], "empty"),
            (&[("__name__", "up"), ("a", "1"), ("a", "1")], "\"a\" occurs twice"),
        ] {
            assert!(check(pairs).is_err_and(|why| why.contains(reason)), "{pairs:?}");
        }
        for (pair, reason) in [((&b"\xff"[..], &b"a"[..]), "name is not UTF-8"), ((b"a", b"\xff"), "value of label")] {
            assert!(of(&[pair]).is_err_and(|why| why.contains(reason)), "{pair:?}");
            assert!(shown(&[pair]).contains('\u{fffd}'));
        }
    }

    #[test]
    fn an_error_text_is_short_whatever_came() {
        let long = vec![b'x'; 10_000];
        let pairs: Vec<RawPair<'_>> = (0..1000).map(|_| (long.as_slice(), long.as_slice())).collect();
        assert!(shown(&pairs).len() < 10_000);
    }
}
