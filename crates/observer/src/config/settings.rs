//! What the server runs with: flags over file over `--dev`'s defaults.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use aio_api::Translation;
use aio_types::{PerTenant, TenantId};
use anyhow::{Context, anyhow};

use super::file::File;
use super::limits::Limits;
use super::logs::Logs;
use super::metrics::Metrics;
use super::otlp;
use super::reader::Reader;
use super::server::Server;
use super::storage::Storage;
use super::tenants;
use super::traces::Traces;
use crate::cli::ServeArgs;
use crate::schema::scalars;

/// Everything that is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Logs,
    /// Of tenants that have something of their own.
    pub(crate) logs_of: BTreeMap<TenantId, Logs>,
    pub(crate) traces: Traces,
    pub(crate) limits: Limits,
    pub(crate) otlp: Translation,
}

impl Settings {
    /// Joins flags, file and defaults.
    ///
    /// # Errors
    /// Names the flag whose value does not parse.
    pub(crate) fn resolve(file: &File, args: &ServeArgs) -> anyhow::Result<Self> {
        let host = if args.dev { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let mut settings = Self::read(file, Server::on(IpAddr::V4(host)));
        settings.storage.data_dir = data_dir(file, args)?;
        let server = &mut settings.server;
        if let Some(listen) = flag("--listen", args.listen.as_deref())? {
            server.listen = listen.context("--listen cannot be off")?;
        }
        server.otlp_grpc = flag("--otlp-grpc-listen", args.otlp_grpc_listen.as_deref())?.unwrap_or(server.otlp_grpc);
        server.otlp_http = flag("--otlp-http-listen", args.otlp_http_listen.as_deref())?.unwrap_or(server.otlp_http);
        Ok(settings)
    }

    /// Something made of the logs signal's settings, for every tenant.
    pub(crate) fn logs_per_tenant<T>(&self, make: impl Fn(&Logs) -> T) -> PerTenant<T> {
        let own = self.logs_of.iter().map(|(tenant, logs)| (tenant.clone(), make(logs)));
        PerTenant { common: make(&self.logs), own: own.collect() }
    }

    fn read(file: &File, server: Server) -> Self {
        let root = Reader(Some(&file.root));
        let logs = Logs::read(root.section("logs"), &Logs::default());
        Self {
            server: Server::read(root.section("server"), server),
            storage: Storage::read(root.section("storage")),
            metrics: Metrics::read(root.section("metrics"), root.section("global")),
            logs_of: tenants::logs(file.root.get("tenants"), &logs),
            logs,
            traces: Traces::read(root.section("traces")),
            limits: Limits::read(root.section("limits")),
            otlp: otlp::read(root.section("otlp")),
        }
    }
}

/// An address flag: absent, off, or an address.
fn flag(name: &str, value: Option<&str>) -> anyhow::Result<Option<Option<std::net::SocketAddr>>> {
    value.map(|text| scalars::to_address(text).map_err(|why| anyhow!("{name}: {why}"))).transpose()
}

fn data_dir(file: &File, args: &ServeArgs) -> anyhow::Result<PathBuf> {
    let given = args.data_dir.clone().or_else(|| file.root.at("storage.data_dir")?.text().map(PathBuf::from));
    if let Some(dir) = given {
        return Ok(dir);
    }
    if !args.dev {
        return Ok(Storage::default().data_dir);
    }
    let base = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")))
        .context("neither XDG_DATA_HOME nor HOME is set; give --data-dir")?;
    Ok(base.join("observer-aio"))
}
