//! What `prometheus.yml` has below `storage`.

use crate::schema::{Kind, Section, no_check, scalars};

pub(in crate::config) static TSDB: Section = Section {
    keys: &[
        ("out_of_order_time_window", Kind::Scalar(scalars::duration)),
        ("stale_series_compaction_threshold", Kind::Scalar(scalars::float)),
        ("retention", Kind::Section(&RETENTION)),
    ],
    with: &[],
    check: no_check,
};

static RETENTION: Section = Section {
    keys: &[
        ("time", Kind::Scalar(scalars::duration)),
        ("size", Kind::Scalar(scalars::size)),
        ("percentage", Kind::Scalar(scalars::float)),
    ],
    with: &[],
    check: no_check,
};

pub(in crate::config) static EXEMPLARS: Section =
    Section { keys: &[("max_exemplars", Kind::Scalar(scalars::integer))], with: &[], check: no_check };
