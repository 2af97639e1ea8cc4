//! Any query.

use proptest::prelude::*;

use crate::ast::{
    Aggregate, AggregateOp, ArithmeticOp, BinaryOp, CompareOp, Field, FieldExpr, FirstStage, Function, Intrinsic,
    Metrics, Pipeline, Query, Relation, Root, Scalar, Scope, SecondStage, SpansetExpr, SpansetOp, Stage, Static, Which,
};

pub(super) fn query() -> impl Strategy<Value = Query> {
    let hint = ("[a-z]{1,5}", value());
    let root = prop_oneof![pipeline().prop_map(Root::Spans), metrics().prop_map(Root::Metrics)];
    (root, prop::collection::vec(hint, 0..3)).prop_map(|(root, hints)| Query { root, hints })
}

fn value() -> impl Strategy<Value = Static> {
    prop_oneof![
        "\\PC{0,6}".prop_map(|text| Static::String(text.into())),
        (0..i64::MAX).prop_map(Static::Int),
        (0.0..1e9).prop_map(Static::Float),
        any::<bool>().prop_map(Static::Bool),
        (0..i64::MAX / 2).prop_map(Static::Duration),
        (0..3_u8).prop_map(Static::Status),
        (0..6_u8).prop_map(Static::Kind),
    ]
}

fn number() -> impl Strategy<Value = Static> {
    value().prop_filter("a number", |value| value.number().is_some())
}

fn field() -> impl Strategy<Value = Field> {
    let scope = prop::sample::select(vec![
        Scope::Any,
        Scope::Span,
        Scope::Resource,
        Scope::Event,
        Scope::Link,
        Scope::Instrumentation,
    ]);
    let intrinsic = prop::sample::select(Intrinsic::NAMES.map(|(_, intrinsic)| intrinsic).to_vec());
    prop_oneof![
        (scope, "[a-z=\" .\\\\é-]{1,6}").prop_map(|(scope, name)| Field::Attribute(scope, name)),
        intrinsic.prop_map(Field::Intrinsic),
    ]
}

fn arithmetic() -> impl Strategy<Value = ArithmeticOp> {
    prop::sample::select(["+", "-", "*", "/", "%", "^"].map(|op| ArithmeticOp::of(op).expect("one")).to_vec())
}

fn compare() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(["=", "!=", ">", ">=", "<", "<="].map(|op| CompareOp::of(op).expect("one")).to_vec())
}

fn expr() -> impl Strategy<Value = FieldExpr> {
    let op = prop_oneof![
        Just(BinaryOp::And),
        Just(BinaryOp::Or),
        any::<bool>().prop_map(BinaryOp::Match),
        compare().prop_map(BinaryOp::Compare),
        arithmetic().prop_map(BinaryOp::Arithmetic),
    ];
    let field = field().prop_map(FieldExpr::Field);
    // Constants are worked out when they meet: those on one side only stay as they are.
    field.prop_recursive(4, 12, 2, move |inner| {
        let right = prop_oneof![inner.clone(), value().prop_map(FieldExpr::Static)];
        prop_oneof![
            (op.clone(), inner.clone(), right).prop_map(|(op, a, b)| FieldExpr::Binary(op, a.into(), b.into())),
            inner.clone().prop_map(|of| FieldExpr::Not(of.into())),
            inner.clone().prop_map(|of| FieldExpr::Negative(of.into())),
            (any::<bool>(), inner).prop_map(|(exists, of)| FieldExpr::Exists(exists, of.into())),
        ]
    })
}

fn spanset() -> impl Strategy<Value = SpansetExpr> {
    let relation = prop::sample::select(vec![
        Relation::Child,
        Relation::Parent,
        Relation::Descendant,
        Relation::Ancestor,
        Relation::Sibling,
    ]);
    let which = prop::sample::select(vec![Which::Right, Which::Unrelated, Which::Both]);
    let op = prop_oneof![
        Just(SpansetOp::And),
        Just(SpansetOp::Or),
        (relation, which).prop_map(|(relation, which)| SpansetOp::Related(relation, which)),
    ];
    expr().prop_map(SpansetExpr::Filter).prop_recursive(3, 8, 2, move |inner| {
        (op.clone(), inner.clone(), inner).prop_map(|(op, a, b)| SpansetExpr::Operation(op, a.into(), b.into()))
    })
}

fn stage() -> impl Strategy<Value = Stage> {
    let aggregate = prop_oneof![
        Just(Aggregate { op: AggregateOp::Count, of: None }),
        (prop::sample::select(vec![AggregateOp::Min, AggregateOp::Max, AggregateOp::Avg, AggregateOp::Sum]), expr())
            .prop_map(|(op, of)| Aggregate { op, of: Some(of) }),
    ];
    prop_oneof![
        spanset().prop_map(Stage::Spans),
        (aggregate, compare(), number()).prop_map(|(of, op, with)| Stage::Filter(
            Scalar::Aggregate(of),
            op,
            Scalar::Static(with)
        )),
        expr().prop_map(Stage::By),
        Just(Stage::Coalesce),
        prop::collection::vec(field(), 1..4).prop_map(Stage::Select),
    ]
}

fn pipeline() -> impl Strategy<Value = Pipeline> {
    (spanset(), prop::collection::vec(stage(), 0..3)).prop_map(|(first, more)| {
        let mut stages = vec![Stage::Spans(first)];
        stages.extend(more);
        Pipeline { stages }
    })
}

fn metrics() -> impl Strategy<Value = Metrics> {
    let function = prop_oneof![
        Just(Function::Rate),
        Just(Function::Count),
        field().prop_map(Function::Min),
        field().prop_map(Function::Avg),
        field().prop_map(Function::Histogram),
        (field(), prop::collection::vec(0.0..1.0, 1..3)).prop_map(|(of, quantiles)| Function::Quantile(of, quantiles)),
    ];
    let first = (function, prop::collection::vec(field(), 0..3)).prop_map(|(function, by)| FirstStage { function, by });
    let compare_stage = (expr(), 1..20_i64, any::<bool>()).prop_map(|(selection, top, bound)| FirstStage {
        function: Function::Compare { selection, top, start: i64::from(bound), end: i64::from(bound) * 2 },
        by: Vec::new(),
    });
    let spans = (pipeline(), prop_oneof![first, compare_stage]).prop_map(|(spans, first)| Metrics::Spans(spans, first));
    let math = prop::sample::select(["+", "-", "*", "/"].map(|op| ArithmeticOp::of(op).expect("one")).to_vec());
    spans.prop_recursive(3, 6, 2, move |inner| {
        let second = prop_oneof![
            (1..9_i64).prop_map(SecondStage::TopK),
            (1..9_i64).prop_map(SecondStage::BottomK),
            (compare(), number()).prop_map(|(op, value)| SecondStage::Filter(op, value)),
            (math.clone(), 0.5..9.0, any::<bool>()).prop_map(|(op, value, is_left)| SecondStage::Scalar {
                op,
                value,
                is_left
            }),
        ];
        prop_oneof![
            (inner.clone(), second).prop_map(|(of, stage)| Metrics::Then(of.into(), stage)),
            (math.clone(), inner.clone(), inner).prop_map(|(op, a, b)| Metrics::Math(op, a.into(), b.into())),
        ]
    })
}
