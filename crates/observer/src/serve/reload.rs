//! Reloading the configuration: all or nothing. A file that does not pass changes nothing.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aio_api::{Readiness, ReloadAnswer};
use aio_ingest::{Ingest, Stores};
use aio_types::{Labels, TimestampMs};

use super::{about, login, report_inactive, stores};
use crate::cli::ServeArgs;
use crate::config::{Changes, File, Logs, Settings, changes};

/// How long clients that follow logs may take to hear that the server stops.
const GOODBYE_MAX: Duration = Duration::from_secs(6);

/// Holds what runs, and replaces it.
pub(super) struct Reloader {
    /// As the process was started: what only a start reads.
    started: Settings,
    started_at: TimestampMs,
    args: ServeArgs,
    readiness: Readiness,
    state: Mutex<State>,
}

/// Guarded together, so that two reloads follow each other.
struct State {
    current: Settings,
    reading: Reading,
    /// Whether the file was good when it was last asked for.
    last_is_good: bool,
    /// `None` until recovery is done.
    live: Option<(Stores, Arc<Ingest>)>,
}

/// What else a file says, and when it was read.
struct Reading {
    shown: String,
    external_labels: Labels,
    at: TimestampMs,
}

impl Reading {
    fn of(file: &File) -> Self {
        Self { shown: file.shown(), external_labels: file.external_labels(), at: about::now() }
    }
}

impl Reloader {
    pub(super) fn new(file: &File, settings: Settings, args: ServeArgs, readiness: Readiness) -> Self {
        let reading = Reading::of(file);
        let started_at = reading.at;
        let state = Mutex::new(State { current: settings.clone(), reading, last_is_good: true, live: None });
        Self { started: settings, started_at, args, readiness, state }
    }

    pub(super) fn started_at(&self) -> TimestampMs {
        self.started_at
    }

    pub(super) fn config_path(&self) -> Option<&Path> {
        self.args.config.as_deref()
    }

    /// The settings in force.
    pub(super) fn settings(&self) -> Settings {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// The file in force, without its secrets.
    pub(super) fn shown(&self) -> String {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).reading.shown.clone()
    }

    /// When the file in force was read, and whether it is the newest one there was.
    pub(super) fn last_reading(&self) -> (TimestampMs, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.reading.at, state.last_is_good)
    }

    /// Opens the gate over the recovered stores, with the settings of now.
    pub(super) fn open(&self, stores: &Stores) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.live = Some((stores.clone(), stores::ingest(&self.started, stores)));
        self.apply(&state);
    }

    /// Ends what would go on for as long as clients like.
    pub(super) async fn stop_following(&self) {
        let live = self.state.lock().unwrap_or_else(PoisonError::into_inner).live.clone();
        if let Some((_, ingest)) = live
            && tokio::time::timeout(GOODBYE_MAX, ingest.stop_tails()).await.is_err()
        {
            tracing::warn!("clients that follow logs took nothing; they are cut off");
        }
    }

    /// Reads the file again and puts it into effect.
    ///
    /// # Errors
    /// The faults of the file; nothing has changed then.
    fn reload(&self) -> Result<Changes, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last_is_good = false;
        let file = match &self.args.config {
            Some(path) => File::load(path).map_err(|error| error.to_string())?,
            None => File::empty(),
        };
        let wanted = Settings::resolve(&file, &self.args).map_err(|error| format!("{error:#}"))?;
        // Where it listens is as it was started.
        login::check(&file, &self.started, self.args.no_auth).map_err(|error| error.to_string())?;
        let changes = changes(&self.started, &state.current, &wanted);
        report_inactive(&file);
        (state.current, state.reading, state.last_is_good) = (wanted, Reading::of(&file), true);
        self.apply(&state);
        Ok(changes)
    }

    fn apply(&self, state: &State) {
        let Some((stores, ingest)) = &state.live else { return };
        stores.metrics.set_retention(state.current.metrics.retention.time);
        stores.metrics.set_retention_bytes(state.current.metrics.retention.size_bytes as u64);
        stores.logs.set_retention(state.current.logs_per_tenant(Logs::kept));
        ingest.set_logs_limits(state.current.logs_per_tenant(Logs::writes));
        stores.traces.set_retention(state.current.traces.kept());
        let labels = state.reading.external_labels.clone();
        self.readiness.open(stores::core(&state.current, labels, stores, Arc::clone(ingest)));
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
