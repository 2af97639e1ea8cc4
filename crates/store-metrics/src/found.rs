//! The series of a selection, and where their samples lie: lists out of blocks and heads, each ascending by labels, made
//! one.

use std::cmp::Ordering;
use std::sync::Arc;

use aio_source::{Error, SeriesReader};
use aio_types::{Labels, Samples, TimeRange};

use crate::block::{Block, BlockSeries};
use crate::head::HeadView;
use crate::merge::{append, merge};
use crate::plan::Plan;
use crate::series::HeadSeries;
use crate::tombstones::{Hole, hidden, pieces};

/// One series of a selection.
pub(crate) struct Found<'a> {
    pub(crate) labels: Labels,
    /// Oldest block first.
    blocks: Vec<Stored<'a>>,
    heads: Vec<Arc<HeadSeries>>,
}

/// One series of one block.
struct Stored<'a> {
    block: &'a Block,
    series: Arc<BlockSeries>,
    /// What of it is deleted.
    hidden: Vec<TimeRange>,
}

impl Stored<'_> {
    fn touches(&self, range: TimeRange) -> bool {
        if self.hidden.is_empty() {
            return self.series.touches(range);
        }
        pieces(range, &self.hidden).iter().any(|piece| self.series.touches(*piece))
    }

    fn read(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        if self.hidden.is_empty() {
            return Ok(self.block.read(&self.series, range, out)?);
        }
        for piece in pieces(range, &self.hidden) {
            self.block.read(&self.series, piece, out)?;
        }
        Ok(())
    }
}

impl Found<'_> {
    /// Appends what there is to no samples at all.
    fn collect(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        let mut in_order = true;
        for stored in &self.blocks {
            let before = out.floats.len();
            stored.read(range, out)?;
            in_order &= follows(out, before);
        }
        for series in &self.heads {
            let before = out.floats.len();
            series.collect(range, out);
            in_order &= series.is_in_order() && follows(out, before);
        }
        if !in_order || !out.histograms.is_empty() {
            merge(out);
        }
        Ok(())
    }

    /// Takes over the parts of the same series that come after its own.
    fn absorb(&mut self, mut later: Self) {
        self.blocks.append(&mut later.blocks);
        self.heads.append(&mut later.heads);
    }
}

/// Whether the floats from a position on come after those before it.
fn follows(samples: &Samples, position: usize) -> bool {
    let before = position.checked_sub(1).and_then(|last| samples.floats.get(last));
    let next = samples.floats.get(position);
    before.zip(next).is_none_or(|(before, next)| before.t < next.t)
}

impl SeriesReader for Found<'_> {
    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn read(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        if out.is_empty() {
            return self.collect(range, out);
        }
        let mut samples = Samples::default();
        self.collect(range, &mut samples)?;
        append(out, &mut samples);
        Ok(())
    }

    /// What is asked for now mostly is what came last.
    fn read_newest(&self, range: TimeRange, out: &mut Samples) -> Result<(), Error> {
        if let ([], [series]) = (&self.blocks[..], &self.heads[..])
            && let Some((newest, start)) = series.newest_float().filter(|(newest, _)| range.contains(newest.t))
        {
            out.push_float(newest, start);
            return Ok(());
        }
        self.read(range, out)
    }
}

/// Series of a block that match and may have samples in `range`.
///
/// # Errors
/// When the block cannot be read.
pub(crate) fn in_block<'a>(
    block: &'a Block,
    holes: &[Hole],
    plan: &Plan<'_>,
    range: TimeRange,
) -> Result<Vec<Found<'a>>, Error> {
    let mut found = Vec::new();
    block.for_each(&block.select(plan)?, |id, series| {
        let stored = Stored { block, series: Arc::clone(series), hidden: hidden(holes, id, range) };
        if stored.touches(range) {
            found.push(Found { labels: series.labels.clone(), blocks: vec![stored], heads: Vec::new() });
        }
    })?;
    Ok(found)
}

