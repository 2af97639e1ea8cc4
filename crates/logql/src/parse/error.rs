//! A fault of a query's text.

use crate::error::Error;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

impl From<Fault> for Error {
    fn from(Fault { line, column, message }: Fault) -> Self {
        if line == 0 && column == 0 { Self::Invalid(message) } else { Self::Syntax { line, column, message } }
    }
}
