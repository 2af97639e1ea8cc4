//! Our sections that nothing serves yet: `alertmanager`, `auth`, `self_monitoring`. They are checked, so
//! that a file that passes today passes when they work.

use super::prometheus::required;
use super::tenants::tenant;
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static ALERTMANAGER: Section =
    Section { keys: &[("config_file", Kind::Scalar(scalars::text))], with: &[], check: no_check };

pub(super) static AUTH: Section = Section {
    keys: &[("users", Kind::List(&Kind::Section(&USER))), ("tokens", Kind::List(&Kind::Section(&TOKEN)))],
    with: &[],
    check: no_check,
};

static USER: Section = Section {
    keys: &[
        ("name", Kind::Scalar(scalars::not_empty)),
        ("password", Kind::Secret),
        ("role", Kind::Scalar(role)),
        ("tenant", Kind::Scalar(tenant)),
    ],
    with: &[],
    check: |node, faults| {
        required(node, faults, "name");
        required(node, faults, "password");
    },
};

static TOKEN: Section = Section {
    keys: &[("token", Kind::Secret), ("role", Kind::Scalar(role)), ("tenant", Kind::Scalar(tenant))],
    with: &[],
    check: |node, faults| required(node, faults, "token"),
};

pub(super) static SELF_MONITORING: Section = Section {
    keys: &[
        ("enabled", Kind::Scalar(scalars::boolean)),
        ("interval", Kind::Scalar(scalars::positive_duration)),
        ("tenant", Kind::Scalar(tenant)),
    ],
    with: &[],
    check: no_check,
};

fn role(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["viewer", "editor", "admin"])
}
