//! Wiring: listeners first, then recovery, then the gate opens. Stop order: listeners, background work, store.

use std::fs::File;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aio_api::{Core, MetricsSources, Readiness};
use aio_ingest::Ingest;
use aio_kit::clock::{Clock, SystemClock};
use aio_promql::Engine;
use aio_store_metrics::MetricsStore;
use aio_types::TimestampMs;
use anyhow::{Context, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArgs;
use crate::config::{self, Fsync, Settings};
use crate::{ticker, ui};

/// How often the head is cut and old blocks are dropped.
const MAINTENANCE_PERIOD: Duration = Duration::from_secs(60);
/// Queries are evaluated by recursion, to a depth `promql` bounds; this is ample for it.
const STACK_BYTES: usize = 16 << 20;
/// How long requests under way may take to finish on shutdown.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let file = args.config.as_deref().map_or_else(|| Ok(config::File::default()), config::load)?;
    let settings = Settings::resolve(&file, args)?;
    for section in &settings.inactive {
        tracing::warn!(section, "configured, but not active in this version");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .context("starting the runtime")?;
    runtime.block_on(serve(settings, args.dev))
}

async fn serve(settings: Settings, dev: bool) -> anyhow::Result<()> {
    let _lock = lock_data_dir(&settings.data_dir)?;
    let readiness = Readiness::new();
    let stop = CancellationToken::new();
    let mut listeners = tokio::task::JoinSet::new();
    let main = bind(settings.listen).await?;
    let main_address = main.local_addr().context("main listener")?;
    let main_router = aio_api::main_router(readiness.clone()).merge(ui::router());
    listeners.spawn(listen(main, main_router, stop.clone()));
    let mut otlp_http_address = None;
    for (address, router, is_otlp_http) in [
        (settings.otlp_grpc, aio_api::otlp_grpc_router(readiness.clone()), false),
        (settings.otlp_http, aio_api::otlp_http_router(readiness.clone()), true),
        (settings.prometheus, aio_api::prometheus_router(readiness.clone()), false),
    ] {
        let Some(address) = address else { continue };
        let listener = bind(address).await?;
        if is_otlp_http {
            otlp_http_address = listener.local_addr().ok();
        }
        listeners.spawn(listen(listener, router, stop.clone()));
    }
    announce(main_address, otlp_http_address, dev);
    let signal = shutdown_signal()?;
    let store = open_store(&settings).await?;
    readiness.open(core(&settings, &store));
    tracing::info!(data_dir = %settings.data_dir.display(), "ready");
    let background = background(&settings, &store, &stop);
    signal.await;
    tracing::info!("stopping");
    stop.cancel();
    if tokio::time::timeout(DRAIN_MAX, async { while listeners.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("requests still under way were cut off");
        listeners.abort_all();
    }
    for task in background {
        task.await.context("background task")?;
    }
    tokio::task::spawn_blocking(move || store.sync()).await?.context("flushing the store")?;
    Ok(())
}

/// Two processes on one data directory would destroy it.
fn lock_data_dir(dir: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    if file.try_lock().is_err() {
        bail!("{} is in use by another process", dir.display());
    }
    Ok(file)
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}

async fn listen(listener: TcpListener, router: Router, stop: CancellationToken) {
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "listener failed");
    }
}

#[expect(clippy::print_stdout, reason = "the lines a person or a script waits for")]
fn announce(main: SocketAddr, otlp_http: Option<SocketAddr>, dev: bool) {
    println!("listening on http://{main}");
    if dev {
        println!("UI: http://{main}/ui/");
        if let Some(address) = otlp_http {
            println!("export OTEL_EXPORTER_OTLP_ENDPOINT=http://{address} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        }
    }
}

async fn open_store(settings: &Settings) -> anyhow::Result<Arc<MetricsStore>> {
    let config = aio_store_metrics::Config {
        data_dir: settings.data_dir.clone(),
        retention: settings.retention,
        out_of_order: settings.out_of_order,
        fsync_always: settings.fsync == Fsync::Always,
        ..aio_store_metrics::Config::default()
    };
    let store = tokio::task::spawn_blocking(move || MetricsStore::open(config)).await?;
    Ok(Arc::new(store.context("opening the metrics store")?))
}

fn core(settings: &Settings, store: &Arc<MetricsStore>) -> Core {
    let ingest = Ingest::new(aio_ingest::Config::default(), Arc::clone(store), Arc::new(SystemClock));
    let config = aio_api::Config {
        query_timeout_seconds: settings.query_timeout.as_secs().max(1),
        ..aio_api::Config::default()
    };
    let store = Arc::clone(store);
    let sources: MetricsSources = Arc::new(move |tenant| store.source(tenant));
    Core::new(config, Arc::new(ingest), Engine::new(settings.promql.clone()), sources)
}

fn background(
    settings: &Settings,
    store: &Arc<MetricsStore>,
    stop: &CancellationToken,
) -> Vec<tokio::task::JoinHandle<()>> {
    let mut tasks = Vec::new();
    if let Fsync::Every(period) = settings.fsync {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(ticker::every(period, stop.clone(), move || {
            if let Err(error) = store.sync() {
                tracing::error!(%error, "fsync of the write-ahead log failed");
            }
        })));
    }
    let store = Arc::clone(store);
    tasks.push(tokio::spawn(ticker::every(MAINTENANCE_PERIOD, stop.clone(), move || {
        if let Err(error) = store.maintain(TimestampMs(SystemClock.now_ms())) {
            tracing::error!(%error, "maintenance of the metrics store failed");
        }
    })));
    tasks
}

/// Installs the handlers now, so that a signal during recovery is not lost.
fn shutdown_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM handler")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT handler")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
