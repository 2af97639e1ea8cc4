//! `limitk` and `limit_ratio`: some elements of each group, whatever their values.

use super::Groups;
use super::param::counts;
use crate::Error;
use crate::eval::Context;
use crate::labels::{RowLabels, hash_of};
use crate::notes::Note;
use crate::plan::Aggregate;
use crate::row::Row;

impl Context<'_> {
    /// The first of each group at every step, in order of labels.
    pub(super) fn limitk(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        let param = self.param(aggregate)?;
        let mut rows = self.rows(&aggregate.input)?;
        let Some(counts) = counts(&param)? else { return Ok(Vec::new()) };
        let mut groups = Groups::new(&aggregate.grouping);
        let mut taken: Vec<Vec<usize>> = Vec::new();
        for row in &mut rows {
            let group = groups.of(row);
            if group == taken.len() {
                taken.push(vec![0; counts.len()]);
            }
            for (step, taken) in taken[group].iter_mut().enumerate() {
                if row.column.is_present(step) {
                    *taken += 1;
                    if *taken > counts[step] {
                        row.column.clear(step);
                    }
                }
            }
        }
        rows.retain(|row| row.column.has_any());
        Ok(rows)
    }

    /// Those whose labels' hash lies in a part of all hashes: the first part of a positive ratio, the last one of a
    /// negative one.
    pub(super) fn limit_ratio(&self, aggregate: &Aggregate) -> Result<Vec<Row>, Error> {
        let param = self.param(aggregate)?;
        let mut rows = self.rows(&aggregate.input)?;
        if param.max == 0.0 && param.min == 0.0 {
            return Ok(Vec::new());
        }
        if param.has_nan() {
            return Err(Error::execution("Ratio value is NaN"));
        }
        if param.max > 1.0 {
            self.query.notes.add(aggregate.places.param, Note::InvalidRatio(param.max, 1.0));
        }
        if param.min < -1.0 {
            self.query.notes.add(aggregate.places.param, Note::InvalidRatio(param.min, -1.0));
        }
        for row in &mut rows {
            let offset = offset(&row.labels);
            for (step, ratio) in param.values.iter().enumerate() {
                if !lies_inside(offset, ratio.clamp(-1.0, 1.0)) {
                    row.column.clear(step);
                }
            }
        }
        rows.retain(|row| row.column.has_any());
        Ok(rows)
    }
}

/// Where a label set stands among all, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "as upstream computes it")]
fn offset(labels: &RowLabels) -> f64 {
    hash_of(labels) as f64 / u64::MAX as f64
}

fn lies_inside(offset: f64, ratio: f64) -> bool {
    if ratio == 0.0 {
        false
    } else if ratio > 0.0 {
        offset < ratio
    } else {
        offset >= 1.0 + ratio
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_and_its_complement_take_all() {
        for offset in [0.0, 0.25, 0.5, 0.99] {
            assert_ne!(lies_inside(offset, 0.5), lies_inside(offset, -0.5), "{offset}");
            assert!(lies_inside(offset, 1.0) && lies_inside(offset, -1.0) && !lies_inside(offset, 0.0));
        }
    }
}
