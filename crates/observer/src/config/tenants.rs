//! `tenants`: what some tenants have of their own, over what is set for all.

use std::collections::BTreeMap;

use aio_types::TenantId;

use super::limits::LIMITS;
use super::logs::{self, Logs};
use super::metrics::RETENTION;
use super::reader::Reader;
use crate::schema::{Kind, Section, no_check};
use crate::yaml::Node;

/// Overrides of one tenant.
pub(super) static TENANT: Section = Section {
    keys: &[
        ("metrics", Kind::Section(&SIGNAL)),
        ("logs", Kind::Section(&logs::OF_TENANTS)),
        ("traces", Kind::Section(&SIGNAL)),
        ("limits", Kind::Section(&LIMITS)),
    ],
    with: &[],
    check: no_check,
};

static SIGNAL: Section = Section { keys: &[("retention", Kind::Section(&RETENTION))], with: &[], check: no_check };

/// What does nothing yet for a tenant.
const INACTIVE: [&str; 3] = ["metrics", "traces", "limits"];

pub(super) fn tenant(text: &str) -> Result<(), String> {
    TenantId::new(text).map(|_| ()).map_err(|error| error.to_string())
}

/// What of the logs signal some tenants have of their own.
pub(super) fn logs(tenants: Option<&Node>, common: &Logs) -> BTreeMap<TenantId, Logs> {
    let entries = tenants.map_or(&[][..], Node::entries).iter();
    let own = entries.filter_map(|entry| Some((TenantId::new(&entry.key).ok()?, entry.node.get("logs")?)));
    own.map(|(tenant, node)| (tenant, Logs::read(Reader(Some(node)), common))).collect()
}

/// The given keys that do nothing yet.
pub(super) fn inactive(tenants: &Node) -> impl Iterator<Item = String> {
    let keys = |key: &'static str| move |entry: &crate::yaml::Entry| entry.node.get(key).is_some_and(|n| !n.is_null());
    INACTIVE
        .into_iter()
        .filter(move |key| tenants.entries().iter().any(keys(key)))
        .map(|key| format!("tenants: {key} of single tenants"))
}
