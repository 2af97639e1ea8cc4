//! From the parser's tree to ours. Whatever has no place in ours is refused here, by name.

mod call;
mod selector;

use promql_parser::parser::{self, Expr, LabelModifier, VectorMatchCardinality};

use crate::Error;
use crate::plan::{AggregateOp, BinaryOp, Cardinality, Grouping, MatchLabels, Matching, Plan};

pub(crate) use self::selector::matchers;

fn not_supported<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::NotSupported(what.into()))
}

pub(crate) fn lower(expr: &Expr) -> Result<Plan, Error> {
    Ok(match expr {
        Expr::NumberLiteral(number) => Plan::Number(number.val),
        Expr::StringLiteral(text) => Plan::Text(text.val.clone()),
        Expr::Paren(paren) => lower(&paren.expr)?,
        Expr::Unary(unary) => Plan::Negate(Box::new(lower(&unary.expr)?)),
        Expr::VectorSelector(vs) => Plan::Selector(selector::instant(vs)?),
        Expr::MatrixSelector(ms) => Plan::Range(selector::range(ms)?),
        Expr::Subquery(s) => Plan::Range(selector::subquery(s)?),
        Expr::Binary(b) => binary(b)?,
        Expr::Aggregate(a) => aggregate(a)?,
        Expr::Call(c) => call::lower(c)?,
        Expr::Extension(_) => return not_supported("parser extensions"),
    })
}

fn binary(b: &parser::BinaryExpr) -> Result<Plan, Error> {
    let symbol = b.op.to_string();
    let Some(op) = binary_op(&symbol) else { return not_supported(format!("binary operator {symbol:?}")) };
    let mut matching = Matching { labels: MatchLabels::Ignoring(Vec::new()), cardinality: Cardinality::OneToOne };
    let mut return_bool = false;
    if let Some(modifier) = &b.modifier {
        if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
            return not_supported("fill modifiers");
        }
        return_bool = modifier.return_bool;
        matching.cardinality = match &modifier.card {
            VectorMatchCardinality::ManyToOne(include) => Cardinality::ManyToOne(include.labels.clone()),
            VectorMatchCardinality::OneToMany(include) => Cardinality::OneToMany(include.labels.clone()),
            _ => Cardinality::OneToOne,
        };
        matching.labels = match &modifier.matching {
            Some(LabelModifier::Include(l)) => MatchLabels::On(l.labels.clone()),
            Some(LabelModifier::Exclude(l)) => MatchLabels::Ignoring(l.labels.clone()),
            None => matching.labels,
        };
    }
    let (left, right) = (Box::new(lower(&b.lhs)?), Box::new(lower(&b.rhs)?));
    Ok(Plan::Binary { op, left, right, matching, return_bool })
}

fn binary_op(symbol: &str) -> Option<BinaryOp> {
    Some(match symbol {
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
        _ => return None,
    })
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
        "count_values" => AggregateOp::CountValues,
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
