//! Which operators go with which types. Intrinsics have fixed types; attributes may be anything, and simply do not match
//! where their type differs.

use aio_types::pattern;

use crate::ast::{BinaryOp, Field, FieldExpr, Intrinsic, Scope, Static};
use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Nil,
    /// Known when there is a span.
    Attribute,
    Int,
    Float,
    Duration,
    Text,
    Bool,
    Status,
    Kind,
}

impl Type {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Duration)
    }

    fn goes_with(self, other: Self) -> bool {
        let is_any = |t: Self| matches!(t, Self::Attribute | Self::Nil);
        is_any(self) || is_any(other) || self == other || (self.is_number() && other.is_number())
    }

    fn allows(self, op: BinaryOp) -> bool {
        let is_equality = matches!(op, BinaryOp::Compare(op) if op.is_equality());
        match self {
            Self::Attribute => true,
            Self::Bool => is_equality || matches!(op, BinaryOp::And | BinaryOp::Or),
            Self::Int | Self::Float | Self::Duration => matches!(op, BinaryOp::Compare(_) | BinaryOp::Arithmetic(_)),
            Self::Text => matches!(op, BinaryOp::Compare(_) | BinaryOp::Match(_)),
            Self::Nil | Self::Status | Self::Kind => is_equality,
        }
    }
}

pub(super) fn of(expr: &FieldExpr) -> Type {
    match expr {
        FieldExpr::Static(value) => of_static(value),
        FieldExpr::Field(field) => of_field(field),
        FieldExpr::Binary(BinaryOp::Arithmetic(_), left, right) => match of(left) {
            Type::Attribute => of(right),
            known => known,
        },
        FieldExpr::Binary(..) | FieldExpr::Exists(..) => Type::Bool,
        FieldExpr::Not(inner) | FieldExpr::Negative(inner) => of(inner),
    }
}

pub(super) fn of_static(value: &Static) -> Type {
    match value {
        Static::Nil => Type::Nil,
        Static::String(_) => Type::Text,
        Static::Int(_) => Type::Int,
        Static::Float(_) => Type::Float,
        Static::Bool(_) => Type::Bool,
        Static::Duration(_) => Type::Duration,
        Static::Status(_) => Type::Status,
        Static::Kind(_) => Type::Kind,
    }
}

fn of_field(field: &Field) -> Type {
    let Field::Intrinsic(intrinsic) = field else { return Type::Attribute };
    match intrinsic {
        Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTime => Type::Duration,
        Intrinsic::ChildCount | Intrinsic::NestedSetLeft | Intrinsic::NestedSetRight | Intrinsic::NestedSetParent => {
            Type::Int
        }
        Intrinsic::Status => Type::Status,
        Intrinsic::Kind => Type::Kind,
        Intrinsic::Parent => Type::Nil,
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

/// Whether two values can stand on the sides of an operator. `whole` is told of where they cannot.
pub(super) fn sides(op: BinaryOp, left: Type, right: Type, whole: &impl std::fmt::Display) -> Result<(), Error> {
    if !left.goes_with(right) {
        return Err(Error::Invalid(format!("binary operations must operate on the same type: {whole}")));
    }
    if !left.allows(op) || !right.allows(op) {
        return Err(Error::Invalid(format!("illegal operation for the given types: {whole}")));
    }
    Ok(())
}

/// # Errors
/// [`Error::Invalid`], [`Error::NotSupported`].
pub(super) fn check(expr: &FieldExpr) -> Result<(), Error> {
    match expr {
        FieldExpr::Static(_) => Ok(()),
        FieldExpr::Field(field) => check_field(field),
        FieldExpr::Binary(op, left, right) => {
            check(left)?;
            check(right)?;
            sides(*op, of(left), of(right), expr)?;
            if matches!(op, BinaryOp::Match(_)) { check_pattern(right) } else { Ok(()) }
        }
        FieldExpr::Not(inner) => one_side(inner, matches!(of(inner), Type::Attribute | Type::Bool), expr),
        FieldExpr::Negative(inner) => one_side(inner, of(inner) == Type::Attribute || of(inner).is_number(), expr),
        FieldExpr::Exists(exists, inner) => {
            check(inner)?;
            if *exists { Ok(()) } else { can_be_missing(inner) }
        }
    }
}

pub(super) fn check_field(field: &Field) -> Result<(), Error> {
    match field {
        Field::Parent(_) => Err(Error::NotSupported("parent".to_owned())),
        Field::Intrinsic(Intrinsic::Parent) => Err(Error::NotSupported("intrinsic (parent)".to_owned())),
        _ => Ok(()),
    }
}

fn one_side(inner: &FieldExpr, fits: bool, whole: &FieldExpr) -> Result<(), Error> {
    check(inner)?;
    if fits { Ok(()) } else { Err(Error::Invalid(format!("illegal operation for the given type: {whole}"))) }
}

/// Asking whether something is missing that every span has is a mistake.
fn can_be_missing(of: &FieldExpr) -> Result<(), Error> {
    match of {
        FieldExpr::Field(field @ Field::Intrinsic(_)) => {
            Err(Error::Invalid(format!("{field}=nil is not valid because intrinsics cannot be nil")))
        }
        FieldExpr::Field(Field::Attribute(Scope::Resource, name)) if name == "service.name" => Err(Error::Invalid(
            "resource.service.name=nil is not valid because resource.service.name cannot be nil".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn check_pattern(right: &FieldExpr) -> Result<(), Error> {
    let FieldExpr::Static(Static::String(text)) = right else {
        return Err(Error::Invalid(format!("invalid type for =~ or !~: {right}")));
    };
    compile(text).map(drop).map_err(|why| Error::Invalid(format!("invalid regex: {right}: {why}")))
}

/// A pattern for whole values; its syntax is Go's.
pub(crate) fn compile(text: &str) -> Result<regex::Regex, String> {
    let translated = pattern::translate(text).map_err(|error| error.to_string())?;
    let pattern = regex::RegexBuilder::new(&format!("^(?:{translated})$")).size_limit(4 << 20).build();
    pattern.map_err(|error| error.to_string())
}
