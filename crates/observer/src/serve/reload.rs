//! Reloading the configuration: all or nothing. A file that does not pass changes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use aio_api::{Readiness, ReloadAnswer};
use aio_ingest::{Ingest, Stores};

use super::{report_inactive, stores};
use crate::cli::ServeArgs;
use crate::config::{Changes, File, Settings, changes};

/// Holds what runs, and replaces it.
pub(super) struct Reloader {
    /// As the process was started: what only a start reads.
    started: Settings,
    args: ServeArgs,
    readiness: Readiness,
    state: Mutex<State>,
}

/// Guarded together, so that two reloads follow each other.
struct State {
    current: Settings,
    /// `None` until recovery is done.
    live: Option<(Stores, Arc<Ingest>)>,
}

impl Reloader {
    pub(super) fn new(settings: Settings, args: ServeArgs, readiness: Readiness) -> Self {
        let state = Mutex::new(State { current: settings.clone(), live: None });
        Self { started: settings, args, readiness, state }
    }

    /// Opens the gate over the recovered stores, with the settings of now.
    pub(super) fn open(&self, stores: &Stores) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.live = Some((stores.clone(), stores::ingest(&self.started, stores)));
        self.apply(&state);
    }

    /// Reads the file again and puts it into effect.
    ///
    /// # Errors
    /// The faults of the file; nothing has changed then.
    fn reload(&self) -> Result<Changes, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &self.args.config {
            Some(path) => File::load(path).map_err(|error| error.to_string())?,
            None => File::empty(),
        };
        let wanted = Settings::resolve(&file, &self.args).map_err(|error| format!("{error:#}"))?;
        let changes = changes(&self.started, &state.current, &wanted);
        report_inactive(&file);
        state.current = wanted;
        self.apply(&state);
        Ok(changes)
    }

    fn apply(&self, state: &State) {
        let Some((stores, ingest)) = &state.live else { return };
        stores.metrics.set_retention(state.current.metrics.retention.time);
        stores.metrics.set_retention_bytes(state.current.metrics.retention.size_bytes as u64);
        stores.logs.set_retention(state.current.logs.retention.time);
        stores.traces.set_retention(state.current.traces.retention.time);
        self.readiness.open(stores::core(&state.current, stores, Arc::clone(ingest)));
    }

    /// For SIGHUP, which has no answer but the log.
    pub(super) fn reload_and_log(&self) -> Result<Changes, String> {
        let result = self.reload();
        match &result {
            Ok(changes) if changes.restart.is_empty() => {
                tracing::info!(changed = ?changes.now, "configuration reloaded")
            }
            Ok(changes) => tracing::warn!(changed = ?changes.now, restart = ?changes.restart,
                "configuration reloaded; some of it needs a restart"),
            Err(error) => tracing::error!(error, "configuration not reloaded, the old one stays"),
        }
        result
    }

    /// For `POST /-/reload`.
    pub(super) fn answer(self: Arc<Self>) -> ReloadAnswer {
        Box::pin(async move {
            let reloaded = tokio::task::spawn_blocking(move || self.reload_and_log());
            let changes = reloaded.await.map_err(|error| error.to_string())??;
            Ok(changes.to_string())
        })
    }
}
