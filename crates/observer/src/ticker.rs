//! Background work at a fixed pace: the one place where the binary waits on the runtime's timer.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Runs `work` on the blocking pool every `period` until `stop`; a run that is late delays the next one.
pub(crate) async fn every(period: Duration, stop: CancellationToken, work: impl Fn() + Send + Sync + Clone + 'static) {
    #[expect(clippy::disallowed_methods, reason = "the shell's timer")]
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let work = work.clone();
        if let Err(error) = tokio::task::spawn_blocking(work).await {
            tracing::error!(%error, "background task failed");
        }
    }
}
