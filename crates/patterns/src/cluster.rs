//! Lines that are taken for one template.

use crate::token::{GAP, Token};

/// How many of the tokens that could differ must be the same.
const ALIKE_MIN: f64 = 0.6;

/// The tokens of a template, and what separates them.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    parts: Vec<Part>,
    /// When a line was last counted for it.
    pub(crate) seen: u64,
}

#[derive(Debug, Clone)]
struct Part {
    before: Box<str>,
    /// `None` for a gap.
    token: Option<Box<str>>,
}

impl Cluster {
    pub(crate) fn new(line: &[Token<'_>], seen: u64) -> Self {
        let part = |t: &Token<'_>| Part { before: t.before.into(), token: (!t.is_gap).then(|| t.text.into()) };
        Self { parts: line.iter().map(part).collect(), seen }
    }

    /// How much of a line with the same separators is the same, of what could differ; `None` where it is too little, or
    /// the separators differ after all.
    pub(crate) fn likeness(&self, line: &[Token<'_>]) -> Option<f64> {
        if self.parts.len() != line.len() {
            return None;
        }
        let (mut same, mut compared) = (0_u32, 0_u32);
        for (part, token) in self.parts.iter().zip(line) {
            let Some(known) = part.token.as_deref().filter(|_| !token.is_gap) else { continue };
            let is_same = known == token.text;
            // Dashes and the like say nothing.
            if says_something(known) || says_something(token.text) {
                compared += 1;
                same += u32::from(is_same);
            }
        }
        let likeness = if compared == 0 { 1.0 } else { f64::from(same) / f64::from(compared) };
        let is_alike = likeness >= ALIKE_MIN && self.parts.iter().zip(line).all(|(part, t)| *part.before == *t.before);
        is_alike.then_some(likeness)
    }

    /// Makes gaps where a line differs. It is alike.
    pub(crate) fn join(&mut self, line: &[Token<'_>]) {
        for (part, token) in self.parts.iter_mut().zip(line) {
            if token.is_gap || part.token.as_deref() != Some(token.text) {
                part.token = None;
            }
        }
    }

    /// As a line filter reads it.
    pub(crate) fn pattern(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            out.push_str(&part.before);
            out.push_str(part.token.as_deref().unwrap_or(GAP));
        }
        out
    }
}

fn says_something(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) || text.contains(char::is_alphanumeric)
}
