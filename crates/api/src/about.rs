//! What the process knows of itself: the binary tells, the status routes show.

use std::collections::BTreeMap;

use aio_types::TimestampMs;

/// What is asked of the binary.
pub trait About: Send + Sync {
    /// The configuration in force, as YAML, secrets as `<secret>`.
    fn config_yaml(&self) -> String;

    /// Settings in force under the names of their flags or keys.
    fn flags(&self) -> BTreeMap<String, String>;

    /// How it runs.
    fn runtime(&self) -> Runtime;
}

/// How the process runs.
#[derive(Debug, Clone, Default)]
pub struct Runtime {
    /// Now, by the process' clock.
    pub now: TimestampMs,
    /// Since when.
    pub started: TimestampMs,
    /// The folder it was started in.
    pub working_directory: String,
    /// The machine's name.
    pub hostname: String,
    /// Whether the last reading of the configuration succeeded.
    pub config_is_good: bool,
    /// When the configuration was last read with success.
    pub config_read: TimestampMs,
    /// How long and how much metrics are kept.
    pub retention: String,
    /// Threads that serve.
    pub threads: usize,
    /// What of its own log it writes.
    pub log_level: String,
}
