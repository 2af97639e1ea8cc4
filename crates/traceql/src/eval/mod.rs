//! Pipelines over whole traces.
//!
//! ```text
//!   Pipeline ──compile──> Plan ──given a Trace──> Spanset, Spanset …
//! ```

mod aggregate;
mod arithmetic;
mod expr;
mod field;
mod plan;
mod related;
mod spanset;
mod trace;
mod value;

pub(crate) use arithmetic::{binary, negative};
pub(crate) use expr::{Expr, conjuncts};
pub(crate) use field::Row;
pub(crate) use plan::Plan;
pub(crate) use spanset::Spanset;
pub(crate) use trace::Trace;
pub(crate) use value::Value;
