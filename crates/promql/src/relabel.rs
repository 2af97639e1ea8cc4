//! Functions that change labels.

use crate::Error;
use crate::eval::{Row, merged};

pub(crate) fn replace(
    mut rows: Vec<Row>,
    target: &str,
    replacement: &str,
    source: &str,
    pattern: &regex::Regex,
) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        let Some(captures) = pattern.captures(row.labels.get(source)) else { continue };
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        let mut builder = row.labels.to_builder();
        builder.push(target, value);
        row.labels = builder.build();
    }
    merged(rows)
}

pub(crate) fn join(mut rows: Vec<Row>, target: &str, separator: &str, sources: &[String]) -> Result<Vec<Row>, Error> {
    for row in &mut rows {
        let values: Vec<&str> = sources.iter().map(|source| row.labels.get(source)).collect();
        let mut builder = row.labels.to_builder();
        builder.push(target, values.join(separator));
        row.labels = builder.build();
    }
    merged(rows)
}
