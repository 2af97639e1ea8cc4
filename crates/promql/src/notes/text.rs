//! What notes say. The words are upstream's, since people and dashboards look for them.

use aio_series::Remark;
use aio_types::{TimestampMs, TimestampNs};

use crate::format::{format_general, format_two_digits};

/// Something to tell about a query.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    InvalidQuantile(f64),
    /// Got, and what is taken instead.
    InvalidRatio(f64, f64),
    /// The label's value, and the metric's name.
    BadBucketLabel(String, String),
    MixedKinds(String),
    MixedKindsInAggregation,
    MixedClassicAndNative(String),
    NotCounter(String),
    NotGauge(String),
    MixedLayouts(String),
    IncompatibleLayouts(&'static str),
    UselessSort,
    NoCounterName(String),
    /// The value of `__type__`, and the metric's name.
    NoCounterType(String, String),
    Monotony(Box<Monotony>),
    /// Left side, operator, right side.
    IncompatibleKinds(&'static str, &'static str, &'static str),
    IgnoredInAggregation(&'static str),
    IgnoredInRange(String),
    QuantileIsNan(String),
    QuantileIsSkewed(String),
    FractionWithoutNan(String),
    ResetsCollide(Operation),
    BoundsReconciled(Operation),
    StartOverlaps(String),
}

/// What was done with histograms.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Addition,
    Subtraction,
    Aggregation,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Subtraction => "subtraction",
            Self::Aggregation => "aggregation",
        }
    }
}

/// Where classic buckets had to be made to ascend.
#[derive(Debug, Clone)]
pub(crate) struct Monotony {
    pub(crate) name: String,
    pub(crate) times: (TimestampMs, TimestampMs),
    /// The lowest and the highest bucket that was changed.
    pub(crate) buckets: (f64, f64),
    pub(crate) difference_max: f64,
}

impl Monotony {
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.times = (self.times.0.min(other.times.0), self.times.1.max(other.times.1));
        self.buckets = (self.buckets.0.min(other.buckets.0), self.buckets.1.max(other.buckets.1));
        self.difference_max = self.difference_max.max(other.difference_max);
    }

    fn shown(&self, times: usize) -> String {
        let time = |t: TimestampMs| TimestampNs::from_ms(t).to_rfc3339();
        format!(
            ", from buckets {} to {}, with a max diff of {}, over {times} samples from {} to {}",
            format_general(self.buckets.0),
            format_general(self.buckets.1),
            format_two_digits(self.difference_max),
            time(self.times.0),
            time(self.times.1)
        )
    }
}

fn for_metric(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" for metric name {name:?}") }
}

impl Note {
    /// Of a series of this name.
    pub(super) fn of(remark: Remark, name: &str) -> Self {
        let name = name.to_owned();
        match remark {
            Remark::MixedKinds => Self::MixedKinds(name),
            Remark::MixedLayouts => Self::MixedLayouts(name),
            Remark::HistogramsIgnored => Self::IgnoredInRange(name),
            Remark::NotCounter => Self::NotCounter(name),
            Remark::NotGauge => Self::NotGauge(name),
            Remark::StartOverlaps => Self::StartOverlaps(name),
            Remark::BoundsReconciledAdding => Self::BoundsReconciled(Operation::Addition),
            Remark::BoundsReconciledSubtracting => Self::BoundsReconciled(Operation::Subtraction),
            Remark::BoundsReconciledAggregating => Self::BoundsReconciled(Operation::Aggregation),
            Remark::ResetsCollide => Self::ResetsCollide(Operation::Aggregation),
            Remark::QuantileIsNan => Self::QuantileIsNan(name),
            Remark::QuantileIsSkewed => Self::QuantileIsSkewed(name),
            Remark::FractionWithoutNan => Self::FractionWithoutNan(name),
        }
    }

    pub(super) fn is_info(&self) -> bool {
        matches!(
            self,
            Self::NoCounterName(_)
                | Self::NoCounterType(..)
                | Self::Monotony(_)
                | Self::IncompatibleKinds(..)
                | Self::IgnoredInAggregation(_)
                | Self::IgnoredInRange(_)
                | Self::QuantileIsNan(_)
                | Self::QuantileIsSkewed(_)
                | Self::FractionWithoutNan(_)
                | Self::BoundsReconciled(_)
        )
    }

