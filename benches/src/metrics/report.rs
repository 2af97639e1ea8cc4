//! What is printed.

use super::load::Load;
use super::measure::Figures;
use crate::table::{Table, float};

#[expect(clippy::print_stdout, reason = "the result")]
pub(super) fn print(load: &Load, all: &[Figures]) {
    println!("{} series, {} samples\n", load.series(), load.samples());
    let mut table = Table::new(all.iter().map(|f| f.server.as_str()));
    for (name, of, digits) in ROWS {
        table.row(name, digits, all.iter().map(of));
    }
    table.asked(&all.iter().map(|f| f.queries.as_slice()).collect::<Vec<_>>());
    table.print();
}

/// A line: its name, how to read it off, and how many digits it is worth.
type Row = (&'static str, fn(&Figures) -> f64, usize);

const ROWS: [Row; 8] = [
    ("CPU us per 1000 samples", |f| f.ingest_cpu_s * 1e9 / float(f.samples), 1),
    ("million samples per CPU s", |f| float(f.samples) / f.ingest_cpu_s / 1e6, 2),
    ("wall s of writing", |f| f.ingest_wall_s, 1),
    ("RSS MiB", |f| float(f.rss_bytes) / 1_048_576.0, 1),
    ("peak RSS MiB", |f| float(f.rss_peak_bytes) / 1_048_576.0, 1),
    ("disk bytes per sample", |f| float(f.disk_bytes) / float(f.samples), 3),
    ("log bytes per sample", |f| float(f.log_bytes) / float(f.samples), 3),
    ("ready ms after SIGKILL", |f| float(f.restart_ms), 0),
];
