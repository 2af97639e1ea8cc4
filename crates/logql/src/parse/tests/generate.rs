//! Trees as the parser makes them.

use aio_types::MatchOp;
use proptest::prelude::*;

use crate::parse::ast::*;

pub(crate) fn expr() -> BoxedStrategy<Expr> {
    prop_oneof![1 => log().prop_map(Expr::Log), 4 => metric()].boxed()
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "level", "trace_id", "sum", "rate", "ip", "ä_1"]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \"`\\\\\n{}<>é|#\u{85}]{0,12}", Just(String::new())]
}

fn matcher() -> impl Strategy<Value = LabelMatcher> {
    let plain = (name(), prop_oneof![Just(MatchOp::Equal), Just(MatchOp::NotEqual)], text());
    let regex = prop::sample::select(vec!["a|b.*", r"\w+", "x`?", "[a-c]"]).prop_map(str::to_owned);
    let regex = (name(), prop_oneof![Just(MatchOp::Regex), Just(MatchOp::NotRegex)], regex);
    prop_oneof![3 => plain, 1 => regex].prop_map(|(name, op, value)| LabelMatcher { name, op, value })
}

pub(crate) fn log() -> impl Strategy<Value = LogExpr> {
    let stages = prop::collection::vec(stage(), 0..5);
    (prop::collection::vec(matcher(), 0..3), stages).prop_map(|(mut matchers, mut stages)| {
        // `drop a != "b"` is a condition on the label.
        let is_open =
            |s: &Stage| matches!(s, Stage::Drop(p) | Stage::Keep(p) if matches!(p.last(), Some(LabelPick::Name(_))));
        let is_negated = |s: &Stage| matches!(s, Stage::Line(l) if l.op.is_negated());
        while let Some(i) = stages.windows(2).position(|w| is_open(&w[0]) && is_negated(&w[1])) {
            stages.remove(i);
        }
        matchers.push(LabelMatcher { name: "app".to_owned(), op: MatchOp::Equal, value: "a".to_owned() });
        LogExpr { matchers, stages }
    })
}

fn stage() -> impl Strategy<Value = Stage> {
    let picks = || {
        let pick = prop_oneof![name().prop_map(LabelPick::Name), matcher().prop_map(LabelPick::Match)];
        prop::collection::vec(pick, 1..4)
    };
    let source = prop_oneof![name().prop_map(LabelSource::Label), text().prop_map(LabelSource::Template)];
    let format = (name(), source).prop_map(|(label, from)| LabelFormat { label, from });
    prop_oneof![
        3 => line_filter().prop_map(Stage::Line),
        3 => parser().prop_map(Stage::Parser),
        4 => label_filter().prop_map(Stage::Label),
        1 => text().prop_map(Stage::LineFormat),
        1 => prop::collection::vec(format, 1..3).prop_map(Stage::LabelFormat),
        1 => Just(Stage::Decolorize),
        1 => picks().prop_map(Stage::Drop),
        1 => picks().prop_map(Stage::Keep),
    ]
}

fn line_filter() -> impl Strategy<Value = LineFilter> {
    let op = prop::sample::select(vec![
        LineOp::Contains,
        LineOp::ContainsNot,
        LineOp::Matches,
        LineOp::MatchesNot,
        LineOp::Pattern,
        LineOp::PatternNot,
    ]);
    let operand = (any::<bool>(), text()).prop_map(|(is_ip, text)| LineOperand { is_ip, text });
    (op, prop::collection::vec(operand, 1..4)).prop_map(|(op, mut operands)| {
        operands.truncate(if op.is_negated() { 1 } else { 3 });
        LineFilter { op, operands }
    })
}

fn parser() -> impl Strategy<Value = Parser> {
    let extractions = || {
        let extraction = (name(), text()).prop_map(|(label, path)| Extraction { label, path });
        prop::collection::vec(extraction, 0..3)
    };
    prop_oneof![
        extractions().prop_map(Parser::Json),
        (any::<bool>(), any::<bool>(), extractions()).prop_map(|(strict, keep_empty, extractions)| Parser::Logfmt {
            strict,
            keep_empty,
            extractions
        }),
        Just(Parser::Regexp("(?P<a>\\w+)".to_owned())),
        text().prop_map(|text| Parser::Pattern(format!("{}<a>", text.replace('<', "")))),
        Just(Parser::Unpack),
    ]
}

