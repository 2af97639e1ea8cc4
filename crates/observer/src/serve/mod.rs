//! Wiring: listeners first, then recovery, then the gate opens. Stop order: listeners, background work, store.

mod about;
mod background;
mod http;
mod listeners;
mod login;
mod reload;
mod signals;
mod stores;

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aio_api::Readiness;
use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;

pub(crate) use self::http::Requests;
use self::listeners::Listeners;
use self::reload::Reloader;
pub(crate) use self::stores::{logs_config, metrics_config};
use crate::cli::ServeArgs;
use crate::config::{self, Settings};
use crate::demo;

/// What a newcomer to the demo finds already there.
const DEMO_PAST: Duration = Duration::from_secs(1800);
/// Queries are evaluated by recursion, to a depth `promql` bounds; this is ample for it.
const STACK_BYTES: usize = 16 << 20;
/// How long the last flush may take.
const FLUSH_MAX: Duration = Duration::from_secs(6);
/// How long what is still under way on the blocking threads may take once everything is stopped.
const BLOCKING_MAX: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let file = args.config.as_deref().map_or_else(|| Ok(config::File::empty()), config::File::load)?;
    let settings = Settings::resolve(&file, args)?;
    report_inactive(&file);
    login::check(&file, &settings, args.no_auth)?;
    // Held until the last thread that could write is gone.
    let _lock = lock_data_dir(&settings.storage.data_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .context("starting the runtime")?;
    let result = runtime.block_on(serve(&file, settings, args));
    runtime.shutdown_timeout(BLOCKING_MAX);
    result
}

/// Nothing that a file asks for is ignored silently.
fn report_inactive(file: &config::File) {
    for section in file.inactive() {
        tracing::warn!(section, "configured, but not active in this version");
    }
}

async fn serve(file: &config::File, settings: Settings, args: &ServeArgs) -> anyhow::Result<()> {
    let mut signals = signals::Signals::install()?;
    let readiness = Readiness::new();
    let stop = CancellationToken::new();
    let reloader = Arc::new(Reloader::new(file, settings.clone(), args.clone(), readiness.clone()));
    let listeners = Listeners::open(&settings, &readiness, &reloader, &stop).await?;
    listeners.announce(&settings, args.dev);
    // A shop with a past would contradict what an earlier run has told.
    let is_fresh = !settings.storage.data_dir.join("metrics").exists();
    let opening = stores::open(&settings);
    let stores = tokio::select! {
        stores = opening => stores?,
        () = signals.stop() => return Ok(()),
    };
    reloader.open(&stores);
    tracing::info!(data_dir = %settings.storage.data_dir.display(), "ready");
    let mut background = background::start(&settings, &stores, &stop);
    if args.demo {
        let past = if is_fresh { DEMO_PAST } else { Duration::ZERO };
        let sender = aio_demo::Sender::new(&loopback(listeners.main))?;
        background.push(tokio::spawn(demo::run(sender, past, stop.clone())));
    }
    signals.stop_or(|| drop(reloader.reload_and_log())).await;
    tracing::info!("stopping");
    stop.cancel();
    stores.metrics.stop_compaction();
    stores.logs.stop();
    tokio::join!(reloader.stop_following(), listeners.drain());
    background::finish(background).await;
    let flushed = tokio::task::spawn_blocking(move || stores::sync(&stores));
    let flushed = tokio::time::timeout(FLUSH_MAX, flushed).await;
    flushed.context("flushing the stores took too long; what was acknowledged is in the logs")??.context("flushing")?;
    tracing::info!("stopped");
    Ok(())
}

/// Where this process reaches its own listener.
fn loopback(address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}", address.port())
}

/// Two processes on one data directory would destroy it.
pub(crate) fn lock_data_dir(dir: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("{} is in use by another process; give each its own --data-dir", dir.display())
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}
