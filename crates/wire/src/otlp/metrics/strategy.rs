//! How names are carried over.

/// What becomes of the names of metrics and labels. The names are those of Prometheus' `otlp.translation_strategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Characters outside of the classic set become `_`; units and kinds are appended.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Characters outside of the classic set become `_`.
    UnderscoreEscapingWithoutSuffixes,
    /// Names stay; units and kinds are appended.
    NoUtf8EscapingWithSuffixes,
    /// Names stay.
    NoTranslation,
}

impl Strategy {
    /// Every strategy under the name a configuration calls it by.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("UnderscoreEscapingWithSuffixes", Self::UnderscoreEscapingWithSuffixes),
        ("UnderscoreEscapingWithoutSuffixes", Self::UnderscoreEscapingWithoutSuffixes),
        ("NoUTF8EscapingWithSuffixes", Self::NoUtf8EscapingWithSuffixes),
        ("NoTranslation", Self::NoTranslation),
    ];

    /// The strategy of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, strategy)| *strategy)
    }

    /// Whether names are brought into the classic set of characters.
    #[must_use]
    pub fn escapes(self) -> bool {
        matches!(self, Self::UnderscoreEscapingWithSuffixes | Self::UnderscoreEscapingWithoutSuffixes)
    }

    /// Whether units and kinds are appended to the names of metrics.
    #[must_use]
    pub fn adds_suffixes(self) -> bool {
        matches!(self, Self::UnderscoreEscapingWithSuffixes | Self::NoUtf8EscapingWithSuffixes)
    }
}
