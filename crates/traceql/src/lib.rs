//! TraceQL: parse and evaluate a query over one [`aio_source::TracesSource`].
//!
//! ```text
//!   text ──lexer──> tokens ──parser──> Expr ──evaluated on whole traces──> matched spans ──> TraceSummary
//! ```
//!
//! Invariants: a trace is judged as a whole; a missing attribute satisfies no comparison except with `nil`; what is
//! not there yet is an error that names it; a query stops soon after it is told to. Knows nothing of: stores, HTTP.

mod ast;
mod completion;
mod engine;
mod error;
mod eval;
mod lexer;
mod parser;
mod shown;
mod types;

pub use ast::Expr;
pub use completion::{Attribute, matching, parse_incomplete, selection};
pub use engine::{Inspected, MatchedSpan, SearchRequest, TraceSummary, search};
pub use error::Error;
pub use parser::parse;
