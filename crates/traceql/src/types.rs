//! Which fields can be compared with which values. Intrinsics have fixed types; attributes may be anything, and simply
//! do not match where their type differs.

use crate::ast::{CompareOp, Field, Intrinsic, Operand};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Number,
    Status,
    Kind,
    Bool,
    Nil,
}

fn of_intrinsic(intrinsic: Intrinsic) -> Type {
    match intrinsic {
        Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTime => Type::Number,
        Intrinsic::Status => Type::Status,
        Intrinsic::Kind => Type::Kind,
        Intrinsic::Name
        | Intrinsic::StatusMessage
        | Intrinsic::RootName
        | Intrinsic::RootService
        | Intrinsic::TraceId
        | Intrinsic::SpanId
        | Intrinsic::ParentId
        | Intrinsic::EventName
        | Intrinsic::LinkTraceId
        | Intrinsic::LinkSpanId
        | Intrinsic::ScopeName
        | Intrinsic::ScopeVersion => Type::Text,
    }
}

fn of_operand(operand: &Operand) -> Type {
    match operand {
        Operand::Text(_) | Operand::Pattern(_) => Type::Text,
        Operand::Int(_) | Operand::Float(_) | Operand::Duration(_) => Type::Number,
        Operand::Bool(_) => Type::Bool,
        Operand::Status(_) => Type::Status,
        Operand::Kind(_) => Type::Kind,
        Operand::Nil => Type::Nil,
    }
}

/// What every span has: asking whether it is missing is a mistake.
fn is_always_there(field: &Field) -> bool {
    match field {
        Field::Resource(name) => name == "service.name",
        Field::Intrinsic(Intrinsic::Name | Intrinsic::Duration | Intrinsic::Status | Intrinsic::Kind) => true,
        Field::Intrinsic(Intrinsic::TraceDuration | Intrinsic::TraceId | Intrinsic::SpanId) => true,
        _ => false,
    }
}

/// Whether the comparison means anything.
pub(crate) fn allow(field: &Field, op: CompareOp, operand: &Operand) -> bool {
    let right = of_operand(operand);
    let ops_fit = match op {
        CompareOp::Equal | CompareOp::NotEqual => true,
        CompareOp::Match | CompareOp::NotMatch => matches!(operand, Operand::Pattern(_)),
        CompareOp::Greater | CompareOp::GreaterOrEqual | CompareOp::Less | CompareOp::LessOrEqual => {
            matches!(right, Type::Text | Type::Number)
        }
    };
    let types_fit = match (field, right) {
        (_, Type::Nil) => op == CompareOp::NotEqual || !is_always_there(field),
        (Field::Intrinsic(intrinsic), right) => of_intrinsic(*intrinsic) == right,
        _ => true,
    };
    ops_fit && types_fit
}

/// Ids may be written without their leading zeros.
pub(crate) fn with_whole_ids(field: &Field, op: CompareOp, operand: Operand) -> Operand {
    let digits = match field {
        Field::Intrinsic(Intrinsic::TraceId | Intrinsic::LinkTraceId) => 32,
        Field::Intrinsic(Intrinsic::SpanId | Intrinsic::ParentId | Intrinsic::LinkSpanId) => 16,
        _ => return operand,
    };
    match operand {
        Operand::Text(id) if matches!(op, CompareOp::Equal | CompareOp::NotEqual) => {
            Operand::Text(format!("{:0>digits$}", id.to_ascii_lowercase()))
        }
        operand => operand,
    }
}
