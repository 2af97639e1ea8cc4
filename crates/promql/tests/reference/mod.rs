//! A naive evaluator of a part of the language.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use aio_series::histogram;
use aio_source::FixedMetrics;
use aio_types::{Histogram, Labels, METRIC_NAME, Samples, is_stale};
use proptest::prelude::*;

const LOOKBACK: i64 = 300_000;

/// A value of one series.
#[derive(Debug, Clone)]
pub(crate) enum Point {
    Float(f64),
    Histogram(Histogram),
}

pub(crate) type Vector = BTreeMap<Labels, Point>;

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Selector(&'static str),
    OverTime(&'static str, &'static str, i64),
    Aggregate(&'static str, Vec<&'static str>, bool, Box<Expr>),
    WithNumber(Box<Expr>, &'static str, f64),
    Join(Box<Expr>, &'static str, Box<Expr>),
    Absolute(Box<Expr>),
}

pub(crate) fn expr() -> impl Strategy<Value = Expr> {
    let name = || prop_oneof![Just("m"), Just("n")];
    let function = prop_oneof![
        Just("sum_over_time"),
        Just("max_over_time"),
        Just("count_over_time"),
        Just("last_over_time"),
        Just("changes"),
        Just("idelta")
    ];
    let leaf = prop_oneof![
        name().prop_map(Expr::Selector),
        (function, name(), 1_i64..6).prop_map(|(f, n, minutes)| Expr::OverTime(f, n, minutes)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let aggregation = prop_oneof![Just("sum"), Just("count"), Just("max"), Just("min"), Just("group")];
        let grouping = prop::sample::subsequence(vec!["a", "b"], 0..=2);
        let arithmetic = prop_oneof![Just("+"), Just("*"), Just("-")];
        let any = prop_oneof![Just("+"), Just("-"), Just(">"), Just("=="), Just("and"), Just("or"), Just("unless")];
        prop_oneof![
            (aggregation, grouping, any_bool(), inner.clone()).prop_map(|(op, names, without, e)| Expr::Aggregate(
                op,
                names,
                without,
                Box::new(e)
            )),
            (inner.clone(), arithmetic, -3_i32..4).prop_map(|(e, op, n)| Expr::WithNumber(
                Box::new(e),
                op,
                f64::from(n)
            )),
            (inner.clone(), any, inner.clone()).prop_map(|(l, op, r)| Expr::Join(Box::new(l), op, Box::new(r))),
            inner.prop_map(|e| Expr::Absolute(Box::new(e))),
        ]
    })
}

fn any_bool() -> impl Strategy<Value = bool> {
    any::<bool>()
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selector(name) => f.write_str(name),
            Self::OverTime(function, name, minutes) => write!(f, "{function}({name}[{minutes}m])"),
            Self::Aggregate(op, names, without, e) => {
                write!(f, "{op} {} ({}) ({e})", if *without { "without" } else { "by" }, names.join(", "))
            }
            Self::WithNumber(e, op, n) => write!(f, "({e} {op} {n})"),
            Self::Join(l, op, r) => write!(f, "({l} {op} {r})"),
            Self::Absolute(e) => write!(f, "abs({e})"),
        }
    }
}

fn without_name(labels: &Labels) -> Labels {
    labels.filter(|name| name != METRIC_NAME)
}

/// Refuses equal labels.
fn collect(all: impl IntoIterator<Item = (Labels, Point)>) -> Result<Vector, ()> {
    let mut out = Vector::new();
    for (labels, point) in all {
        if out.insert(labels, point).is_some() {
            return Err(());
        }
    }
    Ok(out)
}

impl Expr {
    /// The answer at a moment, or that there is none.
    pub(crate) fn eval(&self, source: &FixedMetrics, t: i64) -> Result<Vector, ()> {
        match self {
            Self::Selector(name) => Ok(newest(source, name, t)),
            Self::OverTime(function, name, minutes) => over_time(source, function, name, t, minutes * 60_000),
            Self::Aggregate(op, names, without, e) => Ok(aggregate(op, names, *without, &e.eval(source, t)?)),
            Self::WithNumber(e, op, n) => {
                let of = |(labels, point): (Labels, Point)| Some((without_name(&labels), number(op, &point, *n)?));
                collect(e.eval(source, t)?.into_iter().filter_map(of))
            }
            Self::Join(l, op, r) => join(op, &l.eval(source, t)?, &r.eval(source, t)?),
            Self::Absolute(e) => {
                let of = |(labels, point): (Labels, Point)| match point {
                    Point::Float(v) => Some((without_name(&labels), Point::Float(v.abs()))),
                    Point::Histogram(_) => None,
                };
                collect(e.eval(source, t)?.into_iter().filter_map(of))
            }
        }
    }
}

