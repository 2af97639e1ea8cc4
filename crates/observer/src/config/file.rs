//! One configuration file: read, parsed, checked.

use std::path::{Path, PathBuf};

use super::prometheus::{
    ALERTING, GLOBAL, OTLP, REMOTE_READ, REMOTE_WRITE, RUNTIME, SCRAPE_CONFIG, TRACING, check_jobs, check_otlp_names,
    unique_names,
};
use super::{limits, logs, metrics, planned, server, storage, tenants, traces};
use crate::schema::{Fault, Faults, Kind, Section, TEXTS, scalars, walk};
use crate::yaml::{Node, Value, documents};

/// Everything a configuration file may hold.
pub(super) static ROOT: Section = Section {
    keys: &[
        ("server", Kind::Section(&server::SERVER)),
        ("storage", Kind::Section(&storage::STORAGE)),
        ("metrics", Kind::Section(&metrics::METRICS)),
        ("logs", Kind::Section(&logs::LOGS)),
        ("traces", Kind::Section(&traces::TRACES)),
        ("alertmanager", Kind::Section(&planned::ALERTMANAGER)),
        ("auth", Kind::Section(&planned::AUTH)),
        ("limits", Kind::Section(&limits::LIMITS)),
        ("tenants", Kind::Map(tenants::tenant, &Kind::Section(&tenants::TENANT))),
        ("self_monitoring", Kind::Section(&planned::SELF_MONITORING)),
        ("global", Kind::Section(&GLOBAL)),
        ("runtime", Kind::Section(&RUNTIME)),
        ("scrape_configs", Kind::List(&Kind::Section(&SCRAPE_CONFIG))),
        ("scrape_config_files", TEXTS),
        ("rule_files", Kind::List(&Kind::Scalar(scalars::glob))),
        ("alerting", Kind::Section(&ALERTING)),
        ("remote_write", Kind::List(&Kind::Section(&REMOTE_WRITE))),
        ("remote_read", Kind::List(&Kind::Section(&REMOTE_READ))),
        ("otlp", Kind::Section(&OTLP)),
        ("tracing", Kind::Section(&TRACING)),
    ],
    with: &[],
    check: |root, faults| {
        check_jobs(root, faults);
        unique_names(root, "remote_write", faults);
        unique_names(root, "remote_read", faults);
        check_otlp_names(root, faults);
    },
};

/// What does nothing yet where it is given.
const INACTIVE: [&str; 17] = [
    "global",
    "runtime",
    "scrape_configs",
    "scrape_config_files",
    "rule_files",
    "alerting",
    "remote_write",
    "remote_read",
    "tracing",
    "storage.tsdb",
    "storage.exemplars",
    "logs.rule_files",
    "server.alertmanager",
    "alertmanager",
    "auth",
    "limits.memory",
    "self_monitoring",
];

/// A file that passed its checks.
#[derive(Debug)]
pub(crate) struct File {
    pub(super) root: Node,
}

/// Why a file was not taken. Reads as one line `FILE:LINE: what` for each fault.
#[derive(Debug)]
pub(crate) struct Invalid {
    path: PathBuf,
    faults: Vec<Fault>,
}

impl std::error::Error for Invalid {}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{}: {}", self.path.display(), fault.line, fault.what)?;
        }
        Ok(())
    }
}

impl File {
    /// A file without content.
    pub(crate) fn empty() -> Self {
        Self { root: Node::empty() }
    }

    /// Reads and checks one file.
    pub(crate) fn load(path: &Path) -> Result<Self, Invalid> {
        let invalid = |faults| Invalid { path: path.to_owned(), faults };
        let text = std::fs::read_to_string(path).map_err(|error| invalid(vec![Fault::new(1, error.to_string())]))?;
        Self::parse(&text).map_err(invalid)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut documents = documents(text).map_err(|fault| vec![fault])?;
        if let Some(second) = documents.get(1) {
            return Err(vec![Fault::new(second.line, "a configuration file holds one document")]);
        }
        let root = documents.remove(0);
        match faults_of(&root) {
            faults if faults.is_empty() => Ok(Self { root }),
            faults => Err(faults),
        }
    }

    /// The file as it may be shown to whoever asks: without its secrets.
    pub(crate) fn shown(&self) -> String {
        super::shown::shown(&self.root)
    }

    /// Labels that mark everything that leaves this process for another.
    pub(crate) fn external_labels(&self) -> aio_types::Labels {
        let entries = self.root.at("global.external_labels").map_or(&[][..], Node::entries);
        aio_types::Labels::from_pairs(entries.iter().filter_map(|e| Some((e.key.as_str(), e.node.text()?))))
    }

    /// The given sections and keys that do nothing yet.
    pub(crate) fn inactive(&self) -> Vec<String> {
        let asked = INACTIVE.into_iter().filter(|path| self.root.at(path).is_some_and(asks_for_something));
        let of_tenants = self.root.get("tenants").into_iter().flat_map(tenants::inactive);
        asked.map(str::to_owned).chain(of_tenants).collect()
    }
}

/// `off` and empty collections ask for what is the case anyway.
fn asks_for_something(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar { text, .. } => !matches!(text.as_str(), "" | "off" | "false"),
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
    }
}

/// Everything wrong with a configuration.
pub(crate) fn faults_of(root: &Node) -> Vec<Fault> {
    let mut faults = Faults::default();
    walk(&Kind::Section(&ROOT), root, &mut faults);
    faults.into_sorted()
}
