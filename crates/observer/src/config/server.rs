//! `server`: where it listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::reader::Reader;
use crate::schema::{Kind, Section, no_check, scalars};

pub(super) static SERVER: Section = Section {
    keys: &[
        ("listen", Kind::Scalar(scalars::address)),
        ("otlp_grpc", Kind::Scalar(scalars::address_or_off)),
        ("otlp_http", Kind::Scalar(scalars::address_or_off)),
        ("prometheus", Kind::Scalar(scalars::address_or_off)),
        ("loki", Kind::Scalar(scalars::address_or_off)),
        ("tempo", Kind::Scalar(scalars::address_or_off)),
        ("alertmanager", Kind::Scalar(scalars::address_or_off)),
        ("external_url", Kind::Scalar(external_url)),
        ("reload", Kind::Scalar(scalars::boolean)),
        ("admin_api", Kind::Scalar(scalars::boolean)),
    ],
    with: &[],
    check: no_check,
};

/// Where the process listens and how the world reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// The main port: everything.
    pub(crate) listen: SocketAddr,
    pub(crate) otlp_grpc: Option<SocketAddr>,
    pub(crate) otlp_http: Option<SocketAddr>,
    /// The compatibility listeners.
    pub(crate) prometheus: Option<SocketAddr>,
    pub(crate) loki: Option<SocketAddr>,
    pub(crate) tempo: Option<SocketAddr>,
    pub(crate) alertmanager: Option<SocketAddr>,
    /// How users reach the main port, without a slash at its end.
    pub(crate) external_url: Option<String>,
    /// Whether `POST /-/reload` works on listeners that are not on loopback.
    pub(crate) reload: bool,
    /// Whether stored data can be deleted and put aside by callers of listeners that are not on loopback.
    pub(crate) admin_api: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self::on(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl Server {
    /// The defaults on one interface.
    pub(super) fn on(host: IpAddr) -> Self {
        let port = |port| SocketAddr::new(host, port);
        Self {
            listen: port(4320),
            otlp_grpc: Some(port(4317)),
            otlp_http: Some(port(4318)),
            prometheus: None,
            loki: None,
            tempo: None,
            alertmanager: None,
            external_url: None,
            reload: false,
            admin_api: false,
        }
    }

    pub(super) fn read(reader: Reader<'_>, defaults: Self) -> Self {
        Self {
            listen: reader.address("listen", None).unwrap_or(defaults.listen),
            otlp_grpc: reader.address("otlp_grpc", defaults.otlp_grpc),
            otlp_http: reader.address("otlp_http", defaults.otlp_http),
            prometheus: reader.address("prometheus", defaults.prometheus),
            loki: reader.address("loki", defaults.loki),
            tempo: reader.address("tempo", defaults.tempo),
            alertmanager: reader.address("alertmanager", defaults.alertmanager),
            external_url: reader.text("external_url").map(|url| url.trim_end_matches('/').to_owned()),
            reload: reader.boolean("reload", defaults.reload),
            admin_api: reader.boolean("admin_api", defaults.admin_api),
        }
    }

    /// The path of the external URL, empty where it has none.
    pub(crate) fn sub_path(&self) -> String {
        let uri = self.external_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok());
        uri.map(|uri| uri.path().trim_end_matches('/').to_owned()).unwrap_or_default()
    }
}

fn external_url(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    scalars::url(text)?;
    match text.contains(['?', '#']) || text.matches("//").count() > 1 {
        true => Err(format!("{text:?} must be a plain URL, without query, fragment or doubled slashes")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sub_path_follows_from_the_external_url() {
        for (url, expected) in [
            (None, ""),
            (Some("https://host"), ""),
            (Some("https://host/"), ""),
            (Some("https://host/observer"), "/observer"),
            (Some("https://host/a/b/"), "/a/b"),
        ] {
            let server = Server { external_url: url.map(str::to_owned), ..Server::default() };
            assert_eq!(server.sub_path(), expected, "{url:?}");
        }
    }
}
