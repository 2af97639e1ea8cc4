//! What a computation has to tell besides its value.

/// One thing to tell. A language words it, and knows which series and which part of a query it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Remark {
    /// Floats and histograms in one window, of which nothing can be computed.
    MixedKinds,
    /// Exponential and custom buckets together, of which nothing can be computed.
    MixedLayouts,
    /// Histograms were left out, because only floats count here.
    HistogramsIgnored,
    /// A gauge histogram where a counter is expected.
    NotCounter,
    /// A counter histogram where a gauge is expected.
    NotGauge,
    /// A sample counts since before the sample that precedes it, and yet not since when that one does.
    StartOverlaps,
    /// Custom bounds were reduced to the common ones to add histograms.
    BoundsReconciledAdding,
    /// Custom bounds were reduced to the common ones to subtract histograms.
    BoundsReconciledSubtracting,
    /// Custom bounds were reduced to the common ones to aggregate histograms.
    BoundsReconciledAggregating,
    /// One histogram says that a counter was reset, another one that it was not.
    ResetsCollide,
    /// The quantile is NaN, because so many observations are.
    QuantileIsNan,
    /// The quantile is too high, because observations that are NaN count as the highest ones.
    QuantileIsSkewed,
    /// Observations that are NaN are part of no fraction.
    FractionWithoutNan,
}

impl Remark {
    const ALL: [Self; 13] = [
        Self::MixedKinds,
        Self::MixedLayouts,
        Self::HistogramsIgnored,
        Self::NotCounter,
        Self::NotGauge,
        Self::StartOverlaps,
        Self::BoundsReconciledAdding,
        Self::BoundsReconciledSubtracting,
        Self::BoundsReconciledAggregating,
        Self::ResetsCollide,
        Self::QuantileIsNan,
        Self::QuantileIsSkewed,
        Self::FractionWithoutNan,
    ];
}

/// A set of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remarks(u16);

impl Remarks {
    /// Nothing to tell.
    pub const NONE: Self = Self(0);

    /// Adds `remark`.
    pub fn insert(&mut self, remark: Remark) {
        self.0 |= 1 << remark as u8;
    }

    /// Adds `remark` if `condition` holds.
    pub fn insert_if(&mut self, condition: bool, remark: Remark) {
        if condition {
            self.insert(remark);
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether `remark` is among them.
    #[must_use]
    pub fn contains(self, remark: Remark) -> bool {
        self.0 & (1 << remark as u8) != 0
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them once.
    pub fn iter(self) -> impl Iterator<Item = Remark> {
        Remark::ALL.into_iter().filter(move |remark| self.contains(*remark))
    }
}

impl From<Remark> for Remarks {
    fn from(remark: Remark) -> Self {
        let mut remarks = Self::NONE;
        remarks.insert(remark);
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_a_set() {
        let mut remarks = Remarks::from(Remark::NotGauge);
        assert!(!remarks.is_empty() && remarks.contains(Remark::NotGauge) && !remarks.contains(Remark::MixedKinds));
        remarks.insert_if(false, Remark::MixedKinds);
        remarks.extend(Remark::FractionWithoutNan.into());
        remarks.insert(Remark::NotGauge);
        assert_eq!(remarks.iter().collect::<Vec<_>>(), [Remark::NotGauge, Remark::FractionWithoutNan]);
    }
}
