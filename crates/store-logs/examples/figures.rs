//! What logs cost: `figures DIR MEGABYTES`.
//!
//! Writes so much text in requests of 1 MB, with maintenance as the product runs it, and prints megabytes per CPU second
//! (of the store alone: making the lines is taken off), bytes on disk per byte of text, the greatest memory, and how long
//! a few questions take.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aio_source::{LogsCount, LogsFilter, LogsSelect};
use aio_store_logs::{Config, LogsStore};
use aio_types::{MatchOp, Matcher, TenantId, TimestampMs, TimestampNs};

#[path = "../benches/corpus/mod.rs"]
mod corpus;

/// What the first line's time is.
const START_NS: i64 = 1_700_000_000_000_000_000;

const REQUEST_BYTES: usize = 1_000_000;

/// CPU seconds of this process, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let ticks = stat.split_whitespace().skip(13).take(2).map(|t| t.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() / 100.0
}

fn status(what: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    status.lines().find_map(|l| l.strip_prefix(what)).unwrap_or_default().trim().to_owned()
}

fn disk_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("lists").map(|e| e.expect("entry").path());
    entries.map(|p| if p.is_dir() { disk_bytes(&p) } else { p.metadata().expect("a file").len() }).sum()
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool that measures and prints")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a directory"));
    let megabytes: usize = arguments.next().and_then(|text| text.parse().ok()).expect("a number");
    let store = LogsStore::open(Config { data_dir: dir.clone(), ..Config::default() }).expect("opens");
    let (mut noise, mut at, mut raw, mut making) = (corpus::Noise(7), START_NS, 0, 0.0);
    let mut needle = String::new();
    let began = cpu_seconds();
    while raw < megabytes * 1_000_000 {
        let before = cpu_seconds();
        let (write, bytes) = corpus::write(&mut noise, &mut at, REQUEST_BYTES);
        making += cpu_seconds() - before;
        raw += bytes;
        let now = TimestampMs(at / 1_000_000);
        if needle.is_empty() && raw > megabytes * 500_000 {
            let line = write.streams.iter().flat_map(|s| &s.entries).find(|e| e.line.contains("traceID="));
            needle = line.and_then(|e| e.line.split_once("traceID=")).map(|(_, id)| id.to_owned()).unwrap_or_default();
        }
        store.append(&TenantId::default(), write, now).expect("stored");
        store.maintain(now).expect("maintained");
    }
    let cpu = cpu_seconds() - began - making;
    let (before, wal) = (disk_bytes(&dir.join("logs")), disk_bytes(&dir.join("logs/wal")));
    println!("raw {raw} bytes: {:.1} MB per CPU second", raw as f64 / 1e6 / cpu);
    println!("disk {:.3} of raw, of these log {:.3}", before as f64 / raw as f64, wal as f64 / raw as f64);
    println!("peak {} now {}", status("VmHWM:"), status("VmRSS:"));
    let source = store.source(&TenantId::default());
    let all = LogsSelect {
        matchers: vec![Matcher::new("app", MatchOp::Regex, ".+").expect("valid")],
        start: TimestampNs(START_NS),
        end: TimestampNs(at + 1),
        filter: LogsFilter::Any,
        newest_first: true,
        enough: None,
    };
    let ask = |what: &str, select: &LogsSelect, wanted: usize| {
        let began = Instant::now();
        let (mut lines, mut hits) = (0_usize, 0_usize);
        let mut visit = |batch: aio_source::LogsBatch| {
            lines += batch.entries.len();
            hits += batch.entries.iter().filter(|e| select.filter.keeps(&batch.labels, e)).count();
            if hits >= wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        source.select(select, &mut visit).expect("reads");
        println!("{what}: {:?}, {lines} lines read, {hits} found", began.elapsed());
    };
    let containing = |text: &str| LogsSelect { filter: LogsFilter::contains(text), ..all.clone() };
    ask("first page", &all, 1000);
    for (what, text) in [
        ("needle", needle.as_str()),
        ("needle with its name", &format!("traceID={needle}")),
        ("absent id", "deadbeefdeadbeefdeadbeefdeadbeef"),
        ("absent word", "supercalifragilistic"),
        ("absent phrase", " supercalifragilistic expialidocious "),
    ] {
        ask(what, &containing(text), usize::MAX);
    }
    ask("everything", &all, usize::MAX);
    let step = (at - START_NS) / 60;
    for by_level in [false, true] {
        let edges = (0..=60).map(|i| TimestampNs(START_NS + i * step)).collect();
        let count = LogsCount { matchers: all.matchers.clone(), edges, by_level };
        let began = Instant::now();
        let read = source.count(&count).expect("counts").1;
        println!(
            "count in 60 steps, by level {by_level}: {:?}, {} of {} chunks' columns read",
            began.elapsed(),
            read.chunks_counted,
            read.chunks
        );
    }
    let began = Instant::now();
    let stats = source.stats(&all.matchers, all.start, all.end).expect("counts");
    println!("stats: {:?}, {stats:?}", began.elapsed());
}
