//! Windows of samples: how they are cut, and what functions make of them.

mod averages;
mod counter;
mod cut;
mod edges;
mod floats;
mod function;
mod over;
mod slide;

use aio_series::growth::Window;
use aio_types::{HistogramSample, Samples, TimestampMs};

pub(crate) use self::function::{WindowFunction, told};
use crate::column::histogram_size;

/// One window of one series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) window: Window<'a>,
    /// When the query is evaluated, which an offset or `@` does not move.
    pub(crate) now: TimestampMs,
    histogram_sizes: u64,
}

impl Frame<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.window.floats.is_empty() && self.window.histograms.is_empty()
    }

    /// How many samples it holds, as budgets count them.
    pub(crate) fn size(&self) -> u64 {
        self.window.floats.len() as u64 + self.histogram_sizes
    }
}

/// From which sample up to which one a window reaches.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    from: usize,
    to: usize,
}

impl Cursor {
    /// Moves on to the samples of `(after, until]`.
    fn advance<T>(&mut self, samples: &[T], time: impl Fn(&T) -> TimestampMs, after: TimestampMs, until: TimestampMs) {
        while samples.get(self.to).is_some_and(|s| time(s) <= until) {
            self.to += 1;
        }
        while self.from < self.to && time(&samples[self.from]) <= after {
            self.from += 1;
        }
    }
}

/// Windows over one series, cut at times that never go back.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    samples: &'a Samples,
    range_ms: i64,
    /// How much before and after the range samples are held as well.
    margins: (i64, i64),
    uses_starts: bool,
    floats: Cursor,
    histograms: Cursor,
    /// Up to each histogram, the sizes of those before.
    sizes: Vec<u64>,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(samples: &'a Samples, range_ms: i64, margins: (i64, i64)) -> Self {
        let mut sizes = Vec::new();
        if !samples.histograms.is_empty() {
            sizes.push(0);
            sizes.extend(samples.histograms.iter().scan(0, |sum, s| {
                *sum += histogram_size(&s.h) as u64;
                Some(*sum)
            }));
        }
        let (floats, histograms) = (Cursor::default(), Cursor::default());
        Self { samples, range_ms, margins, uses_starts: false, floats, histograms, sizes }
    }

    /// Since when samples count is part of the windows.
    pub(crate) fn with_starts(self) -> Self {
        Self { uses_starts: true, ..self }
    }

    /// The window that ends at `end`.
    pub(crate) fn at(&mut self, end: TimestampMs, now: TimestampMs) -> Frame<'a> {
        let start = end.saturating_add(-self.range_ms);
        let (after, until) = (start.saturating_add(-self.margins.0), end.saturating_add(self.margins.1));
        let Samples { floats, starts, histograms } = self.samples;
        self.floats.advance(floats, |s| s.t, after, until);
        self.histograms.advance(histograms, |s: &HistogramSample| s.t, after, until);
        let Cursor { from, to } = self.histograms;
        let histogram_sizes = if self.sizes.is_empty() { 0 } else { self.sizes[to] - self.sizes[from] };
        let window = Window {
            floats: &floats[self.floats.from..self.floats.to],
            starts: starts.get(self.floats.from..self.floats.to).unwrap_or_default(),
            histograms: &histograms[from..to],
            uses_starts: self.uses_starts,
            start,
            end,
        };
        Frame { window, now, histogram_sizes }
    }
}

#[cfg(test)]
mod tests {
    use aio_types::Sample;

    use super::*;

    #[test]
    fn windows_are_open_at_their_start() {
        let floats: Vec<Sample> = (0..6).map(|i| Sample { t: TimestampMs(i * 10), v: 0.0 }).collect();
        let samples = Samples::from(floats);
        let mut frames = Frames::new(&samples, 20, (0, 0));
        let mut lengths = Vec::new();
        for end in [0, 10, 20, 25, 50, 70] {
            lengths.push(frames.at(TimestampMs(end), TimestampMs(end)).window.floats.len());
        }
        assert_eq!(lengths, [1, 2, 2, 2, 2, 0]);
        let mut wide = Frames::new(&samples, 20, (10, 10));
        assert_eq!(wide.at(TimestampMs(30), TimestampMs(30)).window.floats.len(), 4);
    }
}
