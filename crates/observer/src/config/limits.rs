//! `limits`: what one process takes upon itself.

use super::reader::Reader;
use super::units;
use crate::schema::{Faults, Kind, Section, scalars};
use crate::yaml::Node;

pub(super) static LIMITS: Section = Section {
    keys: &[
        ("memory", Kind::Scalar(memory)),
        ("body_size", Kind::Scalar(positive_size)),
        ("decompressed_size", Kind::Scalar(positive_size)),
        ("writes_in_flight", Kind::Scalar(positive_size)),
        ("delta_streams", Kind::Scalar(scalars::count)),
        ("query_concurrency", Kind::Scalar(at_least_one)),
        ("query_queue", Kind::Scalar(scalars::count)),
    ],
    with: &[],
    check,
};

/// Bounds on what callers may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Percent of the machine or size. Not active yet.
    pub(crate) memory: String,
    /// Largest body as sent.
    pub(crate) body_bytes: usize,
    /// Largest body after decompression.
    pub(crate) decompressed_bytes: usize,
    /// Bytes of writes under way at once.
    pub(crate) writes_in_flight_bytes: usize,
    /// OTLP streams with delta temporality added up at once.
    pub(crate) delta_streams: usize,
    /// Queries evaluated at once.
    pub(crate) query_concurrency: usize,
    /// Queries that may wait for their turn.
    pub(crate) query_queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: "75%".to_owned(),
            body_bytes: 32 << 20,
            decompressed_bytes: 64 << 20,
            writes_in_flight_bytes: 256 << 20,
            delta_streams: 500_000,
            query_concurrency: 4,
            query_queue: 200,
        }
    }
}

impl Limits {
    pub(super) fn read(reader: Reader<'_>) -> Self {
        let defaults = Self::default();
        Self {
            memory: reader.text("memory").map_or(defaults.memory, str::to_owned),
            body_bytes: reader.bytes("body_size", defaults.body_bytes),
            decompressed_bytes: reader.bytes("decompressed_size", defaults.decompressed_bytes),
            writes_in_flight_bytes: reader.bytes("writes_in_flight", defaults.writes_in_flight_bytes),
            delta_streams: reader.count("delta_streams", defaults.delta_streams),
            query_concurrency: reader.count("query_concurrency", defaults.query_concurrency),
            query_queue: reader.count("query_queue", defaults.query_queue),
        }
    }
}

/// A write that can never be admitted would be retried for ever.
fn check(node: &Node, faults: &mut Faults) {
    let limits = Limits::read(Reader(Some(node)));
    if limits.writes_in_flight_bytes < limits.decompressed_bytes {
        faults.key(node, "writes_in_flight", "must have room for a body of `decompressed_size`");
    }
}

fn positive_size(text: &str) -> Result<(), String> {
    match units::bytes(text)? {
        0 => Err("must be more than 0".to_owned()),
        _ => Ok(()),
    }
}

fn memory(text: &str) -> Result<(), String> {
    match text.strip_suffix('%').map(str::parse::<u8>) {
        Some(Ok(1..=100)) => Ok(()),
        Some(_) => Err(format!("{text:?} is not a percentage from 1% to 100%")),
        None => scalars::size(text),
    }
}

fn at_least_one(text: &str) -> Result<(), String> {
    match scalars::to_integer(text) {
        Some(1..=10_000) => Ok(()),
        _ => Err(format!("{text:?} is not a whole number from 1 to 10000")),
    }
}
