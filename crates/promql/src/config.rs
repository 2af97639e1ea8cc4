//! Settings of the engine and of single queries.

/// Settings of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How far back an instant selector looks, milliseconds.
    pub lookback_ms: i64,
    /// Default resolution of subqueries, milliseconds.
    pub subquery_step_ms: i64,
    /// Samples and values a query may hold at once.
    pub max_samples: usize,
    /// Bytes a query may hold at once.
    pub max_bytes: usize,
    /// Bytes of answers of range queries that are kept, so that the same query a little later evaluates only what is
    /// new; 0 keeps none.
    pub answers_bytes: usize,
    /// Whether names of metrics are removed at the end of a query rather than by the function that changes values.
    pub delayed_name_removal: bool,
    /// Whether start times of samples tell of resets.
    pub start_timestamps: bool,
    /// Whether the label `__type__` says what is a counter.
    pub type_and_unit_labels: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            subquery_step_ms: 60_000,
            max_samples: 50_000_000,
            max_bytes: 1 << 30,
            answers_bytes: 32 << 20,
            delayed_name_removal: false,
            start_timestamps: false,
            type_and_unit_labels: false,
        }
    }
}

/// What one query may ask for beside its text.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How far back an instant selector looks, in place of the engine's setting.
    pub lookback_ms: Option<i64>,
    /// Whether samples are counted by step.
    pub per_step_stats: bool,
    /// Whether what was answered before may be part of the answer.
    pub reuses_answers: bool,
    /// Asked often, from several threads; once it says true the query stops.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Options<'_> {
    /// The engine's settings, and never stopped.
    fn default() -> Self {
        Self { lookback_ms: None, per_step_stats: false, reuses_answers: true, stop: &|| false }
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("lookback_ms", &self.lookback_ms)
            .field("per_step_stats", &self.per_step_stats)
            .field("reuses_answers", &self.reuses_answers)
            .finish_non_exhaustive()
    }
}
