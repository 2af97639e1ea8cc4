//! What can be wrong with a template, in Go's words.

use crate::functions::Fault;

/// A text that is no template: the author's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}: {message}")]
pub struct ParseError {
    /// Of the template.
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// An execution that came to no end: the fault of the template, or of what it was executed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {place}: {cause}")]
pub struct ExecError {
    /// `NAME:LINE:COLUMN: executing "NAME" at <.X>`.
    pub place: String,
    /// What is wrong there.
    pub cause: Cause,
}

/// Why an execution failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// What is asked for cannot be had: Go says the same.
    #[error("{0}")]
    Fault(String),
    /// A function refused.
    #[error("error calling {function}: {fault}")]
    Function {
        /// Its name.
        function: String,
        /// What it said.
        fault: Fault,
    },
    /// More was written, or a larger value made, than [`crate::Limits::output_bytes_max`] allows.
    #[error("output exceeds {0} bytes")]
    OutputTooLong(usize),
    /// More was done than [`crate::Limits::steps_max`] allows.
    #[error("exceeded {0} steps")]
    TooManySteps(u64),
    /// Deeper than [`crate::Limits::depth_max`].
    #[error("exceeded maximum template depth ({0})")]
    TooDeep(usize),
}
