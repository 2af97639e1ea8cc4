//! An engine that keeps answers against one that does not, while samples come, late ones included.

use std::collections::BTreeMap;

use aio_source::{Error, FixedMetrics, Mark, SeriesExemplars, SeriesReader};
use aio_types::{Labels, Matcher, Metadata, TimeRange};
use proptest::prelude::*;

use super::*;
use crate::{Config, Engine, Options};

const STEP: i64 = 60_000;
/// Off the grid.
const SAMPLE: i64 = 40_000;

/// Keeps account of its changes, one after the other.
#[derive(Default)]
struct Changing {
    series: FixedMetrics,
    changes: Vec<TimestampMs>,
}

impl Changing {
    fn write(&mut self, name: &'static str, a: usize, t: i64, v: f64) {
        let labels = Labels::from_pairs([("__name__", name.to_owned()), ("a", a.to_string())]);
        let floats = &mut self.series.series.entry(labels).or_default().floats;
        let sample = aio_types::Sample { t: TimestampMs(t), v };
        match floats.binary_search_by_key(&sample.t, |s| s.t) {
            Ok(at) => floats[at] = sample,
            Err(at) => floats.insert(at, sample),
        }
        self.changes.push(TimestampMs(t));
    }
}

impl MetricsSource for Changing {
    fn select<'a>(&'a self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<Box<dyn SeriesReader + 'a>>, Error> {
        self.series.select(matchers, range)
    }

    fn series(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, Error> {
        self.series.series(selections, range)
    }

    fn label_names(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        self.series.label_names(selections, range)
    }

    fn label_values(&self, name: &str, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<String>, Error> {
        self.series.label_values(name, selections, range)
    }

    fn exemplars(&self, selections: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<SeriesExemplars>, Error> {
        self.series.exemplars(selections, range)
    }

    fn metadata(&self) -> Result<BTreeMap<String, Vec<Metadata>>, Error> {
        self.series.metadata()
    }

    fn mark(&self) -> Option<Mark> {
        Some(Mark { history: 7, change: self.changes.len() as u64 })
    }

    fn unchanged_before(&self, mark: Mark) -> TimestampMs {
        let since = usize::try_from(mark.change).expect("few");
        self.changes[since..].iter().copied().min().unwrap_or(TimestampMs::MAX)
    }
}

const QUERIES: [&str; 12] = [
    "m_total",
    "rate(m_total[3m])",
    "sum by (a) (rate(m_total[5m]))",
    "avg(m_total) - m_total",
    "topk(1, m_total)",
    "max_over_time(n_total[4m] offset 1m)",
    "m_total / ignoring(x) n_total",
    "absent(n_total)",
    "count({__name__=~\".*_total\"})",
    "time() - timestamp(m_total)",
    "m_total @ end()",
    "sum_over_time(m_total[2m] offset -1m)",
];

/// Writes a sample, or asks.
#[derive(Debug, Clone)]
enum Act {
    Write { name: bool, a: usize, t: i64, v: i32 },
    Ask { query: usize, start: i64, steps: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (any::<bool>(), 0_usize..3, 0_i64..40, 0_i32..50).prop_map(|(name, a, t, v)| Act::Write { name, a, t, v }),
        (0..QUERIES.len(), 0_i64..10, 1_i64..20).prop_map(|(query, start, steps)| Act::Ask { query, start, steps }),
    ]
}

fn shown(engine: &Engine, source: &Changing, query: &str, start: i64, steps: i64) -> String {
    let range = TimeRange::new(start * STEP, (start + steps - 1) * STEP);
    let outcome = engine.range(source, query, range, STEP, &Options::default());
    // Debug tells NaN from nothing, and all digits.
    match outcome {
        Ok(outcome) => format!("{:?} {:?} {:?}", outcome.value, outcome.warnings, outcome.infos),
        Err(error) => error.to_string(),
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_what_evaluation_yields(acts in prop::collection::vec(act(), 1..60)) {
        let mut source = Changing::default();
        let keeping = Engine::new(Config::default());
        let forgetting = Engine::new(Config { answers_bytes: 0, ..Config::default() });
        for act in acts {
            match act {
                Act::Write { name, a, t, v } => {
                    source.write(if name { "m_total" } else { "n_total" }, a, t * SAMPLE, f64::from(v));
                }
                Act::Ask { query, start, steps } => {
                    let query = QUERIES[query];
                    let kept = shown(&keeping, &source, query, start, steps);
                    prop_assert_eq!(kept, shown(&forgetting, &source, query, start, steps), "{} {} {}", query, start, steps);
                }
            }
        }
    }
}

fn source() -> Changing {
    let mut source = Changing::default();
    (0..60).for_each(|i| source.write("m_total", 0, i * SAMPLE, 1.0));
    source
}

fn samples_read(engine: &Engine, source: &Changing, query: &str, start: i64, steps: i64) -> u64 {
    let range = TimeRange::new(start * STEP, (start + steps - 1) * STEP);
    engine.range(source, query, range, STEP, &Options::default()).expect("evaluates").stats.samples_read
}

#[test]
fn only_what_is_new_or_changed_is_evaluated() {
    let (engine, mut source) = (Engine::new(Config::default()), source());
    let read = |source: &Changing, start, steps| samples_read(&engine, source, "sum(m_total)", start, steps);
    let all = read(&source, 0, 20);
    assert_eq!(read(&source, 0, 20), 0);
    assert_eq!(read(&source, 5, 10), 0, "a part of it");
    let some = read(&source, 1, 21);
    assert!(some > 0 && some < all / 2, "{some} of {all}");
    source.write("n_total", 0, 15 * STEP, 1.0);
    let changed = read(&source, 1, 21);
    assert!(changed > some && changed < all, "{changed} of {all}");
    assert!(read(&source, 0, 10) > 0, "before what is kept");
}

#[test]
fn some_queries_are_not_kept() {
    let (engine, source) = (Engine::new(Config::default()), source());
    for query in [
        "m_total @ 60",
        "m_total offset -1m",
        "max_over_time(m_total[5m] offset -1m)",
        "m_total smoothed",
        "rate(m_total[range()])",
        "m_total + start ()",
        "m_total - end\n()",
        "m_total + end # of it\n()",
        "rate({__name__=~\"m.*\"}[5m])",
        "sum_over_time(m_total[5m:1m])",
        "sort(m_total)",
        "quantile(2, m_total)",
    ] {
        assert!(samples_read(&engine, &source, query, 0, 10) > 0, "{query}");
        assert!(samples_read(&engine, &source, query, 0, 10) > 0, "{query}");
    }
}

#[test]
fn the_limit_holds_and_what_was_asked_for_stays() {
    let source = source();
    let selectors: Vec<String> = (0..50).map(|i| format!("m_total + {i}")).collect();
    let engine = Engine::new(Config { answers_bytes: 4000, ..Config::default() });
    assert!(samples_read(&engine, &source, "m_total", 0, 20) > 0);
    for query in &selectors {
        assert!(samples_read(&engine, &source, query, 0, 20) > 0);
        assert_eq!(samples_read(&engine, &source, "m_total", 0, 20), 0);
    }
    assert!(engine_bytes(&engine) <= 4000);
    assert!(samples_read(&engine, &source, &selectors[0], 0, 20) > 0);
    assert!(
        samples_read(&engine, &source, "m_total", 0, 400) > 0 && samples_read(&engine, &source, "m_total", 0, 400) > 0
    );
}

fn engine_bytes(engine: &Engine) -> usize {
    engine.answers().held().bytes
}
