//! Residuals that nearly all are the same: where the others are, and what they are.
//!
//! ```text
//!   n others | k of the gaps, k of the distances | every other: how many come before it since the last one, then
//!   the zigzag distance from the usual one, less 1; both as Rice codes
//! ```

use aio_kit::bytes::{Reader, Writer};

use super::super::bits::{BitReader, BitWriter};
use super::{head_bits, rice, unzigzag, zigzag};

/// Of so many residuals one at most is another.
const RARE: usize = 5;

/// How the others are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sparse {
    count: usize,
    gaps_k: u32,
    distances_k: u32,
    /// What all takes.
    pub(super) bits: u64,
}

fn others(residuals: &[i64], usual: i64) -> impl Iterator<Item = (u64, u64)> + Clone {
    let mut next = 0;
    let others = residuals.iter().enumerate().filter(move |(_, residual)| **residual != usual);
    others.map(move |(position, residual)| {
        let gap = (position - next) as u64;
        next = position + 1;
        (gap, zigzag(residual.wrapping_sub(usual)) - 1)
    })
}

impl Sparse {
    /// `None` where there are many others.
    pub(super) fn of(residuals: &[i64], usual: i64) -> Option<Self> {
        let count = residuals.iter().filter(|residual| **residual != usual).count();
        if count * RARE > residuals.len() {
            return None;
        }
        let (gaps_k, gaps) = rice::fit(others(residuals, usual).map(|(gap, _)| gap));
        let (distances_k, distances) = rice::fit(others(residuals, usual).map(|(_, distance)| distance));
        let head = head_bits(i64::try_from(count).unwrap_or(i64::MAX)) + 16;
        Some(Self { count, gaps_k, distances_k, bits: gaps + distances + head })
    }

    pub(super) fn write(self, residuals: &[i64], usual: i64, out: &mut Writer, bits: &mut BitWriter) {
        out.uint(self.count as u64);
        out.byte(self.gaps_k.to_le_bytes()[0]);
        out.byte(self.distances_k.to_le_bytes()[0]);
        for (gap, distance) in others(residuals, usual) {
            rice::write(bits, gap, self.gaps_k);
            rice::write(bits, distance, self.distances_k);
        }
    }
}

/// Appends the first `wanted` of `count` residuals to `out`.
pub(super) fn read(from: &mut Reader<'_>, usual: i64, count: usize, wanted: usize, out: &mut Vec<i64>) -> Option<()> {
    let others = from.uint()?;
    let [gaps_k, distances_k] = [from.byte()?, from.byte()?].map(u32::from);
    if others > count as u64 || gaps_k.max(distances_k) > rice::K_MAX {
        return None;
    }
    let begin = out.len();
    out.resize(begin + wanted, usual);
    let mut bits = BitReader::new(from.0);
    let mut position = 0_usize;
    for _ in 0..others {
        position = position.checked_add(usize::try_from(rice::read(&mut bits, gaps_k)?).ok()?)?;
        let distance = rice::read(&mut bits, distances_k)?.wrapping_add(1);
        if position >= count {
            return None;
        }
        match out.get_mut(begin + position) {
            Some(residual) => *residual = usual.wrapping_add(unzigzag(distance)),
            None => break,
        }
        position += 1;
    }
    from.0 = bits.rest();
    Some(())
}
