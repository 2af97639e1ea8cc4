//! `remote_write` and `remote_read`.

use std::collections::BTreeSet;

use super::http_client::{HTTP_CLIENT, at_most_one, header_name, required};
use super::relabel::RELABEL;
use crate::schema::{Faults, Kind, Section, any_key, no_check, scalars};
use crate::yaml::Node;

pub(in crate::config) static REMOTE_WRITE: Section = Section {
    keys: &[
        ("url", Kind::Scalar(scalars::url)),
        ("remote_timeout", Kind::Scalar(scalars::duration)),
        ("headers", Kind::Map(header_name, &Kind::Secret)),
        ("write_relabel_configs", RELABEL),
        ("name", Kind::Scalar(scalars::text)),
        ("send_exemplars", Kind::Scalar(scalars::boolean)),
        ("send_native_histograms", Kind::Scalar(scalars::boolean)),
        ("round_robin_dns", Kind::Scalar(scalars::boolean)),
        ("protobuf_message", Kind::Scalar(message)),
        ("queue_config", Kind::Section(&QUEUE)),
        ("metadata_config", Kind::Section(&METADATA)),
        ("sigv4", Kind::Map(any_key, &Kind::Secret)),
        ("azuread", Kind::Map(any_key, &Kind::Any)),
        ("google_iam", Kind::Map(any_key, &Kind::Any)),
    ],
    with: &[&HTTP_CLIENT],
    check: |node, faults| {
        required(node, faults, "url");
        at_most_one(node, faults, &["sigv4", "azuread", "google_iam", "basic_auth", "authorization", "oauth2"]);
    },
};

pub(in crate::config) static REMOTE_READ: Section = Section {
    keys: &[
        ("url", Kind::Scalar(scalars::url)),
        ("remote_timeout", Kind::Scalar(scalars::duration)),
        ("chunked_read_limit", Kind::Scalar(scalars::count)),
        ("headers", Kind::Map(header_name, &Kind::Secret)),
        ("name", Kind::Scalar(scalars::text)),
        ("read_recent", Kind::Scalar(scalars::boolean)),
        ("required_matchers", Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text))),
        ("filter_external_labels", Kind::Scalar(scalars::boolean)),
    ],
    with: &[&HTTP_CLIENT],
    check: |node, faults| required(node, faults, "url"),
};

static QUEUE: Section = Section {
    keys: &[
        ("capacity", Kind::Scalar(scalars::count)),
        ("max_shards", Kind::Scalar(scalars::count)),
        ("min_shards", Kind::Scalar(scalars::count)),
        ("max_samples_per_send", Kind::Scalar(scalars::count)),
        ("batch_send_deadline", Kind::Scalar(scalars::duration)),
        ("min_backoff", Kind::Scalar(scalars::duration)),
        ("max_backoff", Kind::Scalar(scalars::duration)),
        ("retry_on_http_429", Kind::Scalar(scalars::boolean)),
        ("sample_age_limit", Kind::Scalar(scalars::duration)),
    ],
    with: &[],
    check: no_check,
};

static METADATA: Section = Section {
    keys: &[
        ("send", Kind::Scalar(scalars::boolean)),
        ("send_interval", Kind::Scalar(scalars::duration)),
        ("max_samples_per_send", Kind::Scalar(scalars::count)),
    ],
    with: &[],
    check: no_check,
};

fn message(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["prometheus.WriteRequest", "io.prometheus.write.v2.Request"])
}

/// Names, where given, are unique.
pub(in crate::config) fn unique_names(root: &Node, section: &str, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for item in root.get(section).map(Node::items).unwrap_or_default() {
        if item.is_null() {
            faults.add(item.line, format!("`{section}`: empty or null item"));
        }
        if let Some(name) = item.text_of("name")
            && !seen.insert(name)
        {
            faults.add(item.line_of("name"), format!("`{section}`: the name {name:?} is given twice"));
        }
    }
}
