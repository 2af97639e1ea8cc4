//! Keys of lines as names of labels.

use std::borrow::Cow;

/// A key as a label's name: what is no letter, digit or `_` of ASCII becomes `_`, and so does what would stand in front
/// of a leading digit. Blank keys are empty.
pub(super) fn sanitize(key: &str) -> Cow<'_, str> {
    if is_valid(key) {
        return Cow::Borrowed(key);
    }
    let trimmed = key.trim();
    let starts_well = !trimmed.starts_with(|c: char| c.is_ascii_digit());
    if starts_well && trimmed.bytes().all(is_plain) {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len() + 1);
    append(&mut out, trimmed);
    Cow::Owned(out)
}

/// A key behind others.
pub(super) fn append(out: &mut String, key: &str) {
    let key = key.trim();
    if out.is_empty() && key.starts_with(|c: char| c.is_ascii_digit()) {
        out.push('_');
    }
    out.extend(key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
}

fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Whether a text may be a label's name.
pub(super) fn is_valid(name: &str) -> bool {
    name.as_bytes().first().is_some_and(|b| !b.is_ascii_digit()) && name.bytes().all(is_plain)
}

/// What stands for broken bytes becomes a space.
pub(super) fn without_replacements(text: &str) -> Cow<'_, str> {
    // The first byte of it, which is rare.
    let may_have = memchr::memchr(0xef, text.as_bytes()).is_some();
    if may_have && text.contains('\u{fffd}') { Cow::Owned(text.replace('\u{fffd}', " ")) } else { Cow::Borrowed(text) }
}
