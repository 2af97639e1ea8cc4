//! What single stages do to a line's labels.

pub(crate) mod filter;
pub(crate) mod json;
pub(crate) mod logfmt;
