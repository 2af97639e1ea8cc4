//! The engine beside an evaluator that does everything the plain way: every step on its own, every line anew.

mod model;
mod query;
mod source;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use aio_logql::{Answer, Config, Direction, Engine, Error, RangeRequest};
use aio_types::TimestampNs;
use proptest::prelude::*;

use crate::model::evaluate;
use crate::query::{Query, query};
use crate::source::{Lines, Row, rows};

const S: i64 = 1_000_000_000;

/// Values by label set, then by second.
type Matrix = BTreeMap<BTreeMap<String, String>, BTreeMap<i64, f64>>;

fn run(query: &Query, rows: &[Row], steps: (i64, i64, i64)) -> Result<Matrix, Error> {
    let (start, end, step) = steps;
    let request = RangeRequest {
        start: TimestampNs(start * S),
        end: TimestampNs(end * S),
        step_ns: step * S,
        limit: 100,
        direction: Direction::Forward,
        interval_ns: 0,
        partial: false,
    };
    let expr = aio_logql::parse(&query.to_string())?;
    let limits = Config { series_max: 10_000, ..Config::default() };
    let outcome = Engine::new(limits).range(&expr, &Lines(rows.to_vec()), &request, &AtomicBool::new(false))?;
    let Answer::Matrix(series) = outcome.answer else { panic!("{query}: no matrix") };
    let owned = |(n, v): (&str, &str)| (n.to_owned(), v.to_owned());
    let points = |p: &[(TimestampNs, f64)]| p.iter().map(|(t, v)| (t.0 / S, *v)).collect();
    Ok(series.iter().map(|s| (s.labels.iter().map(owned).collect(), points(&s.points))).collect())
}

fn are_close(a: &Matrix, b: &Matrix) -> bool {
    let close =
        |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
    a.len() == b.len()
        && a.iter().zip(b).all(|((la, pa), (lb, pb))| {
            la == lb
                && pa.len() == pb.len()
                && pa.iter().zip(pb).all(|((ta, va), (tb, vb))| ta == tb && close(*va, *vb))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn answers_are_those_of_a_plain_evaluator(
        query in query(),
        rows in rows(),
        (start, len, step) in (0..60_i64, 0..60_i64, 1..20_i64),
    ) {
        let steps = (start.div_euclid(step) * step, start + len + step - 1, step);
        let want = evaluate(&query, &rows, (steps.0, steps.1.div_euclid(step) * step, step));
        match (run(&query, &rows, (start, start + len, step)), want) {
            (Ok(found), Some(want)) => prop_assert!(are_close(&found, &want), "{}\n{:?}\n{:?}", query, found, want),
            (Err(Error::Pipeline { .. }), None) => {}
            (found, want) => prop_assert!(false, "{}\n{:?}\n{:?}", query, found, want),
        }
    }
}
