//! A running server, however it is started.

use std::net::TcpListener;
use std::process::Command;

use anyhow::Context;

use crate::http::Client;
use crate::process::Process;

/// A running server.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: String,
    /// Milliseconds from its start until it was ready.
    pub(crate) ready_ms: u64,
}

impl Server {
    /// Starts it and waits until `ready_path` says 200.
    pub(crate) fn start(command: &mut Command, address: String, ready_path: &str) -> anyhow::Result<Self> {
        let mut process = Process::spawn(command)?;
        let is_ready = || {
            let asked = Client::connect(&address).and_then(|mut c| c.ask("GET", ready_path, "", &[]));
            asked.is_ok_and(|(status, _)| status == 200)
        };
        let ready = process.ready(is_ready)?;
        Ok(Self { process, address, ready_ms: u64::try_from(ready.as_millis()).unwrap_or(u64::MAX) })
    }
}

/// An address nobody listens on at this moment.
pub(crate) fn free_address() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("finding a free port")?;
    Ok(listener.local_addr()?.to_string())
}
