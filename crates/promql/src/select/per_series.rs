//! Windows over series, stored or computed.

use aio_types::{Labels, Samples, TimeRange};
use rayon::prelude::*;

use super::prepare::{remove_buckets, remove_stale};
use super::subquery::Computed;
use super::{PARALLEL_MIN_WORK, Read};
use crate::Error;
use crate::eval::{Context, Tally};
use crate::labels::RowLabels;
use crate::parse::Extension;
use crate::plan::{Times, Window, WindowSource};
use crate::window::Frames;

/// One series whose windows are to be looked at.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    pub(crate) labels: RowLabels,
    pub(crate) drop_name: bool,
    /// Without stale markers.
    pub(crate) samples: &'a Samples,
    /// When windows end, by step.
    pub(crate) ends: Times,
}

/// What to make of a series.
pub(crate) type Make<'a, R> = &'a (dyn Fn(&Input<'_>) -> Result<R, Error> + Sync);

/// What to do with what was made of a batch of series, in their order.
pub(crate) type See<'a, R> = &'a mut dyn FnMut(Vec<R>) -> Result<(), Error>;

impl Context<'_> {
    /// How far samples matter before and after a window.
    pub(crate) fn margins(&self, window: &Window) -> (i64, i64) {
        match window.extension {
            None => (0, 0),
            Some(Extension::Anchored) => (self.query.lookback_ms, 0),
            Some(Extension::Smoothed) => (self.query.lookback_ms, self.query.lookback_ms),
        }
    }

    /// Makes something of every series of a window.
    pub(crate) fn per_series<R: Send>(&self, window: &Window, make: Make<'_, R>, see: See<'_, R>) -> Result<(), Error> {
        if self.times.steps == 0 {
            return Ok(());
        }
        match &window.source {
            WindowSource::Stored { .. } => self.per_stored(window, make, see),
            WindowSource::Subquery { plan, step_ms } => {
                let ends = self.times.shifted(window.shift);
                let series = self.computed(plan, *step_ms, window.range_ms, ends, Tally::Nowhere)?;
                see(self.make_each(&series, ends, make)?)
            }
        }
    }

    fn per_stored<R: Send>(&self, window: &Window, make: Make<'_, R>, see: See<'_, R>) -> Result<(), Error> {
        let WindowSource::Stored { matchers, stats_only } = &window.source else { return Ok(()) };
        let ends = self.times.shifted(window.shift);
        let (before, after) = self.margins(window);
        let back = window.range_ms.saturating_add(before);
        let start = ends.start.saturating_add(-back).saturating_add(1);
        let span = TimeRange { start, end: ends.end().saturating_add(after) };
        let one = |labels: &Labels, samples: &mut Samples| {
            if *stats_only {
                remove_buckets(&mut samples.histograms);
            }
            remove_stale(samples);
            make(&Input { labels: labels.clone().into(), drop_name: false, samples, ends })
        };
        for batch in self.select(matchers, span)?.chunks(self.batch_series()) {
            see(self.read_each(batch, span, Read::All, &one)?)?;
        }
        Ok(())
    }

    fn make_each<R: Send>(&self, series: &[Computed], ends: Times, make: Make<'_, R>) -> Result<Vec<R>, Error> {
        let one = |computed: &Computed| {
            self.check()?;
            let Computed { labels, drop_name, samples } = computed;
            make(&Input { labels: labels.clone(), drop_name: *drop_name, samples, ends })
        };
        let samples: usize = series.iter().map(|one| one.samples.len()).sum();
        if samples + series.len() * self.times.steps < PARALLEL_MIN_WORK {
            return series.iter().map(one).collect();
        }
        series.par_iter().map(one).collect()
    }

    /// Calls `see` with the step of every window of every series that has any sample in it.
    pub(crate) fn for_each_full_window(&self, window: &Window, see: &mut dyn FnMut(usize)) -> Result<(), Error> {
        let make = |input: &Input<'_>| {
            let mut frames = Frames::new(input.samples, window.range_ms, (0, 0));
            let sizes: Vec<u64> = input.ends.iter().map(|end| frames.at(end, end).size()).collect();
            let mut counts = self.counts();
            sizes.iter().for_each(|size| counts.push(*size));
            self.count(&counts);
            Ok(sizes)
        };
        self.per_series(window, &make, &mut |batch: Vec<Vec<u64>>| {
            for sizes in batch {
                (0..sizes.len()).filter(|step| sizes[*step] > 0).for_each(&mut *see);
            }
            Ok(())
        })
    }
}
