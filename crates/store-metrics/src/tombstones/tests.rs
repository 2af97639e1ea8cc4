//! Tombstones as bytes and as holes.

use aio_types::MatchOp;
use proptest::prelude::*;

use super::*;

fn tombstone(range: TimeRange) -> Tombstone {
    let matcher = |op, value: &str| Matcher::new("job", op, value).expect("valid");
    let selections = vec![vec![matcher(MatchOp::Equal, "a"), matcher(MatchOp::NotRegex, "x.*")], Vec::new()];
    Tombstone { selections, range, before: 7 }
}

#[test]
fn bytes_come_back() {
    let tenant = aio_types::TenantId::new("other").expect("valid");
    let one = tombstone(TimeRange::ALL);
    assert_eq!(decode_record(&encode_record(&tenant, &one)), Some((tenant, one.clone())));
    let dir = tempfile::tempdir().expect("temp dir");
    assert!(load(dir.path()).expect("loads").is_empty());
    let all = [Arc::new(one), Arc::new(tombstone(TimeRange::new(-5, 9)))];
    save(dir.path(), &all).expect("saves");
    assert_eq!(load(dir.path()).expect("loads")[..], all);
    save(dir.path(), &[]).expect("saves");
    assert!(load(dir.path()).expect("loads").is_empty());
}

#[test]
fn a_flipped_byte_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("temp dir");
    save(dir.path(), &[Arc::new(tombstone(TimeRange::new(1, 2)))]).expect("saves");
    let path = dir.path().join("tombstones");
    let sound = std::fs::read(&path).expect("reads");
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 4;
        std::fs::write(&path, bytes).expect("writes");
        let error = load(dir.path()).expect_err("refused").to_string();
        assert!(error.contains("tombstones is damaged"), "byte {at}: {error}");
    }
}

proptest! {
    #[test]
    fn pieces_are_what_no_hole_covers(
        holes in prop::collection::vec((0_i64..20, 0_i64..20, prop::bool::ANY), 0..5),
        (start, end) in (0_i64..20, 0_i64..20),
    ) {
        let holes: Vec<_> = holes
            .into_iter()
            .map(|(a, b, meant)| Hole { ids: [u32::from(!meant)].into_iter().collect(), range: TimeRange::new(a.min(b), a.max(b)) })
            .collect();
        let range = TimeRange::new(start, end);
        let left = pieces(range, &hidden(&holes, 0, range));
        for t in (0..20).map(TimestampMs) {
            let is_hidden = holes.iter().any(|hole| hole.ids.contains(0) && hole.range.contains(t));
            let found = left.iter().filter(|piece| piece.contains(t)).count();
            prop_assert_eq!(found, usize::from(range.contains(t) && !is_hidden), "{:?}", t);
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _any = decode_record(&bytes);
        let _any = file::decode_all(&bytes);
    }
}
