//! Generated queries.

use std::fmt;

use proptest::prelude::*;

/// Whether labels are left out, and the labels.
pub(crate) type Outer = (bool, Vec<&'static str>);

/// A metric query over both streams.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) stages: Vec<&'static str>,
    pub(crate) op: &'static str,
    pub(crate) unwraps: bool,
    pub(crate) window: i64,
    pub(crate) offset: i64,
    pub(crate) by: Option<Vec<&'static str>>,
    /// The aggregation around it and its labels.
    pub(crate) outer: Option<(&'static str, Option<Outer>)>,
    /// What is joined with it.
    pub(crate) tail: &'static str,
}

pub(crate) const STAGES: [&str; 16] = [
    r#"|= "error""#,
    r#"!= "info" or "warn""#,
    r#"|~ "err|in""#,
    "| json",
    r#"| json level, took="took""#,
    "| logfmt",
    "| logfmt level, took",
    "| logfmt took",
    r#"| logfmt lvl="level", took"#,
    r#"| level="error""#,
    "| took > 5",
    r#"| level="info" or pod="p""#,
    "| drop level, nope=\"x\"",
    "| keep level, took, nope=\"x\"",
    "| label_format lvl=level",
    r#"| __error__="""#,
];

const COUNTS: [&str; 5] = ["count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"];
const VALUES: [&str; 11] = [
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "first_over_time",
    "last_over_time",
    "quantile_over_time",
    "rate",
    "absent_over_time",
];
const TAILS: [&str; 8] = ["", "", "* 2", "> 1", ">= bool 1", "and vector(1)", "unless on() vector(1)", "or vector(0)"];

impl Query {
    pub(crate) fn is_grouped(&self) -> bool {
        !matches!(
            self.op,
            "sum_over_time" | "rate" | "absent_over_time" | "count_over_time" | "bytes_over_time" | "bytes_rate"
        )
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((op, grouping)) = &self.outer {
            write!(f, "{op} ")?;
            if let Some((without, labels)) = grouping {
                write!(f, "{} ({}) ", if *without { "without" } else { "by" }, labels.join(","))?;
            }
            f.write_str(if *op == "topk" { "(2, " } else { "(" })?;
        }
        write!(f, "{}(", self.op)?;
        f.write_str(if self.op == "quantile_over_time" { "0.75, " } else { "" })?;
        write!(f, "{{app=~\"a|b\"}} {}", self.stages.join(" "))?;
        f.write_str(if self.unwraps { " | unwrap took | __error__=\"\"" } else { "" })?;
        write!(f, "[{}s]", self.window)?;
        if self.offset != 0 {
            write!(f, " offset {}s", self.offset)?;
        }
        f.write_str(")")?;
        if let Some(by) = &self.by {
            write!(f, " by ({})", by.join(","))?;
        }
        f.write_str(if self.outer.is_some() { ")" } else { "" })?;
        write!(f, " {}", self.tail)
    }
}

fn labels() -> impl Strategy<Value = Vec<&'static str>> {
    let names = prop::sample::subsequence(vec!["app", "level", "lvl", "pod"], 0..3);
    // Alone they can be all that is needed.
    prop_oneof![Just(vec!["level"]), Just(vec!["lvl"]), names]
}

pub(crate) fn query() -> impl Strategy<Value = Query> {
    let op = prop_oneof![
        prop::sample::select(COUNTS.to_vec()).prop_map(|op| (op, false)),
        prop::sample::select(VALUES.to_vec()).prop_map(|op| (op, true)),
    ];
    // Sums are often pushed down to where lines are read, and then few labels are needed.
    let others = prop::sample::select(vec!["avg", "min", "max", "count", "stddev", "stdvar", "topk"]);
    let outer = prop_oneof![Just("sum"), others];
    let outer = (outer, prop::option::weighted(0.8, (prop::bool::weighted(0.2), labels())));
    let parsers: Vec<_> = STAGES.into_iter().filter(|s| s.starts_with("| json") || s.starts_with("| logfmt")).collect();
    let stage = prop_oneof![prop::sample::select(STAGES.to_vec()), prop::sample::select(parsers)];
    (
        prop::collection::vec(stage, 0..4),
        op,
        (1..40_i64, -10..10_i64),
        prop::option::of(labels()),
        prop::option::weighted(0.7, outer),
        prop::sample::select(TAILS.to_vec()),
    )
        .prop_map(|(stages, (op, unwraps), (window, offset), by, outer, tail)| {
            let mut query = Query { stages, op, unwraps, window, offset, by, outer, tail };
            query.by = query.by.filter(|by| !by.is_empty());
            if !query.is_grouped() {
                query.by = None;
            }
            query
        })
}
