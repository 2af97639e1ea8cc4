//! Chunks of several blocks behind each other. Large ones stay as they are; neighbours that are small become one.

use aio_types::{Samples, TimeRange};

use crate::chunk::{Chunk, Kind, SAMPLES_BLOCK, chunks_of};

/// A chunk with fewer samples than this is small.
const SAMPLES_MIN: usize = SAMPLES_BLOCK / 2;

/// The chunks in order; the outer `None` where their times overlap, the inner where one is damaged.
pub(super) fn joined(chunks: &[Chunk]) -> Option<Option<Vec<Chunk>>> {
    let mut sorted: Vec<_> = chunks.iter().collect();
    sorted.sort_by_key(|chunk| (chunk.kind == Kind::Histograms, chunk.range.start));
    let in_order = |w: &[&Chunk]| w[0].kind != w[1].kind || w[0].range.end < w[1].range.start;
    // A moment has a float or a histogram: where there are both, whoever merges samples sees to it.
    let is_one_kind = sorted.first().map(|chunk| chunk.kind) == sorted.last().map(|chunk| chunk.kind);
    (is_one_kind && sorted.windows(2).all(in_order)).then(|| join(&sorted))
}

fn join(sorted: &[&Chunk]) -> Option<Vec<Chunk>> {
    let mut out = Vec::with_capacity(sorted.len());
    let is_small = |chunk: &Chunk| (chunk.count as usize) < SAMPLES_MIN;
    for run in sorted.chunk_by(|a, b| is_small(a) && is_small(b)) {
        match run {
            [one] => out.push((*one).clone()),
            several => encode_anew(several, &mut out)?,
        }
    }
    Some(out)
}

fn encode_anew(chunks: &[&Chunk], out: &mut Vec<Chunk>) -> Option<()> {
    let mut samples = Samples::default();
    chunks.iter().try_for_each(|chunk| chunk.decode(TimeRange::ALL, &mut samples))?;
    out.extend(chunks_of(&samples));
    Some(())
}

#[cfg(test)]
mod tests {
    use aio_types::{Sample, TimestampMs};
    use proptest::prelude::*;

    use super::*;
    use crate::chunk::Effort;

    fn chunk(start: i64, count: i64) -> Chunk {
        let samples: Vec<_> = (start..start + count).map(|t| Sample { t: TimestampMs(t), v: 1.5 }).collect();
        Chunk::floats(&samples, &[], Effort::Quick).expect("not empty")
    }

    #[test]
    fn small_neighbours_become_one_and_large_ones_stay() {
        let counts = |chunks: &[(i64, i64)]| {
            let chunks: Vec<_> = chunks.iter().map(|&(start, count)| chunk(start, count)).collect();
            joined(&chunks).map(|found| found.expect("sound").iter().map(|c| c.count).collect::<Vec<_>>())
        };
        for (chunks, expected) in [
            (&[][..], Some(vec![])),
            (&[(0, 120), (200, 120), (400, 120)], Some(vec![360])),
            (&[(200, 120), (0, 120)], Some(vec![240])),
            (&[(0, 800), (800, 10), (900, 800)], Some(vec![800, 10, 800])),
            (&[(0, 600), (700, 600), (1400, 600), (2100, 600)], Some(vec![1200, 1200])),
            (&[(0, 120), (119, 120)], None),
        ] {
            assert_eq!(counts(chunks), expected, "{chunks:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(parts in prop::collection::vec((1_i64..50, 1_i64..480), 0..8)) {
            let (mut at, mut chunks, mut expected) = (0, Vec::new(), Samples::default());
            for (gap, count) in parts {
                chunks.push(chunk(at + gap, count));
                at += gap + count;
            }
            chunks.iter().for_each(|chunk| chunk.decode(TimeRange::ALL, &mut expected).expect("sound"));
            let mut found = Samples::default();
            for chunk in joined(&chunks).expect("in order").expect("sound") {
                chunk.decode(TimeRange::ALL, &mut found).expect("sound");
            }
            prop_assert_eq!(found, expected);
        }
    }
}
