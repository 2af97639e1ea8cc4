//! The table: a line a figure, a column a server, and how many times the first server's figure the others' are.

use crate::load::Load;
use crate::measure::Figures;

/// A line: its name, how to read it off, and how many digits it is worth.
type Row = (String, Read, usize);
/// Takes the position of a query where the figure is one of a query's.
type Read = fn(&Figures, usize) -> f64;

#[expect(clippy::print_stdout, reason = "the result")]
pub(crate) fn print(load: &Load, all: &[Figures]) {
    println!("{} series, {} samples\n", load.series(), load.samples());
    let mut line = format!("{:28}", "");
    all.iter().for_each(|f| line.push_str(&format!("{:>24}", f.server)));
    println!("{line}");
    let queries = all.first().map_or(0, |f| f.queries.len());
    for (name, of, digits) in ROWS.iter().map(|(n, f, d)| ((*n).to_owned(), *f, *d)) {
        println!("{}", row(&(name, of, digits), all, 0));
    }
    for at in 0..queries {
        let name = all[0].queries[at].name.clone();
        println!("{}", row(&(format!("{name}, p50 ms"), |f, at| f.queries[at].p50_ms, 2), all, at));
        println!(
            "{}",
            row(&(format!("{:>w$}", "CPU ms", w = name.len() + 8), |f, at| f.queries[at].cpu_ms, 2), all, at)
        );
    }
}

const ROWS: [(&str, Read, usize); 8] = [
    ("CPU us per 1000 samples", |f, _| f.ingest_cpu_s * 1e9 / float(f.samples), 1),
    ("million samples per CPU s", |f, _| float(f.samples) / f.ingest_cpu_s / 1e6, 2),
    ("wall s of writing", |f, _| f.ingest_wall_s, 1),
    ("RSS MiB", |f, _| float(f.rss_bytes) / 1_048_576.0, 1),
    ("peak RSS MiB", |f, _| float(f.rss_peak_bytes) / 1_048_576.0, 1),
    ("disk bytes per sample", |f, _| float(f.disk_bytes) / float(f.samples), 3),
    ("log bytes per sample", |f, _| float(f.log_bytes) / float(f.samples), 3),
    ("ready ms after SIGKILL", |f, _| float(f.restart_ms), 0),
];

#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
fn float(n: u64) -> f64 {
    n as f64
}

fn row((name, of, digits): &Row, all: &[Figures], at: usize) -> String {
    let mut line = format!("{name:28}");
    let base = all.first().map_or(0.0, |f| of(f, at));
    for (position, figures) in all.iter().enumerate() {
        let value = of(figures, at);
        let ratio = if position == 0 { String::new() } else { format!(" (x{:.2})", value / base) };
        line.push_str(&format!("{:>24}", format!("{value:.digits$}{ratio}")));
    }
    line
}
