//! Whose data it is.

use std::fmt;
use std::sync::Arc;

/// A validated tenant name, safe as a directory name. Absent means [`TenantId::default`], which is `default`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

/// Why a tenant name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenantIdError {
    /// Empty, `.`, `..` or more than 150 bytes.
    #[error("tenant ID {0:?} is unusable: it must have 1 to 150 bytes and not be \".\" or \"..\"")]
    Unusable(String),
    /// A byte outside the alphabet.
    #[error("tenant ID {id:?} contains unsupported character {found:?}; allowed are letters, digits and !-_.*'()")]
    Character {
        /// The whole name.
        id: String,
        /// The first offending character.
        found: char,
    },
}

impl TenantId {
    /// Validates a name by the rules Loki, Tempo and Mimir share.
    ///
    /// # Errors
    /// [`TenantIdError`] naming what is wrong.
    pub fn new(id: &str) -> Result<Self, TenantIdError> {
        if id.is_empty() || id.len() > 150 || id == "." || id == ".." {
            return Err(TenantIdError::Unusable(id.to_owned()));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
        match id.chars().find(|&c| !allowed(c)) {
            Some(found) => Err(TenantIdError::Character { id: id.to_owned(), found }),
            None => Ok(Self(id.into())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self("default".into())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_data_directory_are_refused() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a|b", "é"] {
            assert!(TenantId::new(bad).is_err(), "{bad}");
        }
        assert_eq!(TenantId::new("team-a.1").expect("fine").as_str(), "team-a.1");
    }
}