fn of_name<'a>(source: &'a FixedMetrics, name: &'a str) -> impl Iterator<Item = (&'a Labels, &'a Samples)> {
    source.series.iter().filter(move |(labels, _)| labels.metric_name() == name)
}

/// Everything of a series in order of time, with stale markers.
fn points(samples: &Samples) -> Vec<(i64, Point)> {
    let floats = samples.floats.iter().map(|s| (s.t.0, Point::Float(s.v)));
    let histograms = samples.histograms.iter().map(|s| (s.t.0, Point::Histogram(Histogram::clone(&s.h))));
    let mut all: Vec<_> = floats.chain(histograms).collect();
    all.sort_by_key(|(t, _)| *t);
    all
}

fn is_marker(point: &Point) -> bool {
    matches!(point, Point::Float(v) if is_stale(*v))
}

fn newest(source: &FixedMetrics, name: &str, t: i64) -> Vector {
    let of = |(labels, samples): (&Labels, &Samples)| {
        let (at, point) = points(samples).into_iter().rfind(|(at, _)| *at <= t)?;
        (at > t - LOOKBACK && !is_marker(&point)).then(|| (labels.clone(), point))
    };
    of_name(source, name).filter_map(of).collect()
}

fn over_time(source: &FixedMetrics, function: &str, name: &str, t: i64, range: i64) -> Result<Vector, ()> {
    let of = |(labels, samples): (&Labels, &Samples)| {
        let inside = |(at, point): &(i64, Point)| *at > t - range && *at <= t && !is_marker(point);
        let window: Vec<Point> = points(samples).into_iter().filter(inside).map(|(_, point)| point).collect();
        let labels = if function == "last_over_time" { labels.clone() } else { without_name(labels) };
        Some((labels, of_window(function, &window)?))
    };
    collect(of_name(source, name).filter_map(of))
}

