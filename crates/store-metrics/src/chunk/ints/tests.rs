//! Columns of any integers come back, and those of a pattern take little.

use proptest::prelude::*;

use super::*;

fn round_trip(values: &[i64]) -> usize {
    let [quick, thorough] = [Effort::Quick, Effort::Thorough].map(|effort| round_trip_with(values, effort));
    assert!(thorough <= quick + 1, "{quick} bytes quickly, {thorough} thoroughly");
    thorough
}

fn round_trip_with(values: &[i64], effort: Effort) -> usize {
    let mut bytes = Writer::default();
    encode(values, effort, &mut bytes);
    let size = bytes.0.len();
    bytes.byte(77);
    let (mut from, mut out) = (Reader(&bytes.0), vec![5]);
    decode(&mut from, values.len(), values.len(), &mut out).expect("decodes");
    assert_eq!((&out[1..], from.0), (values, &[77][..]), "the column ends where the next thing begins");
    for wanted in [0, 1, 2, values.len() / 3, values.len().saturating_sub(1)] {
        let wanted = wanted.min(values.len());
        let mut some = Vec::new();
        decode(&mut Reader(&bytes.0), values.len(), wanted, &mut some).expect("decodes");
        assert_eq!(some, values[..wanted]);
    }
    size
}

/// Numbers that look random, below `n`.
fn noise(i: i64, n: i64) -> i64 {
    let mixed = (i + 1).cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    i64::try_from((mixed ^ mixed >> 32) % n.cast_unsigned()).expect("small")
}

#[test]
fn regular_columns_take_little() {
    let bytes = |f: &dyn Fn(i64) -> i64| round_trip(&(0..480).map(f).collect::<Vec<_>>());
    for (what, found, most) in [
        ("a constant", bytes(&|_| 1_700_000_000_000), 8),
        ("a line", bytes(&|i| 1_700_000_000_000 + i * 15_000), 13),
        ("multiples", bytes(&|i| 4096 * (i * i % 7)), 180),
        ("constant second differences", bytes(&|i| i * i), 12),
        ("an outlier", bytes(&|i| if i == 50 { 1 << 40 } else { i % 3 }), 160),
        // 5 of 2.3 bits each, and the same around a line and around a curve.
        ("noise", bytes(&|i| noise(i, 5)), 150),
        ("noise about a line", bytes(&|i| i * 751 / 10 + noise(i, 5)), 165),
        ("noise about a curve", bytes(&|i| i * i / 400 + noise(i, 50)), 370),
        ("seldom anything", bytes(&|i| (0..i).filter(|i| noise(*i, 20) == 0).count().try_into().expect("few")), 36),
    ] {
        assert!(found <= most, "{what}: {found} bytes");
    }
}

proptest! {
    #[test]
    fn any_integers_come_back(
        any in prop::collection::vec(any::<i64>(), 0..130),
        near in prop::collection::vec(-50_i64..50, 0..130),
        wide in prop::collection::vec(0_i64..3_000_000, 0..130),
        (step, slope) in (1_i64..5000, -300_i64..300),
        extreme in prop::collection::vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)], 0..20),
    ) {
        round_trip(&any);
        round_trip(&near);
        round_trip(&near.iter().map(|v| v * step).collect::<Vec<_>>());
        for values in [near, wide, any.iter().map(|v| v >> 25).collect()] {
            round_trip(&values.iter().scan(0, |sum, v| { *sum += v * step; Some(*sum) }).collect::<Vec<_>>());
            round_trip(&(0..).zip(&values).map(|(i, v)| v + i * slope / 7).collect::<Vec<_>>());
        }
        round_trip(&extreme);
    }

    #[test]
    fn any_bytes_decode_without_panic(
        data in prop::collection::vec(any::<u8>(), 0..64),
        count in 0_usize..200,
        wanted in 0_usize..200,
    ) {
        let _may_fail = decode(&mut Reader(&data), count, wanted, &mut Vec::new());
    }
}
