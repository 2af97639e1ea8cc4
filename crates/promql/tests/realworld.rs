//! Expressions of real dashboards and rules, where they are at hand, must be answered: by nothing, since the source is
//! empty, but without an error. The folder is `$OBSERVER_SHARED/realworld/promql` or `../shared/realworld/promql`.

use std::path::{Path, PathBuf};

use aio_promql::{Config, Engine, Options};
use aio_source::FixedMetrics;
use aio_types::TimestampMs;

#[test]
fn real_dashboards_and_rules_are_answered() {
    let shared = std::env::var_os("OBSERVER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(files) = std::fs::read_dir(shared.join("realworld/promql")) else {
        eprintln!("SKIPPED: no realworld/promql folder at hand (set OBSERVER_SHARED)");
        return;
    };
    let engine = Engine::new(Config::default());
    let options = Options { lookback_ms: None, stop: &|| false };
    let (mut answered, mut faults) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let expressions: Vec<String> = serde_json::from_str(&text).unwrap();
        for expression in expressions {
            match engine.instant(&FixedMetrics::default(), &expression, TimestampMs(0), &options) {
                Ok(_) => answered += 1,
                Err(error) => faults.push(format!("{error}: {expression}")),
            }
        }
    }
    eprintln!("realworld: {answered} answered, {} not", faults.len());
    assert!(answered > 100 && faults.is_empty(), "{answered} answered, not:\n{}", faults.join("\n"));
}
