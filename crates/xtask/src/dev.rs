//! `cargo xtask dev`: the web app, the binary with it, the demo, and the page in a browser.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Builds everything and runs the server on this machine with the demo, or with the arguments given.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    web(root)?;
    let mut server = Command::new("cargo");
    server.current_dir(root).args(["run", "--package", "observer-aio", "--", "--dev"]);
    if arguments.is_empty() {
        server.arg("--demo");
    }
    let mut server = server.args(arguments).stdout(Stdio::piped()).spawn().context("starting cargo")?;
    let output = server.stdout.take().context("the server's output")?;
    for line in BufReader::new(output).lines() {
        let line = line.context("reading the server's output")?;
        say(&line);
        if let Some(url) = line.strip_prefix("UI: ") {
            open(url);
        }
    }
    match server.wait().context("waiting for the server")? {
        status if status.success() => Ok(()),
        status => bail!("the server ended with {status}"),
    }
}

/// Builds the web app into `web/dist`, where the binary's build looks for it.
pub(crate) fn web(root: &Path) -> anyhow::Result<()> {
    let web = root.join("web");
    // npm leaves this file behind when it has installed what the lock file says.
    let installed = modified(&web.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < modified(&web.join("package-lock.json")) {
        npm(&web, &["ci", "--no-audit", "--no-fund"])?;
    }
    npm(&web, &["run", "--silent", "build"])
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    path.metadata().and_then(|m| m.modified()).ok()
}

fn npm(web: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("npm").current_dir(web).args(arguments).status();
    let status = status.context("npm is needed to build the web app; it comes with Node.js 20 or newer")?;
    if status.success() { Ok(()) } else { bail!("npm {} ended with {status}", arguments.join(" ")) }
}

/// Shows the page where there is a desktop; elsewhere its address has been printed.
fn open(url: &str) {
    let has_desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let opener = match (cfg!(target_os = "macos"), has_desktop) {
        (true, _) => "open",
        (false, true) => "xdg-open",
        (false, false) => return,
    };
    // Not having an opener is no fault: the address is on the screen.
    let _shown = Command::new(opener).arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

#[expect(clippy::print_stdout, reason = "what the server says is for the person who started it")]
fn say(line: &str) {
    println!("{line}");
}
