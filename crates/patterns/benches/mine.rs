//! What a line costs. `cargo bench -p aio-patterns`.

use std::hint::black_box;

use aio_patterns::Miner;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn lines() -> Vec<String> {
    let line = |i: usize| match i % 3 {
        0 => format!(
            r#"{{"level":"info","msg":"request done","path":"/api/items/{i}","status":200,"took":"{}ms"}}"#,
            i % 70
        ),
        1 => format!(
            r#"ts=2026-01-01T00:00:{:02}Z level=info msg="request done" path=/api/items/{i} took={}ms"#,
            i % 60,
            i % 70
        ),
        _ => format!(r#"10.0.{}.{} - - [10/Oct/2026:13:55:36 +0000] "GET /a/{i} HTTP/1.1" 200 {i}"#, i % 250, i % 99),
    };
    (0..3000).map(line).collect()
}

fn mine(criterion: &mut Criterion) {
    let lines = lines();
    let mut group = criterion.benchmark_group("mine");
    group.throughput(Throughput::Bytes(lines.iter().map(|l| l.len() as u64).sum()));
    group.bench_function("lines of three templates", |bencher| {
        bencher.iter(|| {
            let mut miner = Miner::default();
            for line in &lines {
                black_box(miner.add(line));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, mine);
criterion_main!(benches);
