//! Chunks of floats, encoded as Prometheus encodes them.

use aio_types::{Sample, Samples, TimestampMs, is_stale};
use proptest::prelude::*;

use super::bits::{BitWriter, Window};
use super::starts::StartWriter;
use crate::chunk::decode;

/// Time, start, value.
pub(crate) type Float = (i64, i64, f64);

pub(crate) fn xor(samples: &[Float]) -> Vec<u8> {
    let (mut out, mut window) = (BitWriter::default(), Window::default());
    out.bits(samples.len() as u64, 16);
    let (mut t, mut v, mut step) = (0, 0.0, 0);
    for (position, (time, _, value)) in samples.iter().copied().enumerate() {
        let next = time.wrapping_sub(t);
        match position {
            0 => {
                out.varint(time);
                out.float(value);
            }
            1 => out.uvarint(next.cast_unsigned()),
            _ => change(&mut out, next.wrapping_sub(step)),
        }
        if position > 0 {
            window.xor(&mut out, v, value);
            step = next;
        }
        (t, v) = (time, value);
    }
    out.bytes
}

fn change(out: &mut BitWriter, change: i64) {
    let fits = |width: u32| (-((1 << (width - 1)) - 1)..=1 << (width - 1)).contains(&change);
    let (ones, width) = match change {
        0 => (0, 0),
        _ if fits(14) => (1, 14),
        _ if fits(17) => (2, 17),
        _ if fits(20) => (3, 20),
        _ => (4, 64),
    };
    out.ones(ones, 4);
    out.bits(change.cast_unsigned(), width);
}

pub(crate) fn xor2(samples: &[Float]) -> Vec<u8> {
    let (mut out, mut window, mut starts) = (BitWriter::default(), Window::default(), StartWriter::default());
    out.bits(samples.len() as u64, 16);
    out.bits(0, 8);
    let (mut t, mut last, mut step) = (0, 0.0_f64, 0);
    for (position, (time, start, value)) in samples.iter().copied().enumerate() {
        let next = time.wrapping_sub(t);
        match position {
            0 => {
                out.varint(time);
                out.float(value);
            }
            1 => {
                out.uvarint(next.cast_unsigned());
                value_2(&mut out, &mut window, last, value);
            }
            _ => joint(&mut out, &mut window, next.wrapping_sub(step), last, value),
        }
        if position > 0 {
            step = next;
        }
        starts.write(&mut out, position, time, t, start);
        t = time;
        if !is_stale(value) {
            last = value;
        }
    }
    out.bytes[2] = starts.header;
    out.bytes
}

fn joint(out: &mut BitWriter, window: &mut Window, change: i64, last: f64, value: f64) {
    let difference = last.to_bits() ^ value.to_bits();
    match change {
        0 if is_stale(value) => return out.bits(0b11111, 5),
        0 if difference == 0 => return out.bits(0, 1),
        0 => {
            out.bits(0b10, 2);
            return window.write(out, difference, [(0, 1), (1, 1)]);
        }
        -4096..=4095 => {
            out.bits(0b110, 3);
            out.bits(change.cast_unsigned(), 13);
        }
        -524_288..=524_287 => {
            out.bits(0b1110, 4);
            out.bits(change.cast_unsigned(), 20);
        }
        _ => {
            out.bits(0b11110, 5);
            out.bits(change.cast_unsigned(), 64);
        }
    }
    value_2(out, window, last, value);
}

fn value_2(out: &mut BitWriter, window: &mut Window, last: f64, value: f64) {
    match last.to_bits() ^ value.to_bits() {
        _ if is_stale(value) => out.bits(0b111, 3),
        0 => out.bits(0, 1),
        difference => window.write(out, difference, [(0b10, 2), (0b110, 3)]),
    }
}

pub(crate) fn samples_of(floats: &[Float], has_starts: bool) -> Samples {
    let mut samples = Samples::default();
    for (t, start, v) in floats.iter().copied() {
        let start = if has_starts { start } else { 0 };
        samples.push_float(Sample { t: TimestampMs(t), v }, TimestampMs(start));
    }
    samples
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    let any_value = prop_oneof![
        4 => (-40..40_i32).prop_map(f64::from),
        2 => any::<u64>().prop_map(f64::from_bits),
        1 => Just(aio_types::stale_nan()),
        1 => Just(-0.0),
    ];
    prop::collection::vec(any_value, 0..300)
}

pub(crate) fn floats() -> impl Strategy<Value = Vec<Float>> {
    let steps = prop_oneof![5 => Just(15_000_i64), 2 => 14_000_i64..16_000, 1 => 0_i64..1 << 22, 1 => any::<i64>()];
    let starts = prop_oneof![3 => Just(0_i64), 2 => Just(77_i64), 1 => any::<i64>()];
    let columns = (values(), prop::collection::vec((steps, starts), 300));
    columns.prop_map(|(values, times)| {
        let mut t = -40_i64;
        let next = |(v, (step, start)): (f64, (i64, i64))| {
            t = t.wrapping_add(step);
            (t, start, v)
        };
        values.into_iter().zip(times).map(next).collect()
    })
}

proptest! {
    #[test]
    fn floats_come_back_bit_by_bit(floats in floats()) {
        for (encoding, bytes, has_starts) in [(1, xor(&floats), false), (4, xor2(&floats), true)] {
            let mut found = Samples::default();
            prop_assert_eq!(decode(encoding, &bytes, &mut found), Ok(floats.len()));
            prop_assert_eq!(found, samples_of(&floats, has_starts));
        }
    }
}

#[test]
fn steps_that_just_fit_their_width() {
    for (bits, width) in [(13, 14), (16, 17), (19, 20)] {
        let edge = 1_i64 << bits;
        for change in [edge, edge + 1, 1 - edge, -edge, -edge - 1] {
            let floats: Vec<Float> = [0, 1_000_000, 2_000_000 + change].map(|t| (t, 0, 1.0)).to_vec();
            let mut found = Samples::default();
            decode(1, &xor(&floats), &mut found).expect("decodes");
            assert_eq!(found, samples_of(&floats, false), "{change} in {width} bits");
        }
    }
}
