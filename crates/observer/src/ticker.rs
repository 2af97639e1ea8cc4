//! Background work at a fixed pace: the one place where the binary waits on the runtime's timer.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A pace.
pub(crate) struct Ticks {
    interval: tokio::time::Interval,
    stop: CancellationToken,
}

impl Ticks {
    /// One tick at once, then one every `period` until `stop`; a late one delays the next.
    pub(crate) fn new(period: Duration, stop: CancellationToken) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the shell's timer")]
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { interval, stop }
    }

    /// Waits for the next tick; false when it is time to stop.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            _ = self.interval.tick() => true,
        }
    }
}

/// Runs `work` on the blocking pool every `period` until `stop`.
pub(crate) async fn every(period: Duration, stop: CancellationToken, work: impl Fn() + Send + Sync + Clone + 'static) {
    let mut ticks = Ticks::new(period, stop);
    while ticks.next().await {
        let work = work.clone();
        if let Err(error) = tokio::task::spawn_blocking(work).await {
            tracing::error!(%error, "background task failed");
        }
    }
}
