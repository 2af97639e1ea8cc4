//! Expressions of real dashboards and rules, where they are at hand, must be answered: by nothing, since the source is
//! empty, but without an error.

#![expect(clippy::unwrap_used, reason = "a test")]

mod shared;

use aio_promql::{Config, Engine, Options};
use aio_source::FixedMetrics;
use aio_types::TimestampMs;

#[test]
fn real_dashboards_and_rules_are_answered() {
    let Some(folder) = shared::folder("realworld/promql") else { return };
    let engine = Engine::new(Config::default());
    let (mut answered, mut faults) = (0, Vec::new());
    for file in shared::files(&folder) {
        let text = std::fs::read_to_string(file).unwrap();
        let expressions: Vec<String> = serde_json::from_str(&text).unwrap();
        for expression in expressions {
            match engine.instant(&FixedMetrics::default(), &expression, TimestampMs(0), &Options::default()) {
                Ok(_) => answered += 1,
                Err(error) => faults.push(format!("{error}: {expression}")),
            }
        }
    }
    eprintln!("realworld: {answered} answered, {} not", faults.len());
    assert!(answered > 100 && faults.is_empty(), "{answered} answered, not:\n{}", faults.join("\n"));
}
