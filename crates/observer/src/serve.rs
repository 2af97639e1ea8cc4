//! Wiring: listeners first, then recovery, then the gate opens. Stop order: listeners, background work, store.

use std::fs::File;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aio_api::{Core, Engines, Readiness, Sources};
use aio_ingest::{Ingest, Stores};
use aio_kit::clock::{Clock, SystemClock};
use aio_promql::Engine;
use aio_store_logs::LogsStore;
use aio_store_metrics::MetricsStore;
use aio_store_traces::TracesStore;
use aio_types::TimestampMs;
use anyhow::{Context, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArgs;
use crate::config::{self, Fsync, Settings};
use crate::{demo, ticker, ui};

/// How often the metrics head is cut and old blocks are dropped.
const METRICS_PERIOD: Duration = Duration::from_secs(60);
/// The same for lines and spans, of which memory holds less time.
const CHUNKS_PERIOD: Duration = Duration::from_secs(5);
/// What a newcomer to the demo finds already there.
const DEMO_PAST: Duration = Duration::from_secs(1800);
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
    runtime.block_on(serve(settings, args))
}

async fn serve(settings: Settings, args: &ServeArgs) -> anyhow::Result<()> {
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
        (settings.loki, aio_api::loki_router(readiness.clone()), false),
        (settings.tempo, aio_api::tempo_router(readiness.clone()), false),
    ] {
        let Some(address) = address else { continue };
        let listener = bind(address).await?;
        if is_otlp_http {
            otlp_http_address = listener.local_addr().ok();
        }
        listeners.spawn(listen(listener, router, stop.clone()));
    }
    announce(main_address, otlp_http_address, args.dev);
    let signal = shutdown_signal()?;
    // A shop with a past would contradict what an earlier run has told.
    let is_fresh = !settings.data_dir.join("metrics").exists();
    let stores = open_stores(&settings).await?;
    readiness.open(core(&settings, &stores));
    tracing::info!(data_dir = %settings.data_dir.display(), "ready");
    let mut background = background(&settings, &stores, &stop);
    if args.demo {
        let past = if is_fresh { DEMO_PAST } else { Duration::ZERO };
        let sender = aio_demo::Sender::new(&loopback(main_address))?;
        background.push(tokio::spawn(demo::run(sender, past, stop.clone())));
    }
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
    tokio::task::spawn_blocking(move || sync(&stores)).await?.context("flushing the stores")?;
    Ok(())
}

/// Where this process reaches its own listener.
fn loopback(address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}", address.port())
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

/// All three at once: replay is bound by one core each.
async fn open_stores(settings: &Settings) -> anyhow::Result<Stores> {
    let (data_dir, fsync_always) = (settings.data_dir.clone(), settings.fsync == Fsync::Always);
    let metrics = aio_store_metrics::Config {
        data_dir: data_dir.clone(),
        retention: settings.retention,
        out_of_order: settings.out_of_order,
        fsync_always,
        ..aio_store_metrics::Config::default()
    };
    let logs = aio_store_logs::Config {
        data_dir: data_dir.clone(),
        retention: settings.logs_retention,
        fsync_always,
        ..aio_store_logs::Config::default()
    };
    let traces = aio_store_traces::Config {
        data_dir,
        retention: settings.traces_retention,
        fsync_always,
        ..aio_store_traces::Config::default()
    };
    let (metrics, logs, traces) = tokio::join!(
        tokio::task::spawn_blocking(move || MetricsStore::open(metrics)),
        tokio::task::spawn_blocking(move || LogsStore::open(logs)),
        tokio::task::spawn_blocking(move || TracesStore::open(traces)),
    );
    Ok(Stores {
        metrics: Arc::new(metrics?.context("opening the metrics store")?),
        logs: Arc::new(logs?.context("opening the logs store")?),
        traces: Arc::new(traces?.context("opening the traces store")?),
    })
}

fn core(settings: &Settings, stores: &Stores) -> Core {
    let ingest = Ingest::new(aio_ingest::Config::default(), stores.clone(), Arc::new(SystemClock));
    let config = aio_api::Config {
        query_timeout_seconds: settings.query_timeout.as_secs().max(1),
        ..aio_api::Config::default()
    };
    let Stores { metrics, logs, traces } = stores.clone();
    let sources = Sources {
        metrics: Arc::new(move |tenant| metrics.source(tenant)),
        logs: Arc::new(move |tenant| logs.source(tenant)),
        traces: Arc::new(move |tenant| traces.source(tenant)),
    };
    let engines = Engines { promql: Engine::new(settings.promql.clone()), logql: aio_logql::Engine::default() };
    Core::new(config, Arc::new(ingest), engines, sources)
}

/// Makes everything acknowledged survive power loss.
fn sync(stores: &Stores) -> anyhow::Result<()> {
    stores.metrics.sync()?;
    stores.logs.sync()?;
    Ok(stores.traces.sync()?)
}

fn background(settings: &Settings, stores: &Stores, stop: &CancellationToken) -> Vec<tokio::task::JoinHandle<()>> {
    let mut tasks = Vec::new();
    let mut every = |period: Duration, what: &'static str, work: Arc<dyn Fn() -> anyhow::Result<()> + Send + Sync>| {
        tasks.push(tokio::spawn(ticker::every(period, stop.clone(), move || {
            if let Err(error) = work() {
                tracing::error!(error = format!("{error:#}"), "{what} failed");
            }
        })));
    };
    let now = || TimestampMs(SystemClock.now_ms());
    if let Fsync::Every(period) = settings.fsync {
        let stores = stores.clone();
        every(period, "fsync of the write-ahead logs", Arc::new(move || sync(&stores)));
    }
    let Stores { metrics, logs, traces } = stores.clone();
    every(METRICS_PERIOD, "maintenance of the metrics store", Arc::new(move || Ok(metrics.maintain(now())?)));
    every(CHUNKS_PERIOD, "maintenance of the logs store", Arc::new(move || Ok(logs.maintain(now())?)));
    every(CHUNKS_PERIOD, "maintenance of the traces store", Arc::new(move || Ok(traces.maintain(now())?)));
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
