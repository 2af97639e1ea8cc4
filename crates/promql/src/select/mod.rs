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

/// Fewer series than this are read by the calling thread.
const PARALLEL_MIN: usize = 16;

/// So many series are read before what was made of them is looked at.
const BATCH_SERIES: usize = 512;

type Readers<'a> = Vec<Box<dyn SeriesReader + 'a>>;

impl Context<'_> {
    fn select(&self, matchers: &[Matcher], span: TimeRange) -> Result<Readers<'_>, Error> {
        if span.start > span.end {
            return Ok(Vec::new());
        }
        Ok(self.query.source.select(matchers, span)?)
    }

    /// Reads series and makes something of each, in their order.
    fn read_each<R: Send>(
        &self,
        readers: &[Box<dyn SeriesReader + '_>],
        span: TimeRange,
        make: &(dyn Fn(&Labels, &mut Samples) -> Result<R, Error> + Sync),
    ) -> Result<Vec<R>, Error> {
        let one = |scratch: &mut Samples, reader: &dyn SeriesReader| {
            self.check()?;
            scratch.clear();
            reader.read(span, scratch)?;
            let size = size_of(scratch);
            let weight = Weight::of_samples(size);
            self.query.budget.add_read(size);
            self.query.budget.hold(weight)?;
            let made = make(reader.labels(), scratch);
            self.query.budget.release(weight);
            made
        };
        if readers.len() < PARALLEL_MIN {
            let mut scratch = Samples::default();
            return readers.iter().map(|reader| one(&mut scratch, &**reader)).collect();
        }
        let readers = readers.par_iter().with_min_len(4).map(|reader| &**reader);
        readers.map_init(Samples::default, one).collect()
    }
}
