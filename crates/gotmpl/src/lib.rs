//! Go's text/template: parsed once, executed often, bounded always.
//!
//! ```text
//!   text ──lex──> tokens ──parse──> tree ─┐
//!                                         ├─exec──> output
//!   data (Value, or a Dot of strings) ────┤
//!   functions (Functions) ────────────────┘
//! ```
//!
//! What comes out is what Go's own package prints: values by the rules of Go's fmt, errors with their places and words.
//! Three things are left out on purpose: complex numbers, keys of maps that are not strings, and channels. Strings are
//! UTF-8: where Go would cut a character in two, the halves become U+FFFD.
//!
//! Invariants: parsing and executing never panic; no output, number of steps, depth or nesting goes beyond [`Limits`];
//! a parsed template never changes and is shared between threads.
//!
//! Knows nothing of: logs, alerts, HTML's contexts, clocks, files. Functions of a language come in through [`Functions`],
//! types with methods through [`Object`], what belongs to one execution through [`Host`].

mod error;
mod exec;
mod fmt;
mod functions;
mod lex;
mod limits;
mod parse;
mod quote;
mod template;
mod time;
mod tree;
mod unicode;
mod value;

pub use error::{Cause, ExecError, ParseError};
pub use functions::{Call, Fault, Function, Functions, Signature};
pub use limits::{Limits, MissingKey};
pub use template::{Set, Template};
pub use time::{TIME, Time};
pub use tree::Reads;
pub use value::{Dot, Host, Kind, List, Map, NoHost, Object, Type, Value};
