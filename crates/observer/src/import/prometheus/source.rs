//! Series by series, wherever they come from.

use aio_prometheus_tsdb::{Block, Cut, Error, Head, HeadSeries};
use aio_types::{Exemplar, Labels, Samples};

/// One series, and what was there of it before anything was taken out.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) labels: Labels,
    pub(super) samples: Samples,
    pub(super) exemplars: Vec<Exemplar>,
    pub(super) read: Cut,
    /// By reason.
    pub(super) dropped: Vec<(&'static str, Cut)>,
}

const DELETED: &str = "deleted in Prometheus";
const IN_BLOCKS: &str = "in the log, and in a block";
const NOT_TAKEN: &str =
    "in the log behind newer ones of their series: taken from the log of late samples, if Prometheus took them";
const MAPPED_TOO: &str = "in the log, and in a mapped chunk";

/// A unit that is being read.
#[derive(Debug)]
pub(super) enum Source {
    Block(Box<Block>),
    Head(Box<Head>),
}

impl Source {
    /// The next series in order of labels; `None` after the last one.
    pub(super) fn next_series(&mut self) -> Result<Option<Series>, Error> {
        match self {
            Self::Block(block) => Ok(block.next_series()?.map(|series| Series {
                labels: series.labels,
                samples: series.samples,
                exemplars: Vec::new(),
                read: series.read,
                dropped: vec![(DELETED, series.deleted)],
            })),
            Self::Head(head) => Ok(head.next_series()?.map(of_head)),
        }
    }
}

fn of_head(series: HeadSeries) -> Series {
    let HeadSeries { labels, samples, exemplars, read, lost } = series;
    let dropped = vec![
        (DELETED, lost.deleted),
        (IN_BLOCKS, lost.in_blocks),
        (NOT_TAKEN, lost.not_taken),
        (MAPPED_TOO, lost.mapped_too),
    ];
    Series { labels, samples, exemplars, read, dropped }
}
