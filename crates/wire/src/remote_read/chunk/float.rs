//! Floats as what distinguishes them from the one before.

use super::bits::BitWriter;

/// Leading zeros are told in five bits.
const LEADING_MAX: u32 = 31;

/// One sequence of floats under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct XorSequence {
    last: u64,
    /// Leading and trailing zeros that the bits between were last told with.
    window: Option<(u32, u32)>,
}

impl XorSequence {
    /// After `first`, which is written plainly.
    pub(super) fn after(first: f64) -> Self {
        Self { last: first.to_bits(), window: None }
    }

    pub(super) fn put(&mut self, out: &mut BitWriter, value: f64) {
        let difference = value.to_bits() ^ self.last;
        self.last = value.to_bits();
        out.put_bit(difference != 0);
        if difference == 0 {
            return;
        }
        let (leading, trailing) = (difference.leading_zeros().min(LEADING_MAX), difference.trailing_zeros());
        let kept = self.window.filter(|(l, t)| leading >= *l && trailing >= *t);
        out.put_bit(kept.is_none());
        let (leading, trailing) = kept.unwrap_or((leading, trailing));
        let significant = 64 - leading - trailing;
        if kept.is_none() {
            out.put(leading.into(), 5);
            // 64 does not fit, and stands as the 0 that never occurs.
            out.put((significant & 63).into(), 6);
            self.window = Some((leading, trailing));
        }
        out.put(difference >> trailing, significant);
    }
}
