//! Doors for hostile text; for the fuzz targets only.

use crate::form;
use crate::params::{parse_duration_ms, parse_time};

/// A time or a duration as a parameter.
pub fn params(text: &str) {
    let _any_answer_will_do = (parse_time(text), parse_duration_ms(text));
    let _any_answer_will_do = crate::loki::params::parse_time(text);
}

/// A form, of either kind.
pub fn form(bytes: &[u8]) {
    let decoded = form::Form::decode(bytes);
    assert!(decoded.pairs.len() <= bytes.len());
    let parts = form::multipart(bytes, "x").unwrap_or_default();
    assert!(parts.iter().all(|(name, value)| name.len() + value.len() <= 3 * bytes.len()));
}
