//! The script language: `load`, `clear` and `eval`.

mod at;
mod case;
mod compare;
mod expect;
mod load;

use aio_promql::{Config, Engine, Options, Outcome, Value};
use aio_source::FixedMetrics;
use aio_types::{TimeRange, TimestampMs};

use self::case::{Case, When};

/// What came of scripts.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) cases: usize,
    pub(crate) right: usize,
    /// Place and fault.
    pub(crate) faults: Vec<(String, String)>,
}

/// Settings that scripts assume.
fn engine() -> Engine {
    Engine::new(Config { max_samples: 10_000, delayed_name_removal: true, start_timestamps: true, ..Config::default() })
}

/// A command: its line, and those that belong to it.
struct Block<'a> {
    number: usize,
    head: &'a str,
    body: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            open = false;
        } else if open {
            out.last_mut().unwrap().body.push(line);
        } else {
            out.push(Block { number: number + 1, head: line, body: Vec::new() });
            open = line != "clear";
        }
    }
    out
}

/// Runs a script.
pub(crate) fn run(name: &str, text: &str, tally: &mut Tally) {
    let engine = engine();
    let mut source = FixedMetrics::default();
    for block in blocks(text) {
        let place = format!("{name}:{}", block.number);
        let word = block.head.split_whitespace().next().unwrap_or_default();
        if word == "clear" {
            source = FixedMetrics::default();
        } else if word.starts_with("load") {
            if let Err(fault) = load::load(&mut source, block.head, &block.body) {
                tally.faults.push((place, fault));
            }
        } else {
            tally.cases += 1;
            let found = case::parse(block.head, &block.body).and_then(|case| check(&engine, &source, &case));
            match found {
                Ok(()) => tally.right += 1,
                Err(fault) => tally.faults.push((place, format!("{}: {fault}", block.head))),
            }
        }
    }
}

fn check(engine: &Engine, source: &FixedMetrics, case: &Case) -> Result<(), String> {
    match case.when {
        When::Range { start, end, step } => {
            let range = TimeRange { start: TimestampMs(start), end: TimestampMs(end) };
            let result = engine.range(source, &case.query, range, step, &Options::default());
            let Some(outcome) = case.expected.failure(result.map_err(|e| e.to_string()))? else { return Ok(()) };
            case.expected.notes(&outcome)?;
            compare::value(case, &outcome.value)
        }
        When::Instant(at) => {
            instant(engine, source, case, &case.query, at)?;
            for other in at::times(at) {
                let Some(query) = at::pinned(&case.query, at) else { break };
                instant(engine, source, case, &query, other).map_err(|e| format!("as {query} at {other}: {e}"))?;
            }
            Ok(())
        }
    }
}

fn instant(engine: &Engine, source: &FixedMetrics, case: &Case, query: &str, at: i64) -> Result<(), String> {
    let result = engine.instant(source, query, TimestampMs(at), &Options::default());
    let Some(outcome) = case.expected.failure(result.map_err(|e| e.to_string()))? else { return Ok(()) };
    case.expected.notes(&outcome)?;
    compare::value(case, &outcome.value)?;
    let of_query = ["start()", "end()", "range()", "step()"].iter().any(|call| query.contains(call));
    if case.range_vector.is_some() || case.expected.text.is_some() || of_query {
        return Ok(());
    }
    let around = TimeRange { start: TimestampMs(at - 60_000), end: TimestampMs(at + 60_000) };
    let as_range = engine.range(source, query, around, 60_000, &Options::default());
    let as_range = as_range.map_err(|e| format!("as a range query: {e}"))?;
    if case.expected.ordered {
        return Ok(());
    }
    middle(case, &outcome, as_range, at).map_err(|e| format!("as a range query: {e}"))
}

/// The value of a range query at its middle is that of the instant query.
fn middle(case: &Case, outcome: &Outcome, as_range: Outcome, at: i64) -> Result<(), String> {
    let Value::Matrix(series) = as_range.value else { return Err("no matrix".to_owned()) };
    compare::is_sorted(&series)?;
    let vector = compare::at(&series, TimestampMs(at));
    match (&outcome.value, vector.first().and_then(|sample| sample.value.float())) {
        (Value::Scalar(scalar), Some(v)) => compare::value(case, &Value::Scalar(aio_types::Sample { v, ..*scalar })),
        (Value::Scalar(_), None) => Err("no scalar".to_owned()),
        _ => compare::value(case, &Value::Vector(vector)),
    }
}
