//! What every matching trace must have.

use aio_source::TracesSelect;

use crate::ast::{CompareOp, Field, Intrinsic, Pipeline, Scope, SpansetExpr, SpansetOp, Stage, Static, Which};
use crate::eval::conjuncts;

/// Adds what a trace must have to get past the first stage that asks for anything.
pub(crate) fn hints(pipeline: &Pipeline, out: &mut TracesSelect) {
    for stage in &pipeline.stages {
        if let Stage::Spans(expr) = stage {
            of_spanset(expr, out);
        }
    }
}

fn of_spanset(expr: &SpansetExpr, out: &mut TracesSelect) {
    match expr {
        SpansetExpr::Filter(condition) => conjuncts(condition, &mut |field, op, value| {
            let Static::String(text) = value else { return };
            match field {
                _ if op != CompareOp::Equal => {}
                Field::Attribute(Scope::Resource, name) if name == "service.name" => {
                    out.services.push(text.to_string())
                }
                Field::Intrinsic(Intrinsic::Name) => out.names.push(text.to_string()),
                _ => {}
            }
        }),
        SpansetExpr::Pipeline(pipeline) => hints(pipeline, out),
        SpansetExpr::Operation(SpansetOp::Or, ..) => {}
        // Nothing is needed on the left to be related to nothing.
        SpansetExpr::Operation(SpansetOp::Related(_, Which::Unrelated), _, right) => of_spanset(right, out),
        SpansetExpr::Operation(_, left, right) => {
            of_spanset(left, out);
            of_spanset(right, out);
        }
    }
}
