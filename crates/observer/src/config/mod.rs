//! The configuration file: a superset of `prometheus.yml`, one module a section. Unknown keys are errors that name
//! key, file and line.

mod changes;
mod file;
mod limits;
mod logs;
mod logs_limits;
mod metrics;
mod otlp;
mod planned;
pub(crate) mod prometheus;
mod reader;
pub(crate) mod secrets;
mod server;
mod settings;
mod shown;
mod storage;
mod tenants;
#[cfg(test)]
mod tests;
mod traces;
pub(crate) mod units;

pub(crate) use self::changes::{Changes, changes};
pub(crate) use self::file::{File, faults_of};
pub(crate) use self::logs::Logs;
pub(crate) use self::settings::Settings;
pub(crate) use self::storage::Fsync;
