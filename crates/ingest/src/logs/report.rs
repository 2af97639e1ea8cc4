//! What became of a write of lines.

/// How many different faults a report names; the rest is counted.
const FAULTS_MAX: usize = 10;

/// What became of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogsReport {
    /// Lines stored, repeats of stored ones included.
    pub accepted: u64,
    /// Lines refused.
    pub rejected: u64,
    /// Whether some were refused for how much came: worth retrying later.
    pub is_limited: bool,
    /// Why, each once, with how often it was told.
    faults: Vec<(usize, String)>,
}

impl LogsReport {
    /// Adds lines that are not stored.
    pub fn reject(&mut self, lines: usize, why: String) {
        self.rejected += lines as u64;
        if let Some((count, _)) = self.faults.iter_mut().find(|(_, known)| *known == why) {
            *count += 1;
        } else if self.faults.len() < FAULTS_MAX {
            self.faults.push((1, why));
        }
    }

    /// All faults as one text, as Loki groups them.
    #[must_use]
    pub fn message(&self) -> String {
        if let [(1, why)] = &self.faults[..] {
            return why.clone();
        }
        let told: Vec<_> = self.faults.iter().map(|(count, why)| format!("{count} errors like: {why}")).collect();
        told.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fault_is_told_once() {
        let told = |faults: &[&str]| {
            let mut report = LogsReport::default();
            faults.iter().for_each(|why| report.reject(2, (*why).to_owned()));
            assert_eq!(report.rejected, 2 * faults.len() as u64);
            report.message()
        };
        assert_eq!(told(&[]), "");
        assert_eq!(told(&["a"]), "a");
        assert_eq!(told(&["a", "a"]), "2 errors like: a");
        assert_eq!(told(&["a", "b", "a"]), "2 errors like: a; 1 errors like: b");
        let many: Vec<_> = ('a'..='z').map(String::from).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(told(&many).matches("errors like").count(), FAULTS_MAX);
    }
}
