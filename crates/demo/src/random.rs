//! Numbers that look random and follow from a seed.

/// Sebastiano Vigna's splitmix64.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0.0..1.0`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Below `end`, which is positive.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Log-normal around a median, as latencies are.
    pub(crate) fn latency_ns(&mut self, median_ms: f64) -> u64 {
        let (u, v) = (self.fraction().max(f64::MIN_POSITIVE), self.fraction());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        to_ns(median_ms * (0.45 * normal).exp())
    }

    /// Time to the next of events that come at a rate.
    pub(crate) fn gap_ns(&mut self, per_second: f64) -> u64 {
        to_ns(-(1.0 - self.fraction()).ln() / per_second * 1000.0)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; latencies are positive")]
fn to_ns(ms: f64) -> u64 {
    (ms * 1e6) as u64
}
