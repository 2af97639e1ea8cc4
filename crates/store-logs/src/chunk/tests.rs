use aio_types::{Labels, LogEntry, TimestampNs};
use proptest::prelude::*;

use super::*;
use crate::line_filter::LineFilter;

fn entries() -> impl Strategy<Value = Vec<LogEntry>> {
    let name = prop_oneof!["[a-c]", Just(LEVEL.to_owned())];
    let entry = (any::<i64>(), "\\PC{0,20}", proptest::collection::vec((name, "[a-z0-9]{1,5}"), 0..3));
    proptest::collection::vec(entry, 1..20).prop_map(|rows| {
        let mut out: Vec<LogEntry> = rows
            .into_iter()
            .map(|(ts, line, pairs)| LogEntry {
                ts: TimestampNs(ts),
                line: line.into(),
                metadata: Labels::from_pairs(pairs),
            })
            .collect();
        out.sort_by_key(|e| e.ts);
        out
    })
}

fn all(bytes: &[u8]) -> Option<Vec<LogEntry>> {
    since(bytes, 0)
}

fn since(bytes: &[u8], first: usize) -> Option<Vec<LogEntry>> {
    let chunk = Chunk::open(bytes)?;
    chunk.entries(&chunk.brief()?, first, &Labels::default(), &LineFilter::default())
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_and_any_flip_is_noticed(entries in entries(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = encode(&entries).expect("encodes").0;
        let brief = Chunk::open(&bytes).and_then(|c| c.brief()).expect("opens");
        for (row, entry) in brief.rows.iter().zip(&entries) {
            let metadata: usize = entry.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
            prop_assert_eq!((row.ts, row.line, brief.metadata_bytes(row)), (entry.ts, entry.line.len() as u64, metadata as u64));
            prop_assert_eq!(brief.level(row), entry.metadata.get(LEVEL));
        }
        let first = at.index(entries.len());
        prop_assert_eq!(since(&bytes, first), Some(entries[first..].to_vec()));
        prop_assert_eq!(all(&bytes), Some(entries));
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(all(&bytes).is_none());
    }
}
