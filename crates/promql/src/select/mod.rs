//! Series out of the source: read once each, in parallel, into memory that is reused.

mod newest;
mod per_series;
mod prepare;
mod raw;
mod smoothed;
mod subquery;

use aio_source::SeriesReader;
use aio_types::{Labels, Matcher, Samples, TimeRange};
use rayon::prelude::*;

pub(crate) use self::newest::Newest;
pub(crate) use self::per_series::Input;
pub(crate) use self::prepare::size_of;
use crate::Error;
use crate::budget::Weight;
use crate::eval::Context;

/// Less work than this, in samples and steps, is done by the calling thread: to wake others takes its time.
const PARALLEL_MIN_WORK: usize = 1 << 14;

/// What there is to do for a series beside its samples and steps, in those.
const SERIES_WORK: usize = 64;

/// How far samples mostly are apart.
const SAMPLE_MS: i64 = 15_000;

/// So many values are made before they are looked at, about.
const BATCH_VALUES: usize = 1 << 18;
const BATCH_SERIES_MIN: usize = 256;
const BATCH_SERIES_MAX: usize = 1 << 14;

/// Which samples are wanted.
#[derive(Debug, Clone, Copy)]
enum Read {
    All,
    /// The newest one, whatever comes with it.
    Newest,
}

type Readers<'a> = Vec<Box<dyn SeriesReader + 'a>>;

impl Context<'_> {
    fn select(&self, matchers: &[Matcher], span: TimeRange) -> Result<Readers<'_>, Error> {
        if span.start > span.end {
            return Ok(Vec::new());
        }
        Ok(self.query.source.select(matchers, span)?)
    }

    /// How many series are read before what was made of them is looked at.
    fn batch_series(&self) -> usize {
        (BATCH_VALUES / self.times.steps.max(1)).clamp(BATCH_SERIES_MIN, BATCH_SERIES_MAX)
    }

    /// Whether it pays to have several threads work on so many series.
    fn is_worth_threads(&self, series: usize, span: TimeRange) -> bool {
        let samples = span.end.0.saturating_sub(span.start.0) / SAMPLE_MS;
        let samples = usize::try_from(samples).unwrap_or(0);
        let each = SERIES_WORK.saturating_add(samples).saturating_add(self.times.steps);
        series > 1 && series.saturating_mul(each) >= PARALLEL_MIN_WORK
    }

    /// Reads series and makes something of each, in their order.
    fn read_each<R: Send>(
        &self,
        readers: &[Box<dyn SeriesReader + '_>],
        span: TimeRange,
        read: Read,
        make: &(dyn Fn(&Labels, &mut Samples) -> Result<R, Error> + Sync),
    ) -> Result<Vec<R>, Error> {
        let one = |scratch: &mut Samples, reader: &dyn SeriesReader| {
            self.check()?;
            scratch.clear();
            match read {
                Read::All => reader.read(span, scratch)?,
                Read::Newest => reader.read_newest(span, scratch)?,
            }
            let size = size_of(scratch);
            let weight = Weight::of_samples(size);
            self.query.budget.add_read(size);
            self.query.budget.hold(weight)?;
            let made = make(reader.labels(), scratch);
            self.query.budget.release(weight);
            made
        };
        if !self.is_worth_threads(readers.len(), span) {
            let mut scratch = Samples::default();
            return readers.iter().map(|reader| one(&mut scratch, &**reader)).collect();
        }
        let readers = readers.par_iter().map(|reader| &**reader);
        readers.map_init(Samples::default, one).collect()
    }
}
