//! A server's process: what it costs, read from `/proc`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long a server may take to settle or to get ready.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(20);
/// A server that takes less of a core than this for a while has done its background work.
const QUIET_SHARE: f64 = 0.03;
const QUIET_FOR: Duration = Duration::from_secs(3);

/// A process that ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

/// A stopwatch.
#[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// Other processes have no event to wait for.
pub(crate) fn pause(how_long: Duration) {
    std::thread::sleep(how_long);
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Self { child: child.with_context(|| format!("starting {command:?}"))? })
    }

    /// CPU seconds used so far, by all threads.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).context("no CPU time");
        // In ticks of a hundredth of a second, as Linux has them for user space.
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// Bytes of memory, now and at the most.
    pub(crate) fn memory(&self) -> anyhow::Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |key: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(key));
            let kib = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
            kib.map(|kib| kib * 1024).with_context(|| format!("no {key}"))
        };
        Ok((of("VmRSS:")?, of("VmHWM:")?))
    }

    /// Waits until it does nothing of its own any more.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let began = start();
        while began.elapsed() < PATIENCE {
            let before = self.cpu_seconds()?;
            pause(QUIET_FOR);
            if self.cpu_seconds()? - before < QUIET_SHARE * QUIET_FOR.as_secs_f64() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits until `is_ready`; how long it took.
    pub(crate) fn ready(&mut self, mut is_ready: impl FnMut() -> bool) -> anyhow::Result<Duration> {
        let began = start();
        while began.elapsed() < PATIENCE {
            if is_ready() {
                return Ok(began.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            pause(PAUSE);
        }
        bail!("the server did not get ready")
    }
}

impl Drop for Process {
    /// As a crash would.
    fn drop(&mut self) {
        let _it_may_be_gone = self.child.kill();
        let _it_may_be_gone = self.child.wait();
    }
}

/// Bytes of all files below `dir` whose path below it passes.
pub(crate) fn disk_bytes(dir: &Path, wanted: &dyn Fn(&str) -> bool) -> u64 {
    let mut bytes = 0;
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(path),
                Ok(metadata) => {
                    let below = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
                    bytes += if wanted(&below) { metadata.len() } else { 0 };
                }
                Err(_) => {}
            }
        }
    }
    bytes
}
