//! Chunks of our own making, as an oracle.

pub(crate) mod bits;
pub(crate) mod floats;
pub(crate) mod histograms;
mod starts;

use aio_types::Samples;
use proptest::prelude::*;

use super::decode;

#[test]
fn an_unknown_encoding_is_told() {
    let reason = decode(9, &[0, 1], &mut Samples::default()).expect_err("refused");
    assert_eq!(reason, "chunks of encoding 9 are not known here");
}

#[test]
fn a_schema_that_is_not_known_is_told() {
    let layout = aio_types::Histogram { schema: 12, ..histograms::layout(false) };
    let one = histograms::Ints { t: 1, start: 0, numbers: [0, 0], sum: 0.0, buckets: vec![0; 6] };
    let reason = decode(2, &histograms::integers(&layout, &[one], 0, false), &mut Samples::default());
    assert_eq!(reason.expect_err("refused"), "histograms of schema 12 are not known here");
}

proptest! {
    #[test]
    fn hostile_bytes_are_no_chunk_and_no_panic(encoding in 0_u8..8, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _any_answer_will_do = decode(encoding, &bytes, &mut Samples::default());
    }

    #[test]
    fn a_chunk_that_is_cut_off_is_refused(floats in floats::floats(), cut in 1_usize..9) {
        prop_assume!(!floats.is_empty());
        for (encoding, mut bytes) in [(1, floats::xor(&floats)), (4, floats::xor2(&floats))] {
            bytes.truncate(bytes.len().saturating_sub(cut));
            prop_assert!(decode(encoding, &bytes, &mut Samples::default()).is_err());
        }
    }
}
