//! Logs and mapped chunks.

use std::path::Path;

use aio_types::{Histogram, Labels, Metadata, ResetHint};

use super::Out;
use crate::crc32c::crc32c;

const PAGE: usize = 32 << 10;

/// How records are compressed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Compression {
    None,
    Snappy,
    Zstd,
}

/// A segment of records.
pub(crate) fn segment(records: &[Vec<u8>], compression: Compression) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let (flag, data) = match compression {
            Compression::None => (0, record.clone()),
            Compression::Snappy => (8, snap::raw::Encoder::new().compress_vec(record).expect("compresses")),
            Compression::Zstd => (16, zstd::bulk::compress(record, 1).expect("compresses")),
        };
        write_record(&mut out, &data, flag);
    }
    out
}

fn write_record(out: &mut Vec<u8>, data: &[u8], flag: u8) {
    let mut rest = data;
    let mut is_first = true;
    loop {
        let left = PAGE - out.len() % PAGE;
        if left <= 7 {
            out.resize(out.len() + left, 0);
            continue;
        }
        let (part, behind) = rest.split_at(rest.len().min(left - 7));
        rest = behind;
        let kind = match (is_first, rest.is_empty()) {
            (true, true) => 1,
            (true, false) => 2,
            (false, false) => 3,
            (false, true) => 4,
        };
        out.push(kind | flag);
        out.extend(u16::try_from(part.len()).expect("a page").to_be_bytes());
        out.extend(crc32c(part).to_be_bytes());
        out.extend(part);
        is_first = false;
        if rest.is_empty() {
            return;
        }
    }
}

/// Writes segments of a log from number `first` on.
pub(crate) fn write_log(dir: &Path, first: usize, segments: &[Vec<Vec<u8>>]) {
    std::fs::create_dir_all(dir).expect("creates");
    let kinds = [Compression::None, Compression::Snappy, Compression::Zstd];
    for (at, records) in segments.iter().enumerate() {
        let path = dir.join(format!("{:08}", first + at));
        std::fs::write(path, segment(records, kinds[at % kinds.len()])).expect("writes");
    }
}

pub(crate) fn series(all: &[(u64, &Labels)]) -> Vec<u8> {
    let mut out = Out(vec![1]);
    for (reference, labels) in all {
        out.be64(*reference).labels(labels);
    }
    out.0
}

/// Reference, time, value.
pub(crate) fn floats(all: &[(u64, i64, f64)]) -> Vec<u8> {
    let mut out = Out(vec![2]);
    let Some((series, first, _)) = all.first() else { return out.0 };
    out.be64(*series).be64(first.cast_unsigned());
    for (reference, t, v) in all {
        out.varint(reference.cast_signed() - series.cast_signed()).varint(t - first).float(*v);
    }
    out.0
}

/// The front of one sample in a record with starts: reference, time and start.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    first: Option<(i64, i64)>,
    series: i64,
    start: i64,
}

impl Starts {
    pub(crate) fn write(&mut self, out: &mut Out, (reference, t, start): (u64, i64, i64)) {
        let series = reference.cast_signed();
        match self.first {
            None => {
                out.varint(series).varint(t).varint(start);
                self.first = Some((t, start));
            }
            Some((first_t, first_start)) => {
                out.varint(series - self.series).varint(t - first_t);
                match start {
                    0 => out.bytes(&[0]),
                    start if start == self.start => out.bytes(&[1]),
                    start => out.bytes(&[2]).varint(start - first_start),
                };
            }
        }
        (self.series, self.start) = (series, start);
    }
}

/// Reference, time, start, value.
pub(crate) fn floats_with_starts(all: &[(u64, i64, i64, f64)]) -> Vec<u8> {
    let (mut out, mut starts) = (Out(vec![11]), Starts::default());
    for (reference, t, start, v) in all {
        starts.write(&mut out, (*reference, *t, *start));
        out.float(*v);
    }
    out.0
}

