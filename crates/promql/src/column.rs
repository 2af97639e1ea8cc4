//! The values of one series over the steps of a grid: floats densely, histograms beside them where there are any.

use std::sync::Arc;

use aio_types::Histogram;

use crate::budget::{SAMPLE_BYTES, Weight};

/// A signalling NaN of our own: no arithmetic yields it, and stored samples are kept from being mistaken for it by
/// [`stored`].
const ABSENT_BITS: u64 = 0x7ff0_0000_0000_0a55;

/// What a step without a float holds.
pub(crate) const ABSENT: f64 = f64::from_bits(ABSENT_BITS);

/// Whether a step holds no float.
#[inline]
pub(crate) fn is_absent(v: f64) -> bool {
    v.to_bits() == ABSENT_BITS
}

/// A stored value, which may be any pattern of bits.
#[inline]
pub(crate) fn stored(v: f64) -> f64 {
    if is_absent(v) { f64::NAN } else { v }
}

/// What a series has at one step.
#[derive(Debug, Clone)]
pub(crate) enum Point {
    Absent,
    Float(f64),
    Histogram(Arc<Histogram>),
}

impl From<Option<f64>> for Point {
    fn from(v: Option<f64>) -> Self {
        v.map_or(Self::Absent, Self::Float)
    }
}

impl From<Option<Arc<Histogram>>> for Point {
    fn from(h: Option<Arc<Histogram>>) -> Self {
        h.map_or(Self::Absent, Self::Histogram)
    }
}

/// One value per step, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    /// [`ABSENT`] at steps that hold a histogram or nothing.
    floats: Vec<f64>,
    /// Empty where no step holds a histogram, else one entry per step.
    histograms: Vec<Option<Arc<Histogram>>>,
}

impl Column {
    pub(crate) fn absent(steps: usize) -> Self {
        Self::of(vec![ABSENT; steps])
    }

    pub(crate) fn of(floats: Vec<f64>) -> Self {
        Self { floats, histograms: Vec::new() }
    }

    pub(crate) fn steps(&self) -> usize {
        self.floats.len()
    }

    pub(crate) fn floats(&self) -> &[f64] {
        &self.floats
    }

    pub(crate) fn floats_mut(&mut self) -> &mut [f64] {
        &mut self.floats
    }

    pub(crate) fn has_histograms(&self) -> bool {
        !self.histograms.is_empty()
    }

    pub(crate) fn histogram(&self, step: usize) -> Option<&Arc<Histogram>> {
        self.histograms.get(step)?.as_ref()
    }

    /// All histograms, with their steps.
    pub(crate) fn histograms(&self) -> impl Iterator<Item = (usize, &Arc<Histogram>)> {
        self.histograms.iter().enumerate().filter_map(|(step, h)| Some((step, h.as_ref()?)))
    }

    pub(crate) fn is_present(&self, step: usize) -> bool {
        !is_absent(self.floats[step]) || self.histogram(step).is_some()
    }

    pub(crate) fn has_any(&self) -> bool {
        self.floats.iter().any(|v| !is_absent(*v)) || self.histograms.iter().any(Option::is_some)
    }

    pub(crate) fn has_floats(&self) -> bool {
        self.floats.iter().any(|v| !is_absent(*v))
    }

    pub(crate) fn point(&self, step: usize) -> Point {
        if !is_absent(self.floats[step]) {
            return Point::Float(self.floats[step]);
        }
        self.histogram(step).map_or(Point::Absent, |h| Point::Histogram(Arc::clone(h)))
    }

    pub(crate) fn set(&mut self, step: usize, point: Point) {
        match point {
            Point::Absent => self.clear(step),
            Point::Float(v) => {
                self.clear(step);
                self.floats[step] = v;
            }
            Point::Histogram(h) => {
                self.histograms.resize(self.floats.len(), None);
                self.floats[step] = ABSENT;
                self.histograms[step] = Some(h);
            }
        }
    }

    pub(crate) fn clear(&mut self, step: usize) {
        self.floats[step] = ABSENT;
        if let Some(h) = self.histograms.get_mut(step) {
            *h = None;
        }
    }

    /// Applies `f` to the floats and forgets the histograms.
    pub(crate) fn map_floats(&mut self, f: impl Fn(f64) -> f64) {
        self.histograms = Vec::new();
        for v in self.floats.iter_mut().filter(|v| !is_absent(**v)) {
            *v = f(*v);
        }
    }

    /// Applies `f` to the histograms, which become floats, and forgets the floats.
    pub(crate) fn map_histograms(&mut self, f: impl Fn(&Histogram) -> f64) {
        let histograms = std::mem::take(&mut self.histograms);
        self.floats.fill(ABSENT);
        for (v, h) in self.floats.iter_mut().zip(histograms) {
            if let Some(h) = h {
                *v = f(&h);
            }
        }
    }

    /// The only value of a column of one step, at each of `steps`.
    pub(crate) fn repeated(&self, steps: usize) -> Self {
        let histograms = match self.histogram(0) {
            Some(h) => vec![Some(Arc::clone(h)); steps],
            None => Vec::new(),
        };
        Self { floats: vec![self.floats.first().copied().unwrap_or(ABSENT); steps], histograms }
    }

    /// How many samples this is, as budgets count them.
    pub(crate) fn size(&self) -> usize {
        let floats = self.floats.iter().filter(|v| !is_absent(**v)).count();
        floats + self.histograms_size()
    }

    fn histograms_size(&self) -> usize {
        self.histograms.iter().flatten().map(|h| histogram_size(h)).sum()
    }

    /// What it takes: steps without a value take memory too.
    pub(crate) fn weight(&self) -> Weight {
        let dense = size_of_val(&*self.floats) + size_of_val(&*self.histograms);
        Weight { samples: self.size(), bytes: dense + self.histograms_size() * SAMPLE_BYTES }
    }
}

/// How many samples a histogram with its time is worth, by the sizes that upstream's has in memory.
pub(crate) fn histogram_size(h: &Histogram) -> usize {
    const STRUCT_BYTES: usize = 168;
    let words = h.positive_spans.len()
        + h.negative_spans.len()
        + h.positive_buckets.len()
        + h.negative_buckets.len()
        + h.custom_bounds.len();
    (STRUCT_BYTES + 8 * words + 8) / SAMPLE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_a_float_or_a_histogram() {
        let mut column = Column::of(vec![1.0, f64::NAN, ABSENT]);
        column.set(0, Point::Histogram(Arc::new(Histogram { count: 3.0, ..Histogram::default() })));
        assert!(column.is_present(0) && is_absent(column.floats()[0]) && column.histogram(0).is_some());
        assert!(column.is_present(1) && !column.is_present(2));
        assert_eq!(column.weight(), Weight { samples: 1 + 11, bytes: 3 * 8 + 3 * 8 + 11 * 16 });
        column.map_histograms(|h| h.count);
        assert_eq!((column.floats()[0], column.is_present(1)), (3.0, false));
    }

    #[test]
    fn no_arithmetic_yields_what_stands_for_nothing() {
        assert!(is_absent(ABSENT) && !is_absent(stored(ABSENT)));
        assert!(!is_absent(ABSENT + 0.0) && !is_absent(ABSENT * 2.0) && !is_absent(-ABSENT));
    }
}
