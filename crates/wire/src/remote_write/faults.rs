//! What was wrong with parts of a request.

use std::fmt;

/// Most faults that are told in words.
const TOLD_MAX: usize = 10;
/// Longest of these: names in them are the sender's.
const CHARS_MAX: usize = 1000;

/// Faults, all counted, the first few told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// How many.
    pub count: u64,
    /// The first ones, in words.
    pub told: Vec<String>,
}

impl Faults {
    /// Counts one.
    pub fn add(&mut self, what: impl fmt::Display) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what.to_string().chars().take(CHARS_MAX).collect());
        }
    }

    /// Adds those of `other`, of which more may have been counted than told.
    pub fn extend(&mut self, count: u64, told: impl IntoIterator<Item = String>) {
        self.count += count;
        let room = TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(told.into_iter().take(room));
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Faults {
    /// One a line, and how many there are besides.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told.join("\n"))?;
        let untold = self.count.saturating_sub(self.told.len() as u64);
        if untold > 0 { write!(f, "\n… and {untold} more") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_told_and_all_are_counted() {
        let mut faults = Faults::default();
        assert!(faults.is_empty());
        faults.add("one");
        assert_eq!(faults.to_string(), "one");
        faults.add("x".repeat(5000));
        assert_eq!(faults.told[1].len(), CHARS_MAX);
        faults.extend(20, (0..20).map(|n| n.to_string()));
        assert_eq!((faults.count, faults.told.len()), (22, TOLD_MAX));
        assert!(faults.to_string().ends_with("7\n… and 12 more"), "{faults}");
    }
}
