//! From the parser's tree to ours. Whatever has no place in ours is refused here, by name.

use aio_types::{Labels, MatchOp, Matcher};
use promql_parser::label;
use promql_parser::parser::{self, Expr, LabelModifier, Offset, VectorMatchCardinality};

use crate::Error;
use crate::plan::{AggregateOp, BinaryOp, Grouping, Matching, MathFunction, Plan, RangeFunction, Selector};

fn not_supported<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::NotSupported(what.into()))
}

pub(crate) fn lower(expr: &Expr) -> Result<Plan, Error> {
    Ok(match expr {
        Expr::NumberLiteral(number) => Plan::Number(number.val),
        Expr::StringLiteral(text) => Plan::Text(text.val.clone()),
        Expr::Paren(paren) => lower(&paren.expr)?,
        Expr::Unary(unary) => Plan::Negate(Box::new(lower(&unary.expr)?)),
        Expr::VectorSelector(vs) => Plan::Selector(selector(vs)?),
        Expr::MatrixSelector(ms) => Plan::Range { selector: selector(&ms.vs)?, range_ms: millis(ms.range) },
        Expr::Binary(b) => binary(b)?,
        Expr::Aggregate(a) => aggregate(a)?,
        Expr::Call(c) => call(c)?,
        Expr::Subquery(_) => return not_supported("subqueries"),
        Expr::Extension(_) => return not_supported("parser extensions"),
    })
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn selector(vs: &parser::VectorSelector) -> Result<Selector, Error> {
    if vs.at.is_some() {
        return not_supported("the @ modifier");
    }
    let offset_ms = match &vs.offset {
        None => 0,
        Some(Offset::Pos(d)) => millis(*d),
        Some(Offset::Neg(d)) => -millis(*d),
    };
    Ok(Selector { matchers: matchers(vs)?, offset_ms })
}

/// The matchers of a selector, its bare name included.
pub(crate) fn matchers(vs: &parser::VectorSelector) -> Result<Vec<Matcher>, Error> {
    if !vs.matchers.or_matchers.is_empty() {
        return Err(Error::Parse("parse error: unexpected \"or\" in label matching".to_owned()));
    }
    let mut out = Vec::new();
    if let Some(name) = &vs.name {
        out.push(matcher(aio_types::METRIC_NAME, MatchOp::Equal, name)?);
    }
    for m in &vs.matchers.matchers {
        let op = match &m.op {
            label::MatchOp::Equal => MatchOp::Equal,
            label::MatchOp::NotEqual => MatchOp::NotEqual,
            label::MatchOp::Re(_) => MatchOp::Regex,
            label::MatchOp::NotRe(_) => MatchOp::NotRegex,
        };
        out.push(matcher(&m.name, op, &m.value)?);
    }
    if out.iter().all(Matcher::matches_empty) {
        let why = "parse error: vector selector must contain at least one non-empty matcher";
        return Err(Error::Parse(why.to_owned()));
    }
    Ok(out)
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Result<Matcher, Error> {
    Matcher::new(name, op, value).map_err(|e| Error::Parse(format!("parse error: {e}")))
}

fn binary(b: &parser::BinaryExpr) -> Result<Plan, Error> {
    let symbol = b.op.to_string();
    let op = match symbol.as_str() {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "^" => BinaryOp::Pow,
        "atan2" => BinaryOp::Atan2,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        ">" => BinaryOp::Greater,
        "<" => BinaryOp::Less,
        ">=" => BinaryOp::GreaterEqual,
        "<=" => BinaryOp::LessEqual,
        "and" => BinaryOp::And,
        "or" => BinaryOp::Or,
        "unless" => BinaryOp::Unless,
        other => return not_supported(format!("binary operator {other:?}")),
    };
    let mut matching = Matching::Ignoring(Vec::new());
    let mut return_bool = false;
    if let Some(modifier) = &b.modifier {
        let many = matches!(modifier.card, VectorMatchCardinality::ManyToOne(_) | VectorMatchCardinality::OneToMany(_));
        if many {
            return not_supported("group_left and group_right");
        }
        if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
            return not_supported("fill modifiers");
        }
        return_bool = modifier.return_bool;
        match &modifier.matching {
            None => {}
            Some(LabelModifier::Include(l)) => matching = Matching::On(l.labels.clone()),
            Some(LabelModifier::Exclude(l)) => matching = Matching::Ignoring(l.labels.clone()),
        }
    }
    let (left, right) = (Box::new(lower(&b.lhs)?), Box::new(lower(&b.rhs)?));
    Ok(Plan::Binary { op, left, right, matching, return_bool })
}

fn aggregate(a: &parser::AggregateExpr) -> Result<Plan, Error> {
    let name = a.op.to_string();
    let op = match name.as_str() {
        "sum" => AggregateOp::Sum,
        "avg" => AggregateOp::Avg,
        "min" => AggregateOp::Min,
        "max" => AggregateOp::Max,
        "count" => AggregateOp::Count,
        "group" => AggregateOp::Group,
        "stddev" => AggregateOp::Stddev,
        "stdvar" => AggregateOp::Stdvar,
        "quantile" => AggregateOp::Quantile,
        "topk" => AggregateOp::Topk,
        "bottomk" => AggregateOp::Bottomk,
        other => return not_supported(format!("aggregation {other:?}")),
    };
    let grouping = match &a.modifier {
        None => Grouping::By(Vec::new()),
        Some(LabelModifier::Include(l)) => Grouping::By(l.labels.clone()),
        Some(LabelModifier::Exclude(l)) => Grouping::Without(l.labels.clone()),
    };
    let param = a.param.as_deref().map(lower).transpose()?.map(Box::new);
    Ok(Plan::Aggregate { op, input: Box::new(lower(&a.expr)?), param, grouping })
}

fn call(c: &parser::Call) -> Result<Plan, Error> {
    let name = c.func.name;
    let mut args = c.args.args.iter().map(|a| lower(a)).collect::<Result<Vec<_>, _>>()?;
    if let Some(function) = range_function(name) {
        let quantile = if function == RangeFunction::Quantile { Some(Box::new(args.remove(0))) } else { None };
        return match args.pop() {
            Some(Plan::Range { selector, range_ms }) => Ok(Plan::OverRange { function, selector, range_ms, quantile }),
            _ => not_supported(format!("{name} over anything but a range selector")),
        };
    }
    if let Some(function) = math_function(name) {
        return Ok(Plan::Math { function, args });
    }
    match (name, args.as_slice()) {
        ("time", []) => return Ok(Plan::Time),
        ("vector" | "scalar" | "absent" | "histogram_quantile" | "label_replace", _) => {}
        _ => return not_supported(format!("function {name:?}")),
    }
    let mut args = args.into_iter();
    let mut next =
        || args.next().map(Box::new).ok_or_else(|| Error::Parse(format!("parse error: too few arguments of {name}")));
    Ok(match name {
        "vector" => Plan::Vector(next()?),
        "scalar" => Plan::Scalar(next()?),
        "absent" => {
            let input = next()?;
            let labels = absent_labels(&input);
            Plan::Absent { input, labels }
        }
        "histogram_quantile" => Plan::HistogramQuantile { quantile: next()?, input: next()? },
        _ => label_replace(next()?, [next()?, next()?, next()?, next()?])?,
    })
}

fn label_replace(input: Box<Plan>, texts: [Box<Plan>; 4]) -> Result<Plan, Error> {
    let [target, replacement, source, pattern] = texts.map(|plan| match *plan {
        Plan::Text(text) => text,
        _ => String::new(),
    });
    if target.is_empty() {
        return Err(Error::Execution("invalid destination label name in label_replace(): \"\"".to_owned()));
    }
    let pattern = regex::Regex::new(&format!("^(?s:{pattern})$"))
        .map_err(|e| Error::Execution(format!("invalid regular expression in label_replace(): {e}")))?;
    Ok(Plan::LabelReplace { input, target, replacement: go_template(&replacement), source, pattern })
}

/// In Go `$1x` names the group `1x`, in the regex crate too; both write `$$` for a dollar. A lone `$` is literal in
/// both, so the template can be taken as it is.
fn go_template(text: &str) -> String {
    text.to_owned()
}

/// Labels of `absent`'s answer: the equality matchers of a plain selector that name their label once.
fn absent_labels(input: &Plan) -> Labels {
    let Plan::Selector(selector) = input else { return Labels::default() };
    let once = |m: &&Matcher| selector.matchers.iter().filter(|o| o.name == m.name).count() == 1;
    let equal = selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && &*m.name != aio_types::METRIC_NAME);
    Labels::from_pairs(equal.filter(once).map(|m| (m.name.clone(), m.value.clone())))
}

