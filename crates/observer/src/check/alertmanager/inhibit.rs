//! Inhibition rules.

use super::matchers::{MATCHERS, OLD_EQUAL, OLD_REGEX};
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static RULE: Section = Section {
    keys: &[
        ("name", Kind::Scalar(scalars::text)),
        ("source_match", OLD_EQUAL),
        ("source_match_re", OLD_REGEX),
        ("source_matchers", MATCHERS),
        ("target_match", OLD_EQUAL),
        ("target_match_re", OLD_REGEX),
        ("target_matchers", MATCHERS),
        ("equal", Kind::List(&Kind::Scalar(scalars::label_name))),
        ("sources", Kind::Any),
    ],
    with: &[],
    check: no_check,
};
