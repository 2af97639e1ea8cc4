//! `and`, `or`, `unless`: which series there are.

use crate::Error;
use crate::eval::Context;
use crate::labels::OrdinalMap;
use crate::parse::BinaryOp;
use crate::plan::Binary;
use crate::row::Row;

/// At which steps each signature occurs.
struct Presence<'a> {
    ordinals: OrdinalMap<'a>,
    steps: Vec<Vec<bool>>,
}

impl<'a> Presence<'a> {
    fn of(rows: &[Row], mut ordinals: OrdinalMap<'a>) -> Self {
        let mut steps: Vec<Vec<bool>> = Vec::new();
        for row in rows {
            let ordinal = ordinals.ordinal(&row.labels);
            if ordinal == steps.len() {
                steps.push(vec![false; row.column.steps()]);
            }
            for (step, present) in steps[ordinal].iter_mut().enumerate() {
                *present |= row.column.is_present(step);
            }
        }
        Self { ordinals, steps }
    }

    /// What of `rows` stands at steps where the signature occurs, or does not.
    fn keep(&mut self, mut rows: Vec<Row>, wanted: bool) -> Vec<Row> {
        for row in &mut rows {
            let steps = self.steps.get(self.ordinals.ordinal(&row.labels));
            for step in 0..row.column.steps() {
                if steps.is_some_and(|steps| steps[step]) != wanted {
                    row.column.clear(step);
                }
            }
        }
        rows.retain(|row| row.column.has_any());
        rows
    }
}

impl Context<'_> {
    pub(super) fn set(&self, binary: &Binary, mut left: Vec<Row>, right: Vec<Row>) -> Result<Vec<Row>, Error> {
        let ordinals = OrdinalMap::new(&binary.matching.labels);
        match binary.op {
            BinaryOp::And => Ok(Presence::of(&right, ordinals).keep(left, true)),
            BinaryOp::Unless => Ok(Presence::of(&right, ordinals).keep(left, false)),
            _ => {
                let mut right = Presence::of(&left, ordinals).keep(right, false);
                left.append(&mut right);
                // A series may come from the left at some steps and from the right at others: one row.
                self.joined(left)
            }
        }
    }
}