fn range_function(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "rate" => RangeFunction::Rate,
        "increase" => RangeFunction::Increase,
        "delta" => RangeFunction::Delta,
        "irate" => RangeFunction::Irate,
        "idelta" => RangeFunction::Idelta,
        "sum_over_time" => RangeFunction::Sum,
        "avg_over_time" => RangeFunction::Avg,
        "min_over_time" => RangeFunction::Min,
        "max_over_time" => RangeFunction::Max,
        "count_over_time" => RangeFunction::Count,
        "last_over_time" => RangeFunction::Last,
        "present_over_time" => RangeFunction::Present,
        "changes" => RangeFunction::Changes,
        "resets" => RangeFunction::Resets,
        "quantile_over_time" => RangeFunction::Quantile,
        _ => return None,
    })
}

fn math_function(name: &str) -> Option<MathFunction> {
    Some(match name {
        "abs" => MathFunction::Abs,
        "ceil" => MathFunction::Ceil,
        "floor" => MathFunction::Floor,
        "exp" => MathFunction::Exp,
        "ln" => MathFunction::Ln,
        "log2" => MathFunction::Log2,
        "log10" => MathFunction::Log10,
        "sqrt" => MathFunction::Sqrt,
        "sgn" => MathFunction::Sgn,
        "round" => MathFunction::Round,
        "clamp" => MathFunction::Clamp,
        "clamp_min" => MathFunction::ClampMin,
        "clamp_max" => MathFunction::ClampMax,
        _ => return None,
    })
}
