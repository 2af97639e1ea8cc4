//! Counts and sizes: whole numbers, so that what leaves a window can be taken away again.

use std::collections::BTreeMap;

use super::Values;
use crate::parse::ast::RangeOp;
use crate::plan::Window;

/// Lines of one series by the first and last step whose windows they are in: how many, and the sum of their sizes.
#[derive(Debug, Default)]
pub(super) struct Cells {
    cells: BTreeMap<(usize, usize), (u64, u64)>,
    /// The cell that lines are counted into; lines of one follow each other.
    open: Option<((usize, usize), (u64, u64))>,
}

impl Cells {
    /// Adds lines and the sum of their sizes, and says how many cells that takes.
    pub(super) fn add(&mut self, windows: (usize, usize), lines: u64, size: u64) -> usize {
        if let Some((open, (count, sum))) = &mut self.open
            && *open == windows
        {
            *count += lines;
            *sum += size;
            return 0;
        }
        let before = self.cells.len();
        self.close();
        self.open = Some((windows, (lines, size)));
        self.cells.len() - before
    }

    fn close(&mut self) {
        if let Some((windows, (count, sum))) = self.open.take() {
            let cell = self.cells.entry(windows).or_default();
            *cell = (cell.0 + count, cell.1 + sum);
        }
    }

    pub(super) fn values(mut self, len: usize, window: &Window) -> Values {
        self.close();
        #[expect(clippy::cast_precision_loss, reason = "rates are per float second")]
        let per = match window.op {
            RangeOp::Rate | RangeOp::BytesRate => window.range_ns as f64 / 1e9,
            _ => 1.0,
        };
        // What begins and what ends at each step.
        let mut begins = vec![(0_u64, 0_u64); len];
        let mut ends = vec![(0_u64, 0_u64); len + 1];
        for ((first, last), (count, sum)) in self.cells {
            begins[first] = (begins[first].0 + count, begins[first].1 + sum);
            ends[last + 1] = (ends[last + 1].0 + count, ends[last + 1].1 + sum);
        }
        let (mut count, mut sum) = (0_u64, 0_u64);
        let value = |(begin, end): (&(u64, u64), &(u64, u64))| {
            count = count + begin.0 - end.0;
            sum = sum + begin.1 - end.1;
            #[expect(clippy::cast_precision_loss, reason = "results are floats")]
            let value = sum as f64 / per;
            (count > 0).then_some(value)
        };
        begins.iter().zip(&ends).map(value).collect()
    }
}
