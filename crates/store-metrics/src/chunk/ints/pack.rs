//! Packing residuals, in whichever way takes least.
//!
//! ```text
//!   words   lowest | span | every residual less the lowest, several to a word (`words`)
//!   Rice    base | k | the distance of every residual from the base (`rice`). Of three kinds: zigzag around the base,
//!           or above it, or below it
//!   sparse  the usual one | the others (`sparse`)
//! ```
//!
//! Words suit what is spread evenly, Rice codes suit what clusters, with outliers.

use aio_kit::bytes::{Reader, Writer};

use super::super::bits::{BitReader, BitWriter};
use super::predict::centre;
use super::sparse::{self, Sparse};
use super::words::{self, Word};
use super::{bit_length, head_bits, rice, unzigzag, zigzag};

/// How many ways there are.
pub(super) const WAYS: u8 = 5;
const WORDS: u8 = 0;
const AROUND: u8 = 1;
const ABOVE: u8 = 2;
const BELOW: u8 = 3;
const SPARSE: u8 = 4;
/// So much further do residuals reach to one side where they count from the other.
const SKEW: u64 = 4;

/// How residuals are packed, and what they take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    pub(super) bits: u64,
    way: Way,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Words { lowest: i64, span: u64 },
    Rice { side: u8, base: i64, k: u32 },
    Sparse { usual: i64, sparse: Sparse },
}

/// How far a residual lies from the base, on the side that counts.
#[inline]
fn distance(side: u8, base: i64, residual: i64) -> u64 {
    match side {
        ABOVE => residual.wrapping_sub(base).cast_unsigned(),
        BELOW => base.wrapping_sub(residual).cast_unsigned(),
        _ => zigzag(residual.wrapping_sub(base)),
    }
}

impl Packing {
    pub(super) fn of(residuals: &[i64]) -> Self {
        let centre = centre(residuals);
        let (mut lowest, mut highest) = (centre, centre);
        for &residual in residuals {
            (lowest, highest) = (lowest.min(residual), highest.max(residual));
        }
        let span = highest.wrapping_sub(lowest).cast_unsigned();
        let head = head_bits(lowest) + head_bits(span.cast_signed() >> 1);
        let words = Self { bits: head + Word::of(span).bits_of(residuals.len()), way: Way::Words { lowest, span } };
        let (below, above) = (centre.wrapping_sub(lowest), highest.wrapping_sub(centre));
        let [below, above] = [below, above].map(i64::cast_unsigned);
        let rice = match (below, above) {
            _ if below.saturating_mul(SKEW) <= above => words.or_rice(residuals, ABOVE, lowest),
            _ if above.saturating_mul(SKEW) <= below => words.or_rice(residuals, BELOW, highest),
            _ => words.or_rice(residuals, AROUND, centre),
        };
        // With Rice codes every residual takes a bit at least.
        if rice.bits < 2 * residuals.len() as u64 { rice.or_sparse(residuals, centre) } else { rice }
    }

    fn or_rice(self, residuals: &[i64], side: u8, base: i64) -> Self {
        let distances = residuals.iter().map(|r| distance(side, base, *r));
        let lengths: u64 = distances.clone().map(|d| u64::from(bit_length(d))).sum();
        // Fewer bits than the distances have no code takes.
        if lengths >= self.bits {
            return self;
        }
        let (k, bits) = rice::fit_near(distances, lengths / residuals.len().max(1) as u64);
        let bits = bits + head_bits(base) + 8;
        if bits < self.bits { Self { bits, way: Way::Rice { side, base, k } } } else { self }
    }

    fn or_sparse(self, residuals: &[i64], usual: i64) -> Self {
        match Sparse::of(residuals, usual) {
            Some(sparse) if sparse.bits + head_bits(usual) < self.bits => {
                Self { bits: sparse.bits + head_bits(usual), way: Way::Sparse { usual, sparse } }
            }
            _ => self,
        }
    }

    pub(super) fn way(&self) -> u8 {
        match self.way {
            Way::Words { .. } => WORDS,
            Way::Rice { side, .. } => side,
            Way::Sparse { .. } => SPARSE,
        }
    }

    /// Appends the residuals that this was made for.
    pub(super) fn write(&self, residuals: &[i64], out: &mut Writer) {
        let mut bits = <BitWriter>::default();
        match self.way {
            Way::Words { lowest, span } => {
                out.int(lowest);
                out.uint(span);
                words::write(residuals, lowest, span, &mut bits);
            }
            Way::Rice { side, base, k } => {
                out.int(base);
                out.byte(k.to_le_bytes()[0]);
                residuals.iter().for_each(|r| rice::write(&mut bits, distance(side, base, *r), k));
            }
            Way::Sparse { usual, sparse } => {
                out.int(usual);
                sparse.write(residuals, usual, out, &mut bits);
            }
        }
        bits.append_to(&mut out.0);
    }
}

/// Appends the first `wanted` of `count` residuals to `out`; `None` where the bytes are no such residuals. What is left
/// of `from` begins behind them where all are wanted.
pub(super) fn decode(way: u8, from: &mut Reader<'_>, count: usize, wanted: usize, out: &mut Vec<i64>) -> Option<()> {
    let base = from.int()?;
    match way {
        WORDS => {
            let span = from.uint()?;
            let mut bits = BitReader::new(from.0);
            words::read(&mut bits, base, span, count, wanted, out)?;
            from.0 = bits.rest();
            Some(())
        }
        SPARSE => sparse::read(from, base, count, wanted, out),
        _ => decode_rice(way, from, base, wanted, out),
    }
}

fn decode_rice(side: u8, from: &mut Reader<'_>, base: i64, wanted: usize, out: &mut Vec<i64>) -> Option<()> {
    let k = u32::from(from.byte()?);
    let mut bits = BitReader::new(from.0);
    let begin = out.len();
    out.resize(begin + wanted, 0);
    let column = &mut out[begin..];
    match side {
        ABOVE => rice::read_all(&mut bits, k, column, |d| base.wrapping_add(d.cast_signed()))?,
        BELOW => rice::read_all(&mut bits, k, column, |d| base.wrapping_sub(d.cast_signed()))?,
        _ => rice::read_all(&mut bits, k, column, |d| base.wrapping_add(unzigzag(d)))?,
    }
    from.0 = bits.rest();
    Some(())
}
