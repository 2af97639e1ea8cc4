//! How far a template may go, and what an absent key means.

/// Bounds on one template and one execution of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes an execution may write, and bytes that a single value made on the way may have.
    pub output_bytes_max: usize,
    /// Steps of an execution: one for each node, command and turn of a loop, and one for every 64 bytes a function makes.
    pub steps_max: u64,
    /// How deep an execution may go: templates in templates, blocks in blocks, parentheses in parentheses.
    pub depth_max: usize,
    /// How deep blocks and parentheses of a text may lie in each other, and how long a chain of `else if` may be.
    pub nesting_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output_bytes_max: 1 << 20, steps_max: 1_000_000, depth_max: 200, nesting_max: 100 }
    }
}

/// What looking up a key that a map does not have comes to: the option `missingkey` of Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value; printed, it is `<no value>`.
    #[default]
    Default,
    /// The zero of the map's elements: the empty string in a map of strings.
    Zero,
    /// The execution fails.
    Error,
}
