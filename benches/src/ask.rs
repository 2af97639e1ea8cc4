//! One question, asked many times.

use anyhow::ensure;
use serde::Serialize;

use crate::http::Client;
use crate::process::{Process, start};

/// What one query took.
#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) p50_ms: f64,
    pub(crate) max_ms: f64,
    /// Of the server, for one of them.
    pub(crate) cpu_ms: f64,
}

/// Asks each of the paths; `is_right` tells whether an answer is one.
pub(crate) fn ask(
    client: &mut Client,
    process: &Process,
    name: String,
    paths: impl Iterator<Item = String>,
    is_right: &dyn Fn(&[u8]) -> bool,
) -> anyhow::Result<Asked> {
    let before = process.cpu_seconds()?;
    let mut took = Vec::new();
    for path in paths {
        let began = start();
        let (status, answer) = client.ask("GET", &path, "", &[])?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        let shown = || String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
        ensure!(status == 200, "{name}: {status} {}", shown());
        ensure!(is_right(&answer), "{name}: not the answer: {}", shown());
    }
    took.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let cpu_ms = (process.cpu_seconds()? - before) * 1000.0 / took.len() as f64;
    Ok(Asked { name, p50_ms: took[took.len() / 2], max_ms: took[took.len() - 1], cpu_ms })
}

/// A text as part of a URL's query.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