fn label_filter() -> BoxedStrategy<LabelFilter> {
    let op = prop::sample::select(vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
        CompareOp::Less,
        CompareOp::LessOrEqual,
    ]);
    let quantity = prop_oneof![
        (-1e6..1e6_f64).prop_map(Quantity::Number),
        (1..10_i64.pow(15)).prop_map(Quantity::Duration),
        // Sizes are printed with two or three digits.
        (0..999_u64, 0..6_u32).prop_map(|(count, power)| Quantity::Bytes(count * 1000_u64.pow(power))),
        (2..20_u64, 0..5_u32).prop_map(|(halves, power)| Quantity::Bytes(halves * 500 * 1000_u64.pow(power))),
    ];
    let leaf = prop_oneof![
        matcher().prop_map(LabelFilter::Match),
        (name(), op, quantity).prop_map(|(name, op, value)| LabelFilter::Compare { name, op, value }),
        (name(), any::<bool>(), text()).prop_map(|(name, negated, range)| LabelFilter::Ip { name, negated, range }),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        (any::<bool>(), inner.clone(), inner).prop_map(|(and, l, r)| {
            if and { LabelFilter::And(Box::new(l), Box::new(r)) } else { LabelFilter::Or(Box::new(l), Box::new(r)) }
        })
    })
    .boxed()
}

fn grouping() -> impl Strategy<Value = Option<Grouping>> {
    let grouping = (any::<bool>(), prop::collection::vec(name(), 1..3));
    prop::option::of(grouping.prop_map(|(without, labels)| Grouping { without, labels }))
}

fn range() -> impl Strategy<Value = Expr> {
    let conversion = prop::sample::select(vec![
        Conversion::None,
        Conversion::Bytes,
        Conversion::Duration,
        Conversion::DurationSeconds,
    ]);
    let unwrap = (name(), conversion, prop::collection::vec(label_filter(), 0..2))
        .prop_map(|(label, conversion, filters)| Unwrap { label, conversion, filters });
    let time = (1..10_i64.pow(9), prop_oneof![Just(0), -(10_i64.pow(12))..10_i64.pow(12)]);
    let op = prop::sample::select(vec![RangeOp::Count, RangeOp::Rate, RangeOp::Max, RangeOp::Quantile, RangeOp::Sum]);
    (op, log(), unwrap, time, grouping()).prop_map(|(op, log, unwrap, (range_ms, offset_ns), grouping)| {
        Expr::Range(Box::new(RangeExpr {
            op,
            param: (op == RangeOp::Quantile).then_some(0.99),
            log,
            unwrap: (op != RangeOp::Count).then_some(unwrap),
            range_ns: range_ms * 1_000_000,
            offset_ns,
            grouping: grouping.filter(|_| matches!(op, RangeOp::Max | RangeOp::Quantile)),
        }))
    })
}

fn metric() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![4 => range(), 1 => (-1e9..1e9_f64).prop_map(Expr::Literal), 1 => (0.0..1e9_f64).prop_map(Expr::Vector)];
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            2 => (inner.clone(), inner.clone(), binary_op(), any::<bool>(), matching()).prop_map(binary),
            2 => (aggregate_op(), grouping(), inner.clone()).prop_map(|((op, param), grouping, of)| {
                let grouping = grouping.filter(|_| op != AggregateOp::Sort);
                Expr::Aggregate(AggregateExpr { op, param, grouping, of: Box::new(of) })
            }),
            1 => (inner, name(), text(), name()).prop_map(|(of, dst, replacement, src)| {
                Expr::LabelReplace(LabelReplaceExpr { of: Box::new(of), dst, replacement, src, regex: "(.*)".to_owned() })
            }),
        ]
    })
    .boxed()
}

fn aggregate_op() -> impl Strategy<Value = (AggregateOp, Option<u32>)> {
    prop_oneof![
        Just((AggregateOp::Sum, None)),
        Just((AggregateOp::Stddev, None)),
        Just((AggregateOp::Sort, None)),
        (1..9_u32).prop_map(|k| (AggregateOp::TopK, Some(k))),
    ]
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    prop::sample::select(vec![
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::Unless,
        BinaryOp::Equal,
        BinaryOp::Greater,
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Div,
        BinaryOp::Pow,
    ])
}

fn matching() -> impl Strategy<Value = Matching> {
    let many = prop_oneof![Just(Many::None), Just(Many::Left), Just(Many::Right)];
    let names = || prop::collection::vec(name(), 0..3);
    (any::<bool>(), names(), many, names()).prop_map(|(on, labels, many, include)| {
        let include = if many == Many::None { Vec::new() } else { include };
        Matching { on, labels, many, include }
    })
}

/// Numbers are folded, and are no sets.
fn binary((left, right, op, is_bool, matching): (Expr, Expr, BinaryOp, bool, Matching)) -> Expr {
    let vector = |e: Expr| if let Expr::Literal(_) = e { Expr::Vector(1.0) } else { e };
    let right = if op.is_set() || matches!(left, Expr::Literal(_)) { vector(right) } else { right };
    let left = if op.is_set() { vector(left) } else { left };
    Expr::Binary(BinaryExpr { op, left: Box::new(left), right: Box::new(right), is_bool, matching })
}
