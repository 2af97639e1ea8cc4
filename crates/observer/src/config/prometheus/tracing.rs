//! `tracing`: where Prometheus sends its own spans. Alertmanager has the same section.

use super::http_client::{TLS, header_name, required};
use crate::schema::{Kind, Section, scalars};

pub(crate) static TRACING: Section = Section {
    keys: &[
        ("client_type", Kind::Scalar(|text| scalars::one_of(text, &["http", "grpc"]))),
        ("endpoint", Kind::Scalar(scalars::text)),
        ("sampling_fraction", Kind::Scalar(scalars::float)),
        ("insecure", Kind::Scalar(scalars::boolean)),
        ("tls_config", Kind::Section(&TLS)),
        ("headers", Kind::Map(header_name, &Kind::Secret)),
        ("compression", Kind::Scalar(|text| scalars::one_of(text, &["", "gzip"]))),
        ("timeout", Kind::Scalar(scalars::duration)),
    ],
    with: &[],
    check: |node, faults| required(node, faults, "endpoint"),
};
