//! Finds what log lines have in common: lines of one template become one pattern, with `<_>` where they differ.
//!
//! ```text
//!   line     GET /api/items/17 took 5ms          tokens between separators; those with digits are gaps at once
//!   masked   GET <_> took <_>                    seen before? then its cluster is known by the hash, most often
//!   skeleton |   |    |    |                     else: clusters with the same separators are compared token by token
//!   pattern  <_> <_> took <_>                    after "POST /login took 7ms": where they differ a gap
//! ```
//!
//! A gap stands for exactly one token, and what follows a token is a separator that no token contains: so the line
//! filter `|> "pattern"` finds every line that was counted for it. Patterns are lines themselves, and may be mined again
//! to join what was found in several places. The idea is Drain's (He et al., 2017), with separators in the place of the
//! number of tokens.
//!
//! Invariants: the same lines in the same order give the same patterns; memory is bounded by [`CLUSTERS_MAX`], whatever
//! comes. Knows nothing of streams, levels, times.

mod cluster;
mod miner;
mod token;

pub use miner::{CLUSTERS_MAX, Miner};
pub use token::LINE_BYTES_MAX;