/// As [`in_block`], of a head.
pub(crate) fn in_head<'a>(head: &HeadView, plan: &Plan<'_>, range: TimeRange) -> Vec<Found<'a>> {
    let touched = head.select(plan).into_iter().filter(|series| series.touches(range));
    let found =
        |series: Arc<HeadSeries>| Found { labels: series.labels.clone(), blocks: Vec::new(), heads: vec![series] };
    let mut all: Vec<_> = touched.map(found).collect();
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    all
}

/// The series of both, where those of `later` come after the same ones of `earlier`.
pub(crate) fn joined<'a>(earlier: Vec<Found<'a>>, later: Vec<Found<'a>>) -> Vec<Found<'a>> {
    if earlier.is_empty() {
        return later;
    }
    let mut all = Vec::with_capacity(earlier.len().max(later.len()));
    let (mut earlier, mut later) = (earlier.into_iter().peekable(), later.into_iter().peekable());
    while let (Some(a), Some(b)) = (earlier.peek(), later.peek()) {
        let is_same = a.labels == b.labels;
        if is_same || a.labels.cmp(&b.labels) == Ordering::Less {
            all.extend(earlier.next());
        } else {
            all.extend(later.next());
        }
        if is_same && let (Some(series), Some(more)) = (all.last_mut(), later.next()) {
            series.absorb(more);
        }
    }
    all.extend(earlier);
    all.extend(later);
    all
}

#[cfg(test)]
mod tests {
    use aio_types::{Sample, TimestampMs};

    use super::*;

    fn list(names: &[&str], heads: usize) -> Vec<Found<'static>> {
        let found = |name: &&str| {
            let labels = Labels::from_pairs([("a", *name)]);
            Found { labels, blocks: Vec::new(), heads: vec![Arc::default(); heads] }
        };
        names.iter().map(found).collect()
    }

    fn shown(list: &[Found<'_>]) -> Vec<(String, usize)> {
        list.iter().map(|found| (found.labels.get("a").to_owned(), found.heads.len())).collect()
    }

    #[test]
    fn the_newest_sample_is_that_of_a_whole_read() {
        let mut series = HeadSeries::default();
        for t in (0..300).chain([150, 7]) {
            // The last ones come late, and between others.
            let late = series.newest().is_some_and(|newest| newest.0 > t * 10);
            let sample =
                Sample { t: TimestampMs(t * 10 + i64::from(late)), v: f64::from(i32::try_from(t).expect("few")) };
            series.push_float(sample, TimestampMs(t / 100), &mut None);
            let found = Found { labels: Labels::default(), blocks: Vec::new(), heads: vec![Arc::new(series.clone())] };
            for end in [t * 10, t * 10 - 1, 3000, 1500] {
                let (mut all, mut newest) = (Samples::default(), Samples::default());
                let range = TimeRange::new(end - 95, end);
                found.read(range, &mut all).expect("reads");
                found.read_newest(range, &mut newest).expect("reads");
                let last = |samples: &Samples| {
                    let last = samples.floats.len().checked_sub(1)?;
                    Some((samples.floats[last], samples.start_of(last)))
                };
                assert_eq!(last(&newest), last(&all), "{t} {end}");
            }
        }
    }

    #[test]
    fn lists_become_one_in_order() {
        for (earlier, later, expected) in [
            (&["a", "c"][..], &["b", "c", "d"][..], "a1 b2 c3 d2"),
            (&[], &["a"], "a2"),
            (&["a"], &[], "a1"),
            (&["x", "y"], &["a", "b"], "a2 b2 x1 y1"),
            (&["a", "b"], &["a", "b"], "a3 b3"),
        ] {
            let all = joined(list(earlier, 1), list(later, 2));
            let all: Vec<_> = shown(&all).into_iter().map(|(name, heads)| format!("{name}{heads}")).collect();
            assert_eq!(all.join(" "), expected);
        }
    }
}
