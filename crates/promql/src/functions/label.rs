//! Functions that change labels.

use aio_types::METRIC_NAME;

use crate::Error;
use crate::eval::Context;
use crate::plan::{LabelJoin, LabelReplace};
use crate::row::{Row, merged};

impl Context<'_> {
    pub(crate) fn label_replace(&self, replace: &LabelReplace) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(&replace.input)?;
        let mut value = String::new();
        for row in &mut rows {
            let Some(captures) = replace.pattern.captures(row.labels.get(&replace.source)) else { continue };
            value.clear();
            captures.expand(&replace.replacement, &mut value);
            set(row, &replace.target, &value);
        }
        merged(rows)
    }

    pub(crate) fn label_join(&self, join: &LabelJoin) -> Result<Vec<Row>, Error> {
        let mut rows = self.rows(&join.input)?;
        for row in &mut rows {
            let values: Vec<&str> = join.sources.iter().map(|source| row.labels.get(source)).collect();
            let value = values.join(&join.separator);
            set(row, &join.target, &value);
        }
        merged(rows)
    }
}

/// A name that is set stays.
fn set(row: &mut Row, target: &str, value: &str) {
    row.labels = row.labels.with(target, value);
    row.drop_name &= target != METRIC_NAME;
}
