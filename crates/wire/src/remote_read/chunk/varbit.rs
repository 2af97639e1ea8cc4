//! Integers in as few bits as their size asks for: a prefix of ones names the width.

use super::bits::BitWriter;

/// Widths by the number of ones before them, up to 8 ones.
pub(super) const WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/// Whether a signed value fits: of a width of 3 these are -3 to 4.
fn fits(value: i64, width: u32) -> bool {
    let most = 1_i64 << (width - 1);
    -most < value && value <= most
}

pub(super) fn put_int(out: &mut BitWriter, value: i64) {
    let class = match value {
        0 => 0,
        _ => (1..8).find(|class| fits(value, WIDTHS[*class])).unwrap_or(8),
    };
    put(out, class, value.cast_unsigned());
}

pub(super) fn put_uint(out: &mut BitWriter, value: u64) {
    let width = u64::BITS - value.leading_zeros();
    let class = WIDTHS.iter().position(|w| *w >= width).unwrap_or(8);
    put(out, class, value);
}

fn put(out: &mut BitWriter, class: usize, value: u64) {
    (0..class).for_each(|_| out.put_bit(true));
    if class < 8 {
        out.put_bit(false);
    }
    out.put(value, WIDTHS[class]);
}

#[cfg(test)]
mod tests {
    use super::super::decode::BitReader;
    use super::*;
    use proptest::prelude::*;

    fn bits_of(value: i64) -> usize {
        let mut out = BitWriter::default();
        put_int(&mut out, value);
        // What the padding leaves of the prefix is enough to tell the class.
        out.finish().len()
    }

    #[test]
    fn small_values_are_short() {
        for (value, bytes) in [(0, 1), (4, 1), (-3, 1), (5, 2), (32, 2), (33, 2), (1 << 55, 8), (i64::MIN, 9)] {
            assert_eq!(bits_of(value), bytes, "{value}");
        }
    }

    proptest! {
        #[test]
        fn integers_come_back(value: i64, shift in 0_u32..64) {
            let value = value >> shift;
            let mut out = BitWriter::default();
            put_int(&mut out, value);
            put_uint(&mut out, value.cast_unsigned());
            put_int(&mut out, -(value / 2));
            let bytes = out.finish();
            let mut reader = BitReader::new(&bytes);
            prop_assert_eq!(reader.int(), Some(value));
            prop_assert_eq!(reader.uint(), Some(value.cast_unsigned()));
            prop_assert_eq!(reader.int(), Some(-(value / 2)));
        }
    }
}
