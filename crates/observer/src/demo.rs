//! Runs the demo shop against a receiver: our own (`--demo`) or any other (`demo --endpoint`).

use std::time::Duration;

use aio_demo::{Sender, Shop};
use aio_kit::clock::{Clock, SystemClock};
use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::ticker::Ticks;

const PERIOD: Duration = Duration::from_secs(1);
/// The past is told in pieces of this length.
const PIECE_NS: u64 = 30_000_000_000;

fn now_ns() -> u64 {
    u64::try_from(SystemClock.now_ms()).unwrap_or(0).saturating_mul(1_000_000)
}

/// The generator alone, until interrupted.
pub(crate) fn alone(endpoint: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let sender = Sender::new(endpoint)?;
        tokio::select! {
            () = run(sender, Duration::ZERO, stop) => {}
            signal = tokio::signal::ctrl_c() => signal.context("SIGINT handler")?,
        }
        Ok(())
    })
}

/// Sends the shop's telemetry, first that of its `past`, until `stop`. What a receiver refuses is lost, and said so.
pub(crate) async fn run(mut sender: Sender, past: Duration, stop: CancellationToken) {
    let past_ns = u64::try_from(past.as_nanos()).unwrap_or(0);
    let mut told = now_ns().saturating_sub(past_ns);
    // The seed differs from start to start: trace ids must not come back.
    let mut shop = Shop::new(now_ns(), told);
    while told + PIECE_NS < now_ns() && !stop.is_cancelled() {
        told += PIECE_NS;
        send(&mut sender, shop.advance(told), &stop).await;
    }
    let mut ticks = Ticks::new(PERIOD, stop.clone());
    while ticks.next().await {
        send(&mut sender, shop.advance(now_ns()), &stop).await;
    }
}

/// A receiver that goes away because we stop is no fault.
async fn send(sender: &mut Sender, batch: aio_demo::Batch, stop: &CancellationToken) {
    if let Err(error) = sender.send(batch).await
        && !stop.is_cancelled()
    {
        tracing::warn!(%error, "demo telemetry lost");
    }
}
