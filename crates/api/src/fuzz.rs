//! Doors for hostile text; for the fuzz targets only.

use crate::params::{parse_duration_ms, parse_time};

/// A time or a duration as a parameter.
pub fn params(text: &str) {
    let _any_answer_will_do = (parse_time(text), parse_duration_ms(text));
    let _any_answer_will_do = crate::loki::params::parse_time(text);
}