    /// What two notes have in common that become one.
    pub(super) fn key(&self) -> String {
        let kind = if self.is_info() { 'i' } else { 'w' };
        format!("{kind}{}", self.text())
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        if let (Self::Monotony(mine), Self::Monotony(theirs)) = (self, other) {
            mine.absorb(theirs);
        }
    }

    /// With what only shows once all is known.
    pub(super) fn shown(&self, times: usize) -> String {
        let text = self.text();
        match self {
            Self::Monotony(monotony) => text + &monotony.shown(times),
            Self::StartOverlaps(_) if times > 1 => format!("{text} ({times} occurrences)"),
            _ => text,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::InvalidQuantile(q) => {
                format!("quantile value should be between 0 and 1, got {}", format_general(*q))
            }
            Self::InvalidRatio(got, taken) => format!(
                "ratio value should be between -1 and 1, got {}, capping to {}",
                format_general(*got),
                format_general(*taken)
            ),
            Self::UselessSort => {
                "sort is ineffective for range queries since results are always ordered by labels".to_owned()
            }
            Self::NoCounterName(name) => {
                format!("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {name:?}")
            }
            Self::NoCounterType(kind, name) => format!(
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", \
                 got {kind:?}: {name:?}"
            ),
            Self::IncompatibleKinds(left, operator, right) => format!(
                "incompatible sample types encountered for binary operator {operator:?}: {left} {operator} {right}"
            ),
            Self::IncompatibleLayouts(operator) => {
                format!("incompatible bucket layout encountered for binary operator {operator}")
            }
            Self::StartOverlaps(name) => {
                format!("sample has start time that overlaps with previous sample timestamp for metric {name:?}")
            }
            _ => self.histogram_text(),
        }
    }

    fn histogram_text(&self) -> String {
        match self {
            Self::BadBucketLabel(le, name) => {
                format!("bucket label \"le\" is missing or has a malformed value of {le:?}{}", for_metric(name))
            }
            Self::MixedKinds(name) => {
                format!("encountered a mix of histograms and floats for metric name {name:?}")
            }
            Self::MixedKindsInAggregation => "encountered a mix of histograms and floats for aggregation".to_owned(),
            Self::MixedClassicAndNative(name) => {
                format!("vector contains a mix of classic and native histograms{}", for_metric(name))
            }
            Self::NotCounter(name) => format!("this native histogram metric is not a counter: {name:?}"),
            Self::NotGauge(name) => format!("this native histogram metric is not a gauge: {name:?}"),
            Self::MixedLayouts(name) => format!(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {name:?}"
            ),
            Self::IgnoredInAggregation(aggregation) => format!("ignored histogram in {aggregation} aggregation"),
            Self::IgnoredInRange(name) => {
                format!("ignored histograms in a range containing both floats and histograms for metric name {name:?}")
            }
            Self::ResetsCollide(operation) => {
                format!("conflicting counter resets during histogram {}", operation.name())
            }
            Self::BoundsReconciled(operation) => {
                format!("mismatched custom buckets were reconciled during {}", operation.name())
            }
            _ => self.quantile_text(),
        }
    }

    fn quantile_text(&self) -> String {
        match self {
            Self::Monotony(monotony) => format!(
                "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/\
                 prometheus/latest/querying/functions/#histogram_quantile){}",
                for_metric(&monotony.name)
            ),
            Self::QuantileIsNan(name) => {
                format!("input to histogram_quantile has NaN observations, result is NaN{}", for_metric(name))
            }
            Self::QuantileIsSkewed(name) => {
                format!("input to histogram_quantile has NaN observations, result is skewed higher{}", for_metric(name))
            }
            Self::FractionWithoutNan(name) => format!(
                "input to histogram_fraction has NaN observations, which are excluded from all fractions{}",
                for_metric(name)
            ),
            _ => String::new(),
        }
    }
}
