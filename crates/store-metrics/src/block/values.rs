//! The values of one label with the series that have them, sorted.
//!
//! ```text
//!   directory = n values | the series that have the label at all: part | n pages: first value, part
//!   page      = its values: text | n series | up to FEW of them: each after the last one; of more: part
//! ```
//!
//! A part of series is a serialized roaring bitmap.

use aio_kit::bytes::{Reader, Writer};
use roaring::RoaringBitmap;

use super::Part;
use super::footer::{decode_part, encode_part};

/// Series of a value that are written in its page.
pub(super) const FEW: usize = 8;
/// A page ends once it has so many bytes.
pub(super) const PAGE_BYTES: usize = 4096;

/// Where the values of a label are.
#[derive(Debug, PartialEq)]
pub(super) struct Directory {
    /// How many values.
    pub(super) count: u64,
    /// The series that have the label.
    pub(super) any: Part,
    /// First value and place of each page.
    pub(super) pages: Vec<(Box<str>, Part)>,
}

impl Directory {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.uint(self.count);
        encode_part(&mut out, self.any);
        for (first, part) in &self.pages {
            out.text(first);
            encode_part(&mut out, *part);
        }
        out.0
    }

    pub(super) fn decode(bytes: &[u8], limit: u64) -> Option<Self> {
        let mut from = Reader(bytes);
        let (count, any) = (from.uint()?, decode_part(&mut from, limit)?);
        let mut pages = Vec::new();
        while !from.0.is_empty() {
            pages.push((from.text()?.into(), decode_part(&mut from, limit)?));
        }
        Some(Self { count, any, pages })
    }

    /// The position of the page where `value` would be.
    pub(super) fn page_of(&self, value: &str) -> usize {
        self.pages.partition_point(|(first, _)| **first <= *value).saturating_sub(1)
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.pages.iter().map(|(first, _)| first.len() + 48).sum::<usize>() + 64
    }
}

/// The series of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Postings {
    /// Ascending.
    Few(Box<[u32]>),
    /// Where they are.
    Part(Part),
}

/// Appends a value to a page.
pub(super) fn encode_value(out: &mut Writer, value: &str, count: usize, postings: &Postings) {
    out.text(value);
    out.uint(count as u64);
    match postings {
        Postings::Few(ids) => {
            let mut before = 0;
            for &id in ids {
                out.uint(u64::from(id - before));
                before = id;
            }
        }
        Postings::Part(part) => encode_part(out, *part),
    }
}

/// Some values, ascending.
#[derive(Debug, PartialEq)]
pub(super) struct Page(pub(super) Vec<(Box<str>, Postings)>);

impl Page {
    /// `limit` is where parts end. `None` where the bytes are no page.
    pub(super) fn decode(bytes: &[u8], limit: u64) -> Option<Self> {
        let (mut from, mut values) = (Reader(bytes), Vec::new());
        while !from.0.is_empty() {
            let value = from.text()?.into();
            let count = usize::try_from(from.uint()?).ok()?;
            let postings = if count > FEW {
                Postings::Part(decode_part(&mut from, limit)?)
            } else {
                Postings::Few(decode_few(&mut from, count)?)
            };
            values.push((value, postings));
        }
        Some(Self(values))
    }

    pub(super) fn get(&self, value: &str) -> Option<&Postings> {
        self.0.binary_search_by(|(own, _)| (**own).cmp(value)).ok().map(|at| &self.0[at].1)
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(value, _)| value.len() + 72).sum()
    }
}

fn decode_few(from: &mut Reader<'_>, count: usize) -> Option<Box<[u32]>> {
    let mut id = 0_u32;
    let mut next = || {
        id = id.checked_add(u32::try_from(from.uint()?).ok()?)?;
        Some(id)
    };
    (0..count).map(|_| next()).collect()
}

/// The bytes of a set of ascending series.
pub(super) fn encode_bitmap(ids: &[u32]) -> std::io::Result<Vec<u8>> {
    let mut bitmap = ids.iter().copied().collect::<RoaringBitmap>();
    let _what_is_in_runs_is_kept_as_runs = bitmap.optimize();
    let mut out = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut out)?;
    Ok(out)
}

/// `None` where the bytes are no bitmap of series below `count`.
pub(super) fn decode_bitmap(bytes: &[u8], count: u64) -> Option<RoaringBitmap> {
    let bitmap = RoaringBitmap::deserialize_from(bytes).ok()?;
    bitmap.max().is_none_or(|max| u64::from(max) < count).then_some(bitmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part = Part { offset: 7, bytes: 9 };

    #[test]
    fn pages_and_directories_come_back() {
        let values =
            [("a", Postings::Few([3].into())), ("b", Postings::Part(PART)), ("ü", Postings::Few([1, 9].into()))];
        let mut out = Writer::default();
        for (value, postings) in &values {
            let count = if let Postings::Few(ids) = postings { ids.len() } else { 100 };
            encode_value(&mut out, value, count, postings);
        }
        let page = Page::decode(&out.0, 16).expect("a page");
        assert_eq!(page.get("ü"), Some(&values[2].1));
        assert_eq!((page.get("b"), page.get("c")), (Some(&values[1].1), None));
        assert!(Page::decode(&out.0, 15).is_none(), "a part beyond the end");
        let directory = Directory { count: 3, any: PART, pages: vec![("a".into(), PART), ("c".into(), PART)] };
        assert_eq!(
            Directory::decode(&directory.encode(), 16),
            Some(Directory { count: 3, any: PART, pages: directory.pages.clone() })
        );
        assert_eq!(["", "a", "b", "c", "d"].map(|value| directory.page_of(value)), [0, 0, 0, 1, 1]);
    }

    #[test]
    fn a_bitmap_beyond_the_series_is_none() {
        let bytes = encode_bitmap(&(5..5000).collect::<Vec<_>>()).expect("written");
        assert!(bytes.len() < 100);
        assert_eq!(decode_bitmap(&bytes, 5000).map(|b| b.len()), Some(4995));
        assert!(decode_bitmap(&bytes, 4999).is_none() && decode_bitmap(&bytes[1..], 5000).is_none());
    }
}
