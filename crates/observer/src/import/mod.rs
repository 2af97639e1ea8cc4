//! Taking in what other products have stored.

mod bounds;
mod loki;
mod progress;
mod prometheus;

use std::process::ExitCode;

use crate::cli::{ImportFrom, ImportInto, ServeArgs};
use crate::config::{self, Settings};

/// Imports; fails where not all of what was wanted is in, and verified.
pub(crate) fn run(from: &ImportFrom) -> ExitCode {
    let imported = match from {
        ImportFrom::Prometheus(args) => prometheus::import(args),
        ImportFrom::Loki(args) => loki::import(args),
    };
    match imported {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn settings(into: &ImportInto) -> anyhow::Result<Settings> {
    let file = into.config.as_deref().map_or_else(|| Ok(config::File::empty()), config::File::load)?;
    let flags = ServeArgs { data_dir: into.data_dir.clone(), config: into.config.clone(), ..ServeArgs::default() };
    Settings::resolve(&file, &flags)
}
