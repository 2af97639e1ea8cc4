//! Range vectors as they are: the answer of an instant query.

use aio_series::growth;
use aio_types::{Samples, TimestampMs};

use super::Input;
use crate::Error;
use crate::budget::Weight;
use crate::eval::{Context, Tally};
use crate::labels::RowLabels;
use crate::outcome::Series;
use crate::parse::Extension;
use crate::plan::{Window, WindowSource};
use crate::window::Frames;

impl Context<'_> {
    /// The samples of a window at the only step.
    pub(crate) fn raw(&self, window: &Window) -> Result<Vec<Series>, Error> {
        if let WindowSource::Subquery { plan, step_ms } = &window.source {
            let ends = self.times.shifted(window.shift);
            let series = self.computed(plan, *step_ms, window.range_ms, ends, Tally::AtLast(1))?;
            return Ok(series.into_iter().map(|one| answer(one.labels, one.drop_name, one.samples)).collect());
        }
        let mut out = Vec::new();
        let make = |input: &Input<'_>| self.raw_series(window, input);
        self.per_series(window, &make, &mut |batch| {
            out.extend(batch);
            Ok(())
        })?;
        Ok(out)
    }

    fn raw_series(&self, window: &Window, input: &Input<'_>) -> Result<Series, Error> {
        let mut frames = Frames::new(input.samples, window.range_ms, self.margins(window));
        let frame = frames.at(input.ends.start, self.times.start);
        let mut samples = Samples {
            floats: frame.window.floats.to_vec(),
            histograms: frame.window.histograms.to_vec(),
            ..Samples::default()
        };
        if let Some(extension) = window.extension {
            if !samples.histograms.is_empty() {
                let why = format!("{} modifier is not supported with histograms", extension.as_str());
                return Err(Error::execution(why));
            }
            let extension = match extension {
                Extension::Anchored => growth::Extension::Anchored,
                Extension::Smoothed => growth::Extension::Smoothed,
            };
            samples.floats = growth::extended_floats(&frame.window, extension);
        }
        samples.histograms.iter_mut().for_each(|s| s.start = TimestampMs(0));
        let size = super::size_of(&samples);
        let mut counts = self.counts();
        counts.push(size as u64);
        self.count(&counts);
        self.query.budget.hold(Weight::of_samples(size))?;
        Ok(answer(input.labels.clone(), false, samples))
    }
}

fn answer(mut labels: RowLabels, drop_name: bool, samples: Samples) -> Series {
    if drop_name {
        labels.hide_metadata();
    }
    Series { labels: labels.to_labels(), samples }
}
