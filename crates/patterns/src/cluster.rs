//! Lines of one template.

use crate::token::{GAP, Token};

/// How many of the tokens that could differ must be the same.
const ALIKE_MIN: f64 = 0.6;

/// The first line of a template, with its tokens; those that differ in others are gaps.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    line: Box<str>,
    tokens: Box<[Token]>,
    /// When a line was last counted for it.
    pub(crate) seen: u64,
}

impl Cluster {
    pub(crate) fn new(line: &str, tokens: &[Token], seen: u64) -> Self {
        Self { line: line.into(), tokens: tokens.into(), seen }
    }

    /// How much of a line with the same separators is the same, of what could differ; `None` where it is too little.
    pub(crate) fn likeness(&self, tokens: &[Token]) -> Option<f64> {
        if self.tokens.len() != tokens.len() {
            return None;
        }
        let (mut same, mut compared) = (0_u32, 0_u32);
        for (known, token) in self.tokens.iter().zip(tokens) {
            if known.is_gap || token.is_gap {
                continue;
            }
            if known.says || token.says {
                compared += 1;
                same += u32::from(known.hash == token.hash);
            }
        }
        let likeness = if compared == 0 { 1.0 } else { f64::from(same) / f64::from(compared) };
        (likeness >= ALIKE_MIN).then_some(likeness)
    }

    /// Makes gaps where a line differs. It is alike.
    pub(crate) fn join(&mut self, line: &str, tokens: &[Token]) {
        for (known, token) in self.tokens.iter_mut().zip(tokens) {
            known.is_gap |= token.is_gap || self.line[known.range()] != line[token.range()];
        }
    }

    /// As a line filter reads it.
    pub(crate) fn pattern(&self) -> String {
        let mut out = String::new();
        let mut at = 0;
        for token in &self.tokens {
            let range = token.range();
            out.push_str(&self.line[at..range.start]);
            at = range.end;
            out.push_str(if token.is_gap { GAP } else { &self.line[range] });
        }
        out
    }
}