pub(crate) fn deletions(all: &[(u64, i64, i64)]) -> Vec<u8> {
    let mut out = Out(vec![3]);
    for (reference, start, end) in all {
        out.be64(*reference).varint(*start).varint(*end);
    }
    out.0
}

pub(crate) fn exemplars(all: &[(u64, i64, f64, &Labels)]) -> Vec<u8> {
    let mut out = Out(vec![4]);
    let Some((series, first, ..)) = all.first() else { return out.0 };
    out.be64(*series).be64(first.cast_unsigned());
    for (reference, t, v, labels) in all {
        out.varint(reference.cast_signed() - series.cast_signed()).varint(t - first).float(*v).labels(labels);
    }
    out.0
}

pub(crate) fn metadata(reference: u64, kind: u8, metadata: &Metadata) -> Vec<u8> {
    let mut out = Out(vec![6]);
    out.uvarint(reference).bytes(&[kind]).uvarint(3);
    out.text("UNIT").text(&metadata.unit).text("COLOUR").text("red").text("HELP").text(&metadata.help);
    out.0
}

/// Which record a histogram goes into.
fn kind_of(h: &Histogram, is_float: bool, has_start: bool) -> u8 {
    match (is_float, has_start, h.uses_custom_buckets()) {
        (false, true, _) => 12,
        (true, true, _) => 13,
        (false, false, custom) => 7 + 2 * u8::from(custom),
        (true, false, custom) => 8 + 2 * u8::from(custom),
    }
}

/// One histogram; of an integer one every count is whole.
pub(crate) fn histogram(reference: u64, t: i64, start: Option<i64>, h: &Histogram, is_float: bool) -> Vec<u8> {
    let mut out = Out(vec![kind_of(h, is_float, start.is_some())]);
    match start {
        Some(start) => Starts::default().write(&mut out, (reference, t, start)),
        None => {
            out.be64(reference).be64(t.cast_unsigned()).varint(0).varint(0);
        }
    }
    let hints = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
    let hint = hints.iter().position(|hint| *hint == h.reset_hint).expect("a hint");
    out.bytes(&[u8::try_from(hint).expect("few")]).varint(h.schema.into()).float(h.zero_threshold);
    for count in [h.zero_count, h.count] {
        write_count(&mut out, count, is_float);
    }
    out.float(h.sum);
    for spans in [&h.positive_spans, &h.negative_spans] {
        out.uvarint(spans.len() as u64);
        for span in spans {
            out.varint(span.offset.into()).uvarint(span.length.into());
        }
    }
    for buckets in [&h.positive_buckets, &h.negative_buckets] {
        out.uvarint(buckets.len() as u64);
        let mut before = 0.0;
        for bucket in buckets {
            if is_float {
                out.float(*bucket);
            } else {
                #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
                out.varint((bucket - before) as i64);
            }
            before = *bucket;
        }
    }
    if h.uses_custom_buckets() {
        out.uvarint(h.custom_bounds.len() as u64);
        h.custom_bounds.iter().for_each(|bound| {
            out.float(*bound);
        });
    }
    out.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and small")]
fn write_count(out: &mut Out, count: f64, is_float: bool) {
    if is_float {
        out.float(count)
    } else {
        out.uvarint(count as u64)
    };
}

/// A file of mapped chunks: reference, encoding with its highest bit for late ones, data.
pub(crate) fn write_mapped(dir: &Path, number: usize, chunks: &[(u64, u8, Vec<u8>)]) {
    std::fs::create_dir_all(dir).expect("creates");
    let mut out = Out::default();
    out.bytes(&0x0130_BC91_u32.to_be_bytes()).bytes(&[1, 0, 0, 0]);
    for (reference, encoding, data) in chunks {
        let begin = out.0.len();
        out.be64(*reference).be64(1).be64(2).bytes(&[*encoding]).uvarint(data.len() as u64).bytes(data).crc(begin);
    }
    out.bytes(&[0; 100]);
    std::fs::write(dir.join(format!("{number:06}")), out.0).expect("writes");
}
