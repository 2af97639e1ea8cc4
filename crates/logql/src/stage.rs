//! What single stages do to a line's labels.

pub(crate) mod filter;
pub(crate) mod json;
pub(crate) mod logfmt;

/// A key as a label name, or as a later part of one.
fn sanitize(key: &str, is_first: bool) -> String {
    let key = key.trim();
    let clean = key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' });
    let prefix = (is_first && key.starts_with(|c: char| c.is_ascii_digit())).then_some('_');
    prefix.into_iter().chain(clean).collect()
}
