//! The listeners: all addresses are taken before any is announced, so that one in use is an error and not a surprise.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aio_api::{About, Door, Lifecycle, Readiness, WebApp};
use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::http;
use super::reload::Reloader;
use crate::config::Settings;
use crate::ui;

/// How long requests under way may take to finish on shutdown.
const DRAIN_MAX: Duration = Duration::from_secs(14);

/// What one listener serves.
#[derive(Clone, Copy)]
struct Service {
    name: &'static str,
    router: fn(&Door) -> Router,
}

const MAIN: Service = Service { name: "main", router: |door| aio_api::main_router(door).merge(ui::router()) };
const OTLP_GRPC: Service = Service { name: "otlp_grpc", router: aio_api::otlp_grpc_router };
const OTLP_HTTP: Service = Service { name: "otlp_http", router: aio_api::otlp_http_router };
const PROMETHEUS: Service = Service { name: "prometheus", router: aio_api::prometheus_router };
const LOKI: Service = Service { name: "loki", router: aio_api::loki_router };
const TEMPO: Service = Service { name: "tempo", router: aio_api::tempo_router };
const ALERTMANAGER: Service = Service { name: "alertmanager", router: aio_api::alertmanager_router };

/// The open listeners.
pub(super) struct Listeners {
    /// Where the main port is.
    pub(super) main: SocketAddr,
    others: Vec<(&'static str, SocketAddr)>,
    tasks: JoinSet<()>,
}

impl Listeners {
    /// Takes every address and serves on it until `stop`.
    pub(super) async fn open(
        settings: &Settings,
        readiness: &Readiness,
        reloader: &Arc<Reloader>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let server = &settings.server;
        let main = bind("server.listen", server.listen).await?;
        let main_address = main.local_addr().context("main listener")?;
        let mut bound = Vec::new();
        for (service, address) in [
            (OTLP_GRPC, server.otlp_grpc),
            (OTLP_HTTP, server.otlp_http),
            (PROMETHEUS, server.prometheus),
            (LOKI, server.loki),
            (TEMPO, server.tempo),
            (ALERTMANAGER, server.alertmanager),
        ] {
            if let Some(address) = address {
                bound.push((service, bind(&format!("server.{}", service.name), address).await?));
            }
        }
        let mut listeners = Self { main: main_address, others: Vec::new(), tasks: JoinSet::new() };
        let external = server.external_url.clone();
        let elsewhere = external.map_or(WebApp::Port(main_address.port()), WebApp::At);
        let door = |address: SocketAddr, web_app| Door {
            readiness: readiness.clone(),
            lifecycle: lifecycle(is_allowed(server.reload, address), reloader),
            admin: is_allowed(server.admin_api, address),
            web_app,
            about: Arc::clone(reloader) as Arc<dyn About>,
        };
        listeners.serve(MAIN, main, door(main_address, WebApp::Here), settings, stop);
        for (service, listener) in bound {
            let address = listener.local_addr().context(service.name)?;
            listeners.others.push((service.name, address));
            listeners.serve(service, listener, door(address, elsewhere.clone()), settings, stop);
        }
        Ok(listeners)
    }

    fn serve(
        &mut self,
        service: Service,
        listener: TcpListener,
        door: Door,
        settings: &Settings,
        stop: &CancellationToken,
    ) {
        let router = aio_api::below(&settings.server.sub_path(), (service.router)(&door));
        self.tasks.spawn(http::serve(listener, router, http::Bounds::default(), stop.clone()));
    }

    /// Prints the lines that a person or a script waits for.
    #[expect(clippy::print_stdout, reason = "the lines a person or a script waits for")]
    pub(super) fn announce(&self, settings: &Settings, dev: bool) {
        println!("listening on http://{}", self.main);
        for (name, address) in &self.others {
            println!("{name} on http://{address}");
        }
        if dev {
            println!("UI: http://{}{}/ui/", self.main, settings.server.sub_path());
            if let Some((_, address)) = self.others.iter().find(|(name, _)| *name == OTLP_HTTP.name) {
                println!(
                    "export OTEL_EXPORTER_OTLP_ENDPOINT=http://{address} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
                );
            }
        }
    }

    /// Waits for requests under way, for a while.
    pub(super) async fn drain(mut self) {
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, drained).await.is_err() {
            tracing::warn!("requests still under way were cut off");
            self.tasks.abort_all();
        }
    }
}

/// On loopback every caller is on this machine; elsewhere it is a setting.
fn is_allowed(setting: bool, address: SocketAddr) -> bool {
    setting || address.ip().is_loopback()
}

fn lifecycle(enabled: bool, reloader: &Arc<Reloader>) -> Lifecycle {
    let reloader = Arc::clone(reloader);
    match enabled {
        true => Lifecycle::enabled(move || Arc::clone(&reloader).answer()),
        false => Lifecycle::disabled(),
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("`{key}`: listening on {address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_loopback_reloading_and_deleting_are_settings() {
        for (address, setting, expected) in [
            ("127.0.0.1:1", false, true),
            ("[::1]:1", false, true),
            ("0.0.0.0:1", false, false),
            ("0.0.0.0:1", true, true),
        ] {
            assert_eq!(is_allowed(setting, address.parse().expect("an address")), expected, "{address}");
        }
    }
}
