//! Label sets as they come: names may be any UTF-8, in any order, each once.

use aio_types::{LabelsBuffer, LabelsRef, METRIC_NAME};

use crate::Error;
use crate::weight::Budget;

/// Memory for one label beside its text, which is checked before it is packed.
const LABEL_BYTES: usize = size_of::<RawPair<'_>>() + 32;

/// A name and a value, not known to be text yet.
pub(super) type RawPair<'a> = (&'a [u8], &'a [u8]);

/// Charges what a label set of `pairs` costs.
pub(super) fn charge(pairs: &[RawPair<'_>], budget: &mut Budget) -> Result<(), Error> {
    let costs = pairs.iter().map(|(name, value)| LABEL_BYTES.saturating_add(name.len()).saturating_add(value.len()));
    budget.take(costs.fold(0, usize::saturating_add))
}

/// The label set of a series, put together in `buffer`, or why it is none. Sorts the pairs.
pub(super) fn of_series<'b>(
    pairs: &mut Vec<RawPair<'_>>,
    buffer: &'b mut LabelsBuffer,
) -> Result<LabelsRef<'b>, String> {
    let labels = of(pairs, buffer)?;
    // Names that sort before this one are rare: it is found at once.
    if labels.metric_name().is_empty() {
        return Err(format!("label {METRIC_NAME:?} is missing"));
    }
    Ok(labels)
}

/// Any label set, or why it is none. Sorts the pairs.
pub(super) fn of<'b>(pairs: &mut Vec<RawPair<'_>>, buffer: &'b mut LabelsBuffer) -> Result<LabelsRef<'b>, String> {
    if !pairs.is_sorted_by(|a, b| is_behind(b.0, a.0)) {
        pairs.sort_unstable_by_key(|(name, _)| *name);
        if let Some(twice) = pairs.windows(2).find(|w| w[0].0 == w[1].0) {
            return Err(format!("label name {:?} occurs twice", String::from_utf8_lossy(twice[0].0)));
        }
    }
    if pairs.first().is_some_and(|(name, _)| name.is_empty()) {
        return Err("a label name is empty".to_owned());
    }
    if pairs.iter().any(|(_, value)| value.is_empty()) {
        pairs.retain(|(_, value)| !value.is_empty());
    }
    buffer.pack(pairs).ok_or_else(|| no_text(pairs))
}

/// Whether a name sorts behind another. Nearly always their first letters tell.
#[inline]
pub(super) fn is_behind(name: &[u8], other: &[u8]) -> bool {
    match (name.first(), other.first()) {
        (Some(a), Some(b)) if a != b => a > b,
        _ => name > other,
    }
}

#[inline]
pub(super) fn is_metric_name(name: &[u8]) -> bool {
    name == METRIC_NAME.as_bytes()
}

/// A field of less than 128 bytes, if it has this key, and what follows it.
#[inline]
pub(super) fn short_field(bytes: &[u8], key: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = bytes.split_first_chunk()?;
    if found != key || length >= 0x80 {
        return None;
    }
    rest.split_at_checked(length.into())
}

/// Which of them is no text.
fn no_text(pairs: &[RawPair<'_>]) -> String {
    for (name, value) in pairs {
        match std::str::from_utf8(name) {
            Err(_) => return "a label name is not UTF-8".to_owned(),
            Ok(name) if std::str::from_utf8(value).is_err() => {
                return format!("the value of label {name:?} is not UTF-8");
            }
            Ok(_) => {}
        }
    }
    "a label is not UTF-8".to_owned()
}

/// The labels that came, for an error text.
pub(super) fn shown(pairs: &[RawPair<'_>]) -> String {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let pairs: Vec<String> = pairs.iter().take(20).map(|(n, v)| format!("{}={:?}", lossy(n), lossy(v))).collect();
    format!("{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> Result<String, String> {
        let mut raw: Vec<RawPair<'_>> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        of_series(&mut raw, &mut LabelsBuffer::default()).map(|labels| labels.to_string())
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
            let why = of(&mut vec![pair], &mut LabelsBuffer::default()).expect_err("is no text");
            assert!(why.contains(reason), "{pair:?}: {why}");
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
