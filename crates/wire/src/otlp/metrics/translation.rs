//! The settings of the translation, as the section `otlp` of a `prometheus.yml` has them.

use std::collections::BTreeSet;

use super::strategy::Strategy;

/// Which attributes of a resource become labels of its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promotion {
    /// These.
    Only(BTreeSet<String>),
    /// All but these.
    AllBut(BTreeSet<String>),
}

impl Promotion {
    pub(super) fn takes(&self, attribute: &str) -> bool {
        match self {
            Self::Only(names) => names.contains(attribute),
            Self::AllBut(names) => !names.contains(attribute),
        }
    }
}

/// How OTLP's metrics become series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// What becomes of names.
    pub strategy: Strategy,
    /// Which attributes of resources are labels of every series.
    pub promotion: Promotion,
    /// Whether the scope's name, version, schema and attributes are labels of every series.
    pub promote_scope: bool,
    /// Whether `target_info` repeats what `job` and `instance` are made of.
    pub keep_identifying_attributes: bool,
    /// Whether histograms with explicit bounds become native histograms with custom buckets.
    pub custom_buckets: bool,
    /// Whether a label that would begin with a single `_` gets `key` before it. Where names are escaped only.
    pub sanitize_leading_underscore: bool,
    /// Whether several `_` in a row stay in the name of a label. Where names are escaped only.
    pub preserve_underscores: bool,
    /// Whether resources are described by `target_info`.
    pub target_info: bool,
    /// How far queries look back, milliseconds: `target_info` has a sample for every half of it.
    pub lookback_ms: i64,
}

impl Default for Translation {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            promotion: Promotion::Only(BTreeSet::new()),
            promote_scope: false,
            keep_identifying_attributes: false,
            custom_buckets: false,
            sanitize_leading_underscore: true,
            preserve_underscores: true,
            target_info: true,
            lookback_ms: 300_000,
        }
    }
}
