//! Function calls.

use aio_types::{Labels, MatchOp, Matcher};
use promql_parser::parser;

use super::not_supported;
use crate::Error;
use crate::dates::DateFunction;
use crate::math::MathFunction;
use crate::plan::{Plan, Window, WindowSource};
use crate::range::RangeFunction;

/// Behind a switch in Prometheus, which is off by default.
const EXPERIMENTAL: &[&str] = &[
    "double_exponential_smoothing",
    "histogram_quantiles",
    "info",
    "mad_over_time",
    "max_of",
    "min_of",
    "sort_by_label",
    "sort_by_label_desc",
    "start_timestamp",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
];

pub(super) fn lower(c: &parser::Call) -> Result<Plan, Error> {
    let name = c.func.name;
    if EXPERIMENTAL.contains(&name) {
        return Err(Error::Parse(format!("parse error: function {name:?} is not enabled")));
    }
    let args = c.args.args.iter().map(|a| super::lower(a)).collect::<Result<Vec<_>, _>>()?;
    if let Some(function) = RangeFunction::named(name) {
        return over_range(function, name, args);
    }
    if let Some(function) = MathFunction::named(name) {
        return Ok(Plan::Math { function, args });
    }
    let mut args = Args { name, args: args.into_iter() };
    if let Some(function) = DateFunction::named(name) {
        return Ok(Plan::Date { function, input: args.args.next().map(Box::new) });
    }
    Ok(match name {
        "time" => Plan::Time,
        "pi" => Plan::Number(std::f64::consts::PI),
        "timestamp" => Plan::Timestamp(args.next()?),
        "vector" => Plan::Vector(args.next()?),
        "scalar" => Plan::Scalar(args.next()?),
        "sort" | "sort_desc" => Plan::Sort { input: args.next()?, descending: name == "sort_desc" },
        "absent" => {
            let input = args.next()?;
            let labels = match &*input {
                Plan::Selector(selector) => absent_labels(&selector.matchers),
                _ => Labels::default(),
            };
            Plan::Absent { input, labels }
        }
        "absent_over_time" => absent_over_time(*args.next()?)?,
        "histogram_quantile" => Plan::HistogramQuantile { quantile: args.next()?, input: args.next()? },
        "label_replace" => label_replace(&mut args)?,
        "label_join" => label_join(&mut args)?,
        _ => return not_supported(format!("function {name:?}")),
    })
}

/// What is left of a call's arguments.
struct Args<'a> {
    name: &'a str,
    args: std::vec::IntoIter<Plan>,
}

impl Args<'_> {
    fn next(&mut self) -> Result<Box<Plan>, Error> {
        let missing = || Error::Parse(format!("parse error: too few arguments of {}", self.name));
        self.args.next().map(Box::new).ok_or_else(missing)
    }

    fn text(&mut self) -> Result<String, Error> {
        match *self.next()? {
            Plan::Text(text) => Ok(text),
            _ => Err(Error::Parse(format!("parse error: expected type string in call to function {:?}", self.name))),
        }
    }
}

fn over_range(function: RangeFunction, name: &str, args: Vec<Plan>) -> Result<Plan, Error> {
    let (mut window, mut param) = (None, None);
    for arg in args {
        match arg {
            Plan::Range(range) => window = Some(range),
            other => param = Some(Box::new(other)),
        }
    }
    match window {
        Some(window) => Ok(Plan::OverRange { function, window, param }),
        None => Err(Error::Parse(format!("parse error: expected type range vector in call to function {name:?}"))),
    }
}

fn absent_over_time(input: Plan) -> Result<Plan, Error> {
    let Plan::Range(window) = input else {
        let why = "parse error: expected type range vector in call to function \"absent_over_time\"";
        return Err(Error::Parse(why.to_owned()));
    };
    let labels = match &window {
        Window { source: WindowSource::Stored(matchers), .. } => absent_labels(matchers),
        Window { source: WindowSource::Subquery { .. }, .. } => Labels::default(),
    };
    Ok(Plan::AbsentOverTime { window, labels })
}

/// Labels of `absent`'s answer: the equality matchers of a plain selector that name their label once.
fn absent_labels(matchers: &[Matcher]) -> Labels {
    let once = |m: &&Matcher| matchers.iter().filter(|o| o.name == m.name).count() == 1;
    let equal = matchers.iter().filter(|m| m.op == MatchOp::Equal && &*m.name != aio_types::METRIC_NAME);
    Labels::from_pairs(equal.filter(once).map(|m| (m.name.clone(), m.value.clone())))
}

/// In Go `$1x` names the group `1x`, in the regex crate too; both write `$$` for a dollar and take a lone `$` as it
/// is: the replacement needs no translation.
fn label_replace(args: &mut Args<'_>) -> Result<Plan, Error> {
    let input = args.next()?;
    let [target, replacement, source, pattern] = [args.text()?, args.text()?, args.text()?, args.text()?];
    destination(&target, "label_replace")?;
    let pattern = regex::Regex::new(&format!("^(?s:{pattern})$"))
        .map_err(|e| Error::Execution(format!("invalid regular expression in label_replace(): {e}")))?;
    Ok(Plan::LabelReplace { input, target, replacement, source, pattern })
}

fn label_join(args: &mut Args<'_>) -> Result<Plan, Error> {
    let (input, target, separator) = (args.next()?, args.text()?, args.text()?);
    destination(&target, "label_join")?;
    let mut sources = Vec::new();
    while args.args.len() > 0 {
        sources.push(args.text()?);
    }
    Ok(Plan::LabelJoin { input, target, separator, sources })
}

fn destination(target: &str, function: &str) -> Result<(), Error> {
    if target.is_empty() {
        return Err(Error::Execution(format!("invalid destination label name in {function}(): \"\"")));
    }
    Ok(())
}
