//! SIGTERM and SIGINT stop, SIGHUP reloads.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The handlers.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Installs the handlers at once, so that a signal during recovery is not lost.
    pub(super) fn install() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM handler")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT handler")?,
            hang_up: signal(SignalKind::hangup()).context("SIGHUP handler")?,
        })
    }

    /// Waits for a signal to stop.
    pub(super) async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for a signal to stop; runs `reload` at each SIGHUP until then.
    pub(super) async fn stop_or(&mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => reload(),
            }
        }
    }
}
