use aio_types::MetricKind;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::remote_write::messages::{self as sent, SymbolExemplar, SymbolMetadata, SymbolSeries, integer_histogram};

/// Symbols of every test; by position.
const SYMBOLS: [&[u8]; 10] =
    [b"", b"__name__", b"up", b"job", b"a", b"helpful", b"seconds", b"\xff", b"trace_id", b"d_bucket"];

fn request(timeseries: Vec<SymbolSeries>) -> sent::Request {
    sent::Request { symbols: SYMBOLS.map(<[u8]>::to_vec).to_vec(), timeseries }
}

fn round_trip(timeseries: Vec<SymbolSeries>) -> Decoded {
    decode(&request(timeseries).encode_to_vec()).expect("decodes")
}

fn sample_of(value: f64, timestamp: i64, start_timestamp: i64) -> sent::Sample {
    sent::Sample { value, timestamp, start_timestamp }
}

fn series_of(refs: &[u32]) -> SymbolSeries {
    SymbolSeries { labels_refs: refs.to_vec(), samples: vec![sample_of(1.0, 7, 0)], ..Default::default() }
}

fn up() -> SymbolSeries {
    series_of(&[1, 2])
}

#[test]
fn a_series_arrives_with_all_it_has() {
    let series = SymbolSeries {
        labels_refs: vec![3, 4, 1, 2],
        samples: vec![sample_of(1.0, 7, 0), sample_of(2.0, 8, 3)],
        histograms: vec![sent::Histogram { start_timestamp: 4, ..integer_histogram(9) }],
        exemplars: vec![SymbolExemplar { labels_refs: vec![8, 4], value: 0.5, timestamp: 6 }],
        metadata: Some(SymbolMetadata { kind: 1, help_ref: 5, unit_ref: 6 }),
    };
    let out = round_trip(vec![series]);
    assert!(out.refused.is_empty() && out.skipped.is_empty(), "{}", out.refused);
    let got = out.write.series(0).expect("there");
    assert_eq!(got.labels.to_string(), r#"{__name__="up", job="a"}"#);
    let times = [TimestampMs(0), TimestampMs(3)];
    assert_eq!((got.samples.floats.len(), got.samples.starts), (2, &times[..]));
    assert_eq!(got.samples.histograms[0].start, TimestampMs(4));
    assert_eq!(got.exemplars[0].labels.to_string(), r#"{trace_id="a"}"#);
    let want = Metadata { kind: MetricKind::Counter, help: "helpful".into(), unit: "seconds".into() };
    assert_eq!(out.write.metadata, [("up".to_owned(), want)]);
}

#[test]
fn a_fault_costs_only_what_it_is_in() {
    let metadata =
        |help_ref, unit_ref| SymbolSeries { metadata: Some(SymbolMetadata { kind: 1, help_ref, unit_ref }), ..up() };
    for (bad, reason) in [
        (series_of(&[1, 2, 3]), "3 references are no pairs"),
        (series_of(&[1, 99]), "reference 99 lies outside of the table of 10 symbols"),
        (series_of(&[3, 4]), "missing"),
        (series_of(&[]), "missing"),
        (series_of(&[1, 2, 3, 4, 3, 4]), "twice"),
        (series_of(&[1, 2, 0, 4]), "empty"),
        (series_of(&[1, 2, 7, 4]), "not UTF-8"),
        (series_of(&[1, 7]), "not UTF-8"),
        (metadata(99, 0), "metadata of series {__name__=\"up\"}: reference 99"),
        (metadata(0, 99), "reference 99"),
        (SymbolSeries { samples: vec![], ..up() }, "neither a sample nor a histogram"),
    ] {
        let out = round_trip(vec![bad, up()]);
        assert_eq!((out.refused.count, out.write.series_count()), (1, 1), "{reason}");
        assert!(out.refused.told[0].contains(reason), "{}", out.refused);
    }
}

#[test]
fn a_bad_histogram_or_exemplar_leaves_its_series_alone() {
    let series = SymbolSeries {
        histograms: vec![sent::Histogram { schema: 99, ..integer_histogram(1) }, integer_histogram(2)],
        exemplars: vec![
            SymbolExemplar { labels_refs: vec![8], value: 1.0, timestamp: 1 },
            SymbolExemplar { labels_refs: vec![8, 99], value: 1.0, timestamp: 1 },
            SymbolExemplar { labels_refs: vec![8, 2], value: 1.0, timestamp: 1 },
        ],
        ..up()
    };
    let out = round_trip(vec![series]);
    let got = out.write.series(0).expect("there");
    assert_eq!((got.samples.floats.len(), got.samples.histograms.len(), got.exemplars.len()), (1, 1, 1));
    assert_eq!(out.refused.count, 3);
    assert!(out.refused.told.iter().all(|why| why.contains(r#"series {__name__="up"}"#)), "{}", out.refused);
}

#[test]
fn the_table_begins_with_nothing_and_may_come_last() {
    let mut bad = request(vec![up()]);
    bad.symbols[0] = b"x".to_vec();
    assert!(matches!(decode(&bad.encode_to_vec()), Err(Error::Malformed { .. })));
    let mut late = sent::Request { symbols: vec![], ..request(vec![up()]) }.encode_to_vec();
    late.extend(request(vec![]).encode_to_vec());
    assert_eq!(decode(&late), Ok(round_trip(vec![up()])));
    let without = decode(&sent::Request { symbols: vec![], ..request(vec![up()]) }.encode_to_vec()).expect("decodes");
    assert_eq!((without.refused.count, without.write.series_count()), (1, 0));
    assert_eq!(decode(&[]), Ok(Decoded::default()));
}

#[test]
fn metadata_is_told_once_per_family() {
    let described = |refs: &[u32], kind| SymbolSeries {
        metadata: Some(SymbolMetadata { kind, help_ref: 5, unit_ref: 0 }),
        ..series_of(refs)
    };
    let out = round_trip(vec![described(&[1, 9], 3), described(&[1, 9, 3, 4], 3), described(&[1, 2], 2), up()]);
    let names: Vec<_> = out.write.metadata.iter().map(|(name, metadata)| (name.as_str(), metadata.kind)).collect();
    assert_eq!(names, [("d", MetricKind::Histogram), ("up", MetricKind::Gauge)]);
}

#[test]
fn references_to_a_long_symbol_are_weighed() {
    let mut heavy = request(vec![series_of(&[1, 2, 3, 10]); 300]);
    heavy.symbols.push(vec![b'x'; 1 << 20]);
    assert!(matches!(decode(&heavy.encode_to_vec()), Err(Error::TooHeavy { .. })));
    let mut many = request(vec![]).encode_to_vec();
    many.extend([0x22, 0].repeat(10 << 20));
    assert!(matches!(decode(&many), Err(Error::TooHeavy { .. })));
}

proptest! {
    #[test]
    fn samples_come_back_bit_by_bit(
        samples in proptest::collection::vec((any::<u64>(), any::<i64>(), any::<i64>()), 1..20),
    ) {
        let mut series = up();
        series.samples = samples.iter().map(|(bits, t, start)| sample_of(f64::from_bits(*bits), *t, *start)).collect();
        let out = round_trip(vec![series]);
        let got = out.write.series(0).expect("there").samples;
        let got: Vec<_> =
            got.floats.iter().enumerate().map(|(at, s)| (s.v.to_bits(), s.t.0, got.start_of(at).0)).collect();
        prop_assert_eq!(got, samples);
    }

    #[test]
    fn labels_come_back_however_they_are_sent(
        labels in proptest::collection::btree_map("[a-z_]{1,12}|ä{40,80}", "[a-zü]{0,9}|[xy]{100,150}", 0..70),
        is_sorted: bool,
    ) {
        let name = ("__name__".to_owned(), "up".to_owned());
        let mut pairs: Vec<_> = labels.into_iter().filter(|(n, _)| n != "__name__").chain([name]).collect();
        if is_sorted {
            pairs.sort();
        }
        let texts = pairs.iter().flat_map(|(n, v)| [n, v]).map(|text| text.as_bytes().to_vec());
        let symbols: Vec<_> = [Vec::new()].into_iter().chain(texts).collect();
        let refs: Vec<u32> = (1..).take(symbols.len() - 1).collect();
        let out = decode(&sent::Request { symbols, timeseries: vec![series_of(&refs)] }.encode_to_vec()).expect("decodes");
        prop_assert_eq!(out.write.series(0).expect("there").labels.to_labels(), aio_types::Labels::from_pairs(pairs));
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&body);
    }

    #[test]
    fn flipped_bytes_never_panic(at in 0_usize..200, with in any::<u8>()) {
        let mut series = up();
        series.histograms.push(integer_histogram(5));
        let mut body = request(vec![series]).encode_to_vec();
        let at = at % body.len();
        body[at] = with;
        let _ = decode(&body);
    }
}
