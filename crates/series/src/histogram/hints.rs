//! What is known of resets when histograms are combined.

use aio_types::ResetHint;

/// The hint of a combination, and whether the two contradict each other: only a reset and the absence of one do, after
/// which nothing is known.
pub(super) fn combine(a: ResetHint, b: ResetHint) -> (ResetHint, bool) {
    use ResetHint::{Gauge, NotReset, Reset, Unknown};
    match (a, b) {
        _ if a == b => (a, false),
        (Gauge, _) | (_, Gauge) => (Gauge, false),
        (Reset, NotReset) | (NotReset, Reset) => (Unknown, true),
        _ => (Unknown, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_win_and_only_opposites_collide() {
        use ResetHint::{Gauge, NotReset, Reset, Unknown};
        for (a, b, expected) in [
            (Reset, Reset, (Reset, false)),
            (Reset, NotReset, (Unknown, true)),
            (Reset, Unknown, (Unknown, false)),
            (NotReset, Gauge, (Gauge, false)),
            (Unknown, Gauge, (Gauge, false)),
            (NotReset, NotReset, (NotReset, false)),
        ] {
            assert_eq!((combine(a, b), combine(b, a)), (expected, expected), "{a:?} {b:?}");
        }
    }
}
