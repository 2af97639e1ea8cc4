//! Which labels a result depends on.

/// Parsers leave out labels that nobody needs, and with them faults of lines nobody asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needed {
    /// All there are.
    All,
    /// Only these; sorted.
    Only(Vec<String>),
}

impl Needed {
    pub(crate) fn only(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self::Only(names)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|n| n == name),
        }
    }

    /// Whether a name is needed, or with this suffix would be.
    pub(crate) fn has_with_or_without(&self, name: &str, suffix: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => {
                names.iter().any(|n| n.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest == suffix))
            }
        }
    }

    /// Whether a needed name may begin so.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|n| n.starts_with(prefix)),
        }
    }

    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Only(names) => Some(names.len()),
        }
    }
}
