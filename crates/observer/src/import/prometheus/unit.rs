//! What is imported at a time: a block, or what was in memory.

use aio_prometheus_tsdb::{Block, DataDir, Head, HeadFiles, Meta, cut};
use aio_store_metrics::{Import, MetricsStore};
use aio_types::{TenantId, TimeRange, TimestampMs};
use anyhow::{Context, bail};

use super::super::bounds::Bounds;
use super::super::progress::Progress;
use super::note::Note;
use super::source::{Series, Source};
use super::tally::{Counts, Tally};

const UNKNOWN: &str = "of series that the log does not name";

/// One unit.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    dir: &'a DataDir,
    kind: Kind<'a>,
    pub(super) name: String,
    /// By which the store remembers it.
    pub(super) key: String,
    pub(super) range: TimeRange,
    /// What is told of that, once it is known.
    pub(super) told_range: Option<TimeRange>,
    /// How many samples it says it has.
    pub(super) samples: u64,
    pub(super) sources: Vec<String>,
}

#[derive(Debug)]
enum Kind<'a> {
    Block(&'a Meta),
    /// What was in memory.
    Head(HeadFiles),
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is in, and verified.
    Imported(Tally),
    /// It was in before.
    Done(Tally),
    /// It was in before, as several others.
    DoneInParts,
    /// Nothing of it was wanted.
    Unwanted(Tally),
    /// Nothing of it is in.
    Failed(anyhow::Error),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Imported(tally) => write!(f, "{} written", tally.written),
            Self::Done(_) | Self::DoneInParts => f.write_str("was in already"),
            Self::Unwanted(_) => f.write_str("nothing of it is wanted"),
            Self::Failed(_) => f.write_str("failed"),
        }
    }
}

impl<'a> Unit<'a> {
    /// All of a directory, oldest first.
    pub(super) fn all(dir: &'a DataDir) -> anyhow::Result<Vec<Self>> {
        let mut all: Vec<_> = dir.blocks.iter().map(|block| Self::of_block(dir, block)).collect();
        all.extend(HeadFiles::find(dir.path())?.map(|files| Self::of_head(dir, files)));
        Ok(all)
    }

    fn of_block(dir: &'a DataDir, block: &'a Meta) -> Self {
        Self {
            dir,
            kind: Kind::Block(block),
            name: format!("block {}", block.ulid),
            key: format!("prometheus-{}", block.ulid),
            range: block.range,
            told_range: Some(block.range),
            samples: block.samples,
            sources: block.sources.clone(),
        }
    }

    fn of_head(dir: &'a DataDir, files: HeadFiles) -> Self {
        Self {
            dir,
            name: "memory, as the log tells it".to_owned(),
            key: format!("prometheus-memory-{:016x}-{}", files.fingerprint(), dir.head_start().0.cast_unsigned()),
            kind: Kind::Head(files),
            range: TimeRange::ALL,
            told_range: None,
            samples: 0,
            sources: Vec::new(),
        }
    }

    /// Imports it: all of it, or nothing.
    pub(super) fn import(
        &mut self,
        store: &MetricsStore,
        tenant: &TenantId,
        bounds: &Bounds,
        progress: &mut Progress,
    ) -> Outcome {
        let told = self.samples;
        let source = match self.open() {
            Ok(source) => source,
            Err(error) => return Outcome::Failed(error),
        };
        progress.expect(self.samples - told);
        let Some(extent) = self.told_range.and_then(|range| bounds.clip(range)) else {
            return Outcome::Unwanted(self.unwanted(bounds));
        };
        let import = store.begin_import(tenant, extent).map_err(anyhow::Error::from);
        let imported = import.and_then(|import| self.transfer(source, import, bounds, progress));
        imported.map_or_else(Outcome::Failed, Outcome::Imported)
    }

    fn open(&mut self) -> anyhow::Result<Source> {
        match &self.kind {
            Kind::Block(block) => Ok(Source::Block(Box::new(Block::open(&self.dir.block_dir(block))?))),
            Kind::Head(files) => {
                let head = Head::open(files.clone(), self.dir.head_start())?;
                (self.told_range, self.samples) = (head.range(), head.samples());
                Ok(Source::Head(Box::new(head)))
            }
        }
    }

    /// What it says it has, none of which is wanted.
    fn unwanted(&self, bounds: &Bounds) -> Tally {
        let mut tally = Tally::default();
        let Some(range) = self.told_range else { return tally };
        let series = if let Kind::Block(block) = &self.kind { block.series } else { 0 };
        let counts = Counts { series, samples: self.samples, ..Counts::default() };
        tally.read = counts;
        tally.drop(if range.end < bounds.range.start { &bounds.before } else { &bounds.after }, counts);
        tally
    }

    fn transfer(
        &self,
        mut source: Source,
        mut import: Import<'_>,
        bounds: &Bounds,
        progress: &mut Progress,
    ) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        while let Some(mut series) = source.next_series()? {
            progress.advance(series.read.total());
            count(&mut series, bounds, &mut tally);
            if !series.samples.is_empty() || !series.exemplars.is_empty() {
                import.add(&series.labels, series.samples, series.exemplars)?;
            }
        }
        self.compare(&source, &mut tally);
        if let Source::Head(head) = &source {
            import.set_metadata(head.metadata());
        }
        let finished = import.finish()?;
        let written = finished.written();
        tally.checksum = written.sum;
        tally.take(finished.report());
        if !tally.is_complete() {
            bail!("{} were read, {} were written, and the difference is not accounted for", tally.read, tally.written);
        }
        let found = finished.read_back().context("reading back what was written")?;
        if found != written {
            bail!("what was written is not what is read back: {written:?} against {found:?}");
        }
        let note = Note::new(self, bounds.range, tally.clone()).to_text()?;
        finished.publish(&self.key, &note)?;
        Ok(tally)
    }

    /// With what the source says of itself.
    fn compare(&self, source: &Source, tally: &mut Tally) {
        let read = tally.read;
        match (&self.kind, source) {
            (Kind::Block(Meta { samples, series, .. }), _) => {
                let found = read.samples + read.histograms;
                if *samples > 0 && (*samples, *series) != (found, read.series) {
                    let told = format!("meta.json tells {series} series and {samples} samples");
                    tally.doubts.push(format!("{told}, found were {} and {found}", read.series));
                }
            }
            (Kind::Head(_), Source::Head(head)) => {
                let (unknown, exemplars) = head.unknown();
                let unknown = Counts { exemplars, ..unknown.into() };
                tally.read += unknown;
                tally.drop(UNKNOWN, unknown);
                tally.remarks.extend_from_slice(head.remarks());
            }
            (Kind::Head(_), Source::Block(_)) => (),
        }
    }
}

/// Counts a series, and takes out of it what is not wanted.
fn count(series: &mut Series, bounds: &Bounds, tally: &mut Tally) {
    tally.read += Counts { series: 1, exemplars: series.exemplars.len() as u64, ..series.read.into() };
    for (reason, counts) in &series.dropped {
        tally.drop(reason, *counts);
    }
    let range = bounds.range;
    for (reason, is_beside) in
        [(&bounds.before, &(|t| t < range.start) as &dyn Fn(TimestampMs) -> bool), (&bounds.after, &|t| t > range.end)]
    {
        let all = series.exemplars.len();
        series.exemplars.retain(|exemplar| !is_beside(exemplar.sample.t));
        let exemplars = (all - series.exemplars.len()) as u64;
        tally.drop(reason, Counts { exemplars, ..cut(&mut series.samples, is_beside).into() });
    }
}
