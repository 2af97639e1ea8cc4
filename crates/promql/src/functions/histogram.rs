//! Figures of native histograms.

use aio_series::histogram;
use aio_types::Histogram;

use crate::Error;
use crate::eval::Context;
use crate::plan::Plan;
use crate::row::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HistogramFunction {
    Count,
    Sum,
    Avg,
    Stddev,
    Stdvar,
}

impl HistogramFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "histogram_count" => Self::Count,
            "histogram_sum" => Self::Sum,
            "histogram_avg" => Self::Avg,
            "histogram_stddev" => Self::Stddev,
            "histogram_stdvar" => Self::Stdvar,
            _ => return None,
        })
    }

    fn of(self, h: &Histogram) -> f64 {
        match self {
            Self::Count => h.count,
            Self::Sum => h.sum,
            Self::Avg => histogram::mean(h),
            Self::Stddev => histogram::standard_deviation(h),
            Self::Stdvar => histogram::standard_variance(h),
        }
    }
}

impl Context<'_> {
    /// Of the histograms of a vector; floats are left out.
    pub(crate) fn of_histograms(&self, function: HistogramFunction, input: &Plan) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(input)?;
        rows.iter_mut().for_each(|row| row.column.map_histograms(|h| function.of(h)));
        self.without_name(rows)
    }
}
