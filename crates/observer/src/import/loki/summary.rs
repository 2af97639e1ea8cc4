//! What was imported and what was not, on the standard output.

use std::collections::BTreeMap;
use std::path::Path;

use aio_loki_chunks::ChunksDir;
use aio_types::TenantId;

use super::super::bounds::Bounds;

/// Most files that are named.
const NAMED_MAX: usize = 50;

/// What became of one tenant's chunks and lines.
#[derive(Debug, Default)]
struct Counts {
    chunks: usize,
    chunks_before: usize,
    lines: usize,
    beside: usize,
    stored: usize,
}

/// What is told at the end.
#[derive(Debug, Default)]
pub(super) struct Summary {
    lines: Vec<String>,
    tenants: BTreeMap<TenantId, Counts>,
    unwanted: usize,
    failures: Vec<String>,
    failed: usize,
}

impl Summary {
    pub(super) fn new(bounds: &Bounds, dir: &ChunksDir) -> Self {
        let mut lines = vec![format!("wanted: nothing {}", bounds.before)];
        for one in dir.passed_over.iter().take(NAMED_MAX) {
            lines.push(format!("{}: passed over: {}", one.path.display(), one.why));
        }
        if dir.has_log {
            lines.push(
                "Loki has a log of writes (wal): lines that it has not written to chunks yet are not in. Make it do so \
                 (POST /flush), wait until its files stop growing, and run this again"
                    .to_owned(),
            );
        }
        Self { lines, ..Self::default() }
    }

    /// So many chunks are of another time.
    pub(super) fn unwanted(&mut self, chunks: usize) {
        self.unwanted = chunks;
    }

    pub(super) fn was_in(&mut self, tenant: &TenantId) {
        self.of(tenant).chunks_before += 1;
    }

    /// A chunk was read, some lines of which are of another time.
    pub(super) fn read(&mut self, tenant: &TenantId, lines: usize, beside: usize) {
        let counts = self.of(tenant);
        counts.chunks += 1;
        counts.lines += lines;
        counts.beside += beside;
    }

    pub(super) fn stored(&mut self, tenant: &TenantId, lines: usize) {
        self.of(tenant).stored += lines;
    }

    pub(super) fn failed(&mut self, path: &Path, error: &anyhow::Error) {
        self.failed += 1;
        if self.failures.len() < NAMED_MAX {
            let text = format!("{error:#}");
            let path = path.display().to_string();
            let named = if text.contains(&path) { text } else { format!("{path}: {text}") };
            self.failures.push(format!("FAILED, nothing of it is in: {named}"));
        }
    }

    fn of(&mut self, tenant: &TenantId) -> &mut Counts {
        self.tenants.entry(tenant.clone()).or_default()
    }

    /// Prints all; whether everything is in, and verified.
    #[expect(clippy::print_stdout, reason = "the command's answer")]
    pub(super) fn print(self) -> bool {
        let mut is_whole = self.failed == 0;
        self.lines.iter().chain(&self.failures).for_each(|line| println!("{line}"));
        if self.unwanted > 0 {
            println!("{} chunks are of another time", self.unwanted);
        }
        for (tenant, counts) in &self.tenants {
            let Counts { chunks, chunks_before, lines, beside, stored } = counts;
            is_whole &= lines - beside == *stored;
            println!("tenant {tenant}: read {chunks} chunks with {lines} lines; stored {stored} lines");
            if *beside > 0 {
                println!("  not stored: {beside} lines of another time");
            }
            if *chunks_before > 0 {
                println!("  {chunks_before} chunks were in already");
            }
        }
        println!(
            "{}",
            match (is_whole, self.failed) {
                (true, _) => "verified: every line that was read is stored, or told above".to_owned(),
                (false, failed) => format!("NOT VERIFIED: {failed} chunks are not in"),
            }
        );
        is_whole
    }
}
