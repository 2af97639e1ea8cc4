//! What a client says in a header of how it wants answers encoded.

use http::HeaderMap;

const HEADER: &str = "x-loki-response-encoding-flags";
const CATEGORIZE: &str = "categorize-labels";

/// Flags in the order they came in, those nobody knows among them: an answer repeats all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(Vec<String>);

impl Flags {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Self::read(text)
    }

    pub(super) fn read(text: &str) -> Self {
        let mut flags: Vec<String> = Vec::new();
        for flag in text.split(',').filter(|_| !text.is_empty()) {
            if !flags.iter().any(|known| known == flag) {
                flags.push(flag.to_owned());
            }
        }
        Self(flags)
    }

    /// Whether labels beyond the stream's own stand beside each line.
    pub(super) fn categorize(&self) -> bool {
        self.0.iter().any(|flag| flag == CATEGORIZE)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_kept_as_they_came() {
        for (text, want, categorize) in [
            ("", vec![], false),
            ("categorize-labels", vec!["categorize-labels"], true),
            ("x,categorize-labels,x", vec!["x", "categorize-labels"], true),
            ("Categorize-Labels", vec!["Categorize-Labels"], false),
        ] {
            let flags = Flags::read(text);
            assert_eq!(
                (flags.names(), flags.categorize()),
                (&*want.iter().map(ToString::to_string).collect::<Vec<_>>(), categorize)
            );
        }
    }
}
