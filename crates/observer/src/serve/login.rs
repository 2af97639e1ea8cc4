//! There is no login yet: a configuration that asks for one must not lead to a server that is open to everybody.

use std::net::SocketAddr;

use anyhow::bail;

use crate::config::{File, Settings};

/// Refuses a configuration with `auth` where others than this machine reach a listener, unless `accepted`.
///
/// # Errors
/// Names the listeners.
pub(super) fn check(file: &File, settings: &Settings, accepted: bool) -> anyhow::Result<()> {
    if !file.inactive().iter().any(|section| section == "auth") {
        return Ok(());
    }
    let open = open_listeners(settings);
    if !open.is_empty() && !accepted {
        bail!(
            "`auth` is set, but this version has no login: anybody who reaches {} could read and write everything. \
             Listen on loopback only, behind a proxy that asks for a login, or accept this with --no-auth",
            open.join(", ")
        );
    }
    tracing::error!("`auth` is set, but NOT ACTIVE: anybody who reaches a port can read and write everything");
    Ok(())
}

/// Listeners beyond loopback, as key and address.
fn open_listeners(settings: &Settings) -> Vec<String> {
    let server = &settings.server;
    let all: [(&str, Option<SocketAddr>); 7] = [
        ("listen", Some(server.listen)),
        ("otlp_grpc", server.otlp_grpc),
        ("otlp_http", server.otlp_http),
        ("prometheus", server.prometheus),
        ("loki", server.loki),
        ("tempo", server.tempo),
        ("alertmanager", server.alertmanager),
    ];
    let open = all.into_iter().filter_map(|(key, address)| Some((key, address?)));
    open.filter(|(_, address)| !address.ip().is_loopback()).map(|(key, at)| format!("`server.{key}` ({at})")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ServeArgs;

    #[test]
    fn who_asks_for_a_login_does_not_run_open_unknowingly() {
        let with = |text: &str, dev, accepted| {
            let file = File::parse(text).expect("valid");
            let args = ServeArgs { dev, data_dir: Some("d".into()), ..ServeArgs::default() };
            let settings = Settings::resolve(&file, &args).expect("resolved");
            check(&file, &settings, accepted).map_err(|why| why.to_string())
        };
        let auth = "auth: { tokens: [{ token: t }] }";
        let why = with(auth, false, false).expect_err("open to everybody");
        for part in ["`server.listen` (0.0.0.0:4320)", "`server.otlp_grpc` (0.0.0.0:4317)", "--no-auth"] {
            assert!(why.contains(part), "{why}");
        }
        let on = |address: &str| format!("{auth}\nserver: {{ tempo: '{address}:1' }}");
        assert!(with(&on("0.0.0.0"), true, false).expect_err("open").contains("`server.tempo` (0.0.0.0:1)"));
        for (text, dev, accepted) in [
            (auth, true, false),
            (auth, false, true),
            (&*on("127.0.0.1"), true, false),
            ("auth: {}", false, false),
            ("", false, false),
        ] {
            assert_eq!(with(text, dev, accepted), Ok(()), "{text}");
        }
    }
}