fn of_window(function: &str, window: &[Point]) -> Option<Point> {
    let last = window.last()?.clone();
    let float = |point: &Point| match point {
        Point::Float(v) => Some(*v),
        Point::Histogram(_) => None,
    };
    let floats: Vec<f64> = window.iter().filter_map(float).collect();
    match function {
        "last_over_time" => Some(last),
        "count_over_time" => Some(Point::Float(f64::from(u32::try_from(window.len()).ok()?))),
        "sum_over_time" => sum(window),
        "max_over_time" => extreme(&floats, |a, b| a > b),
        "changes" => {
            let changed = |pair: &&[Point]| match (&pair[0], &pair[1]) {
                (Point::Float(a), Point::Float(b)) => a != b && !(a.is_nan() && b.is_nan()),
                (Point::Histogram(a), Point::Histogram(b)) => a != b,
                _ => true,
            };
            Some(Point::Float(f64::from(u32::try_from(window.windows(2).filter(changed).count()).ok()?)))
        }
        "idelta" => match window {
            [.., Point::Float(a), Point::Float(b)] => Some(Point::Float(b - a)),
            [.., Point::Histogram(a), Point::Histogram(b)] => {
                let mut difference = b.clone();
                histogram::subtract(&mut difference, a).ok()?;
                histogram::compact(&mut difference);
                Some(Point::Histogram(difference))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Floats or histograms; nothing of both.
fn sum(points: &[Point]) -> Option<Point> {
    let mut total = points.first()?.clone();
    for point in &points[1..] {
        match (&mut total, point) {
            (Point::Float(sum), Point::Float(v)) => *sum += v,
            (Point::Histogram(sum), Point::Histogram(h)) => {
                histogram::add(sum, h).ok()?;
            }
            _ => return None,
        }
    }
    Some(total)
}

fn extreme(floats: &[f64], beyond: impl Fn(f64, f64) -> bool) -> Option<Point> {
    let pick = |a: f64, b: f64| if a.is_nan() || beyond(b, a) { b } else { a };
    floats.iter().copied().reduce(pick).map(Point::Float)
}

fn aggregate(op: &str, names: &[&str], without: bool, input: &Vector) -> Vector {
    let mut groups: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
    for (labels, point) in input {
        let keep = |name: &str| names.contains(&name) != without && name != METRIC_NAME;
        groups.entry(labels.filter(keep)).or_default().push(point.clone());
    }
    let of = |(labels, points): (Labels, Vec<Point>)| {
        let floats: Vec<f64> =
            points.iter().filter_map(|p| if let Point::Float(v) = p { Some(*v) } else { None }).collect();
        let value = match op {
            "sum" => sum(&points)?,
            "count" => Point::Float(f64::from(u32::try_from(points.len()).ok()?)),
            "group" => Point::Float(1.0),
            "max" => extreme(&floats, |a, b| a > b)?,
            _ => extreme(&floats, |a, b| a < b)?,
        };
        Some((labels, value))
    };
    groups.into_iter().filter_map(of).collect()
}

fn number(op: &str, point: &Point, n: f64) -> Option<Point> {
    match (op, point) {
        ("+", Point::Float(v)) => Some(Point::Float(v + n)),
        ("-", Point::Float(v)) => Some(Point::Float(v - n)),
        ("*", Point::Float(v)) => Some(Point::Float(v * n)),
        ("*", Point::Histogram(h)) => {
            let mut h = h.clone();
            histogram::multiply(&mut h, n);
            histogram::compact(&mut h);
            Some(Point::Histogram(h))
        }
        _ => None,
    }
}

fn join(op: &str, left: &Vector, right: &Vector) -> Result<Vector, ()> {
    let has = |side: &Vector, labels: &Labels| side.keys().any(|other| without_name(other) == without_name(labels));
    match op {
        "and" => Ok(left.iter().filter(|(l, _)| has(right, l)).map(|(l, p)| (l.clone(), p.clone())).collect()),
        "unless" => Ok(left.iter().filter(|(l, _)| !has(right, l)).map(|(l, p)| (l.clone(), p.clone())).collect()),
        "or" => {
            let more = right.iter().filter(|(r, _)| !has(left, r));
            collect(left.iter().chain(more).map(|(l, p)| (l.clone(), p.clone())))
        }
        _ => matched(op, left, right),
    }
}

/// One to one by all labels but the name.
fn matched(op: &str, left: &Vector, right: &Vector) -> Result<Vector, ()> {
    if left.is_empty() || right.is_empty() {
        return Ok(Vector::new());
    }
    let mut by_labels: BTreeMap<Labels, &Point> = BTreeMap::new();
    for (labels, point) in right {
        if by_labels.insert(without_name(labels), point).is_some() {
            return Err(());
        }
    }
    let mut met = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for (labels, l) in left {
        let Some(r) = by_labels.get(&without_name(labels)) else { continue };
        let Some((value, kept)) = operate(op, l, r) else { continue };
        if !met.insert(without_name(labels)) {
            return Err(());
        }
        if kept {
            let keeps_name = matches!(op, ">" | "==");
            out.push((if keeps_name { labels.clone() } else { without_name(labels) }, value));
        }
    }
    collect(out)
}

/// What two elements yield and whether it is kept; `None` where they do not go together.
fn operate(op: &str, l: &Point, r: &Point) -> Option<(Point, bool)> {
    match (op, l, r) {
        ("+", Point::Float(l), Point::Float(r)) => Some((Point::Float(l + r), true)),
        ("-", Point::Float(l), Point::Float(r)) => Some((Point::Float(l - r), true)),
        (">", Point::Float(l), Point::Float(r)) => Some((Point::Float(*l), l > r)),
        ("==", Point::Float(l), Point::Float(r)) => Some((Point::Float(*l), l == r)),
        ("==", Point::Histogram(a), Point::Histogram(b)) => Some((Point::Histogram(a.clone()), histogram::equal(a, b))),
        ("+" | "-", Point::Histogram(l), Point::Histogram(r)) => {
            let mut h = l.clone();
            let combine = if op == "+" { histogram::add } else { histogram::subtract };
            combine(&mut h, r).ok()?;
            histogram::compact(&mut h);
            Some((Point::Histogram(h), true))
        }
        _ => None,
    }
}
