//! `alerting`.

use super::discovery::DISCOVERY;
use super::http_client::HTTP_CLIENT;
use super::relabel::RELABEL;
use crate::schema::{Kind, Section, any_key, no_check, scalars};

pub(in crate::config) static ALERTING: Section = Section {
    keys: &[("alert_relabel_configs", RELABEL), ("alertmanagers", Kind::List(&Kind::Section(&ALERTMANAGER)))],
    with: &[],
    check: no_check,
};

static ALERTMANAGER: Section = Section {
    keys: &[
        ("scheme", Kind::Scalar(scalars::text)),
        ("path_prefix", Kind::Scalar(scalars::text)),
        ("timeout", Kind::Scalar(scalars::duration)),
        ("api_version", Kind::Scalar(|text| scalars::one_of(text, &["v1", "v2"]))),
        ("relabel_configs", RELABEL),
        ("alert_relabel_configs", RELABEL),
        ("sigv4", Kind::Map(any_key, &Kind::Secret)),
    ],
    with: &[&HTTP_CLIENT, &DISCOVERY],
    check: no_check,
};
