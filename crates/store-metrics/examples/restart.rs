//! How long a start takes after the process was killed: `restart DIR SERIES SAMPLES`.
//!
//! Writes so many series with so many samples each, which all stay in the log, then opens the store again.

use std::path::PathBuf;

use aio_store_metrics::{Config, MetricsStore, OnFault};
use aio_types::{Labels, MetricsWrite, Sample, SeriesWrite, TenantId, TimestampMs};

const START: i64 = 1_700_000_000_000;
const SERIES_A_WRITE: u32 = 2_000;

fn labels(id: u32) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("http_requests_{}_total", id % 300)),
        ("namespace", format!("team-{}", id % 40)),
        ("pod", format!("app-{:x}-{:05x}", id % 977, id / 300)),
        ("container", format!("c{}", id % 7)),
        ("instance", format!("10.{}.{}.{}:8080", id % 8, id / 300 % 250, id % 250)),
        ("job", format!("job-{}", id % 60)),
    ])
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool that measures and prints")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a directory"));
    let mut number = || arguments.next().and_then(|text| text.parse::<u32>().ok()).expect("a number");
    let (series, samples) = (number(), number());
    let config = || Config { data_dir: dir.clone(), ..Config::default() };
    {
        let store = MetricsStore::open(config()).expect("opens");
        let began = std::time::Instant::now();
        let all: Vec<_> = (0..series).map(labels).collect();
        for step in 0..samples {
            let t = TimestampMs(START + i64::from(step) * 15_000);
            for part in all.chunks(SERIES_A_WRITE as usize) {
                let one = |(i, labels): (usize, &Labels)| SeriesWrite {
                    labels: labels.clone(),
                    samples: vec![Sample { t, v: f64::from(step * 7) + f64::from(u8::try_from(i % 100).unwrap_or(0)) }]
                        .into(),
                    exemplars: Vec::new(),
                };
                let write: MetricsWrite = part.iter().enumerate().map(one).collect();
                store.append(&TenantId::default(), &write, t, OnFault::KeepTheRest).expect("appends");
            }
        }
        println!("wrote {} samples in {:?}", u64::from(series) * u64::from(samples), began.elapsed());
        std::mem::forget(store);
    }
    let began = std::time::Instant::now();
    let store = MetricsStore::open(config()).expect("opens");
    println!("started in {:?}", began.elapsed());
    let found = store.source(&TenantId::default()).cardinality(1).expect("counts");
    println!("{} series, {} chunks", found.series, found.chunks);
}
