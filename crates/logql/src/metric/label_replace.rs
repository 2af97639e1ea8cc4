//! `label_replace`.

use aio_types::Labels;
use regex::Regex;

use super::Series;

/// Sets `dst` to what the replacement comes to where `src` matches; an empty one takes the label away.
pub(super) fn apply(series: Series, dst: &str, replacement: &str, src: &str, regex: &Regex) -> Series {
    let mut out = Series::new();
    for (labels, values) in series {
        match out.get_mut(&replaced(&labels, dst, replacement, src, regex)) {
            // Two that became one: the first value of each step stays.
            Some(there) => there.iter_mut().zip(values).for_each(|(there, value)| *there = there.or(value)),
            None => {
                out.insert(replaced(&labels, dst, replacement, src, regex), values);
            }
        }
    }
    out
}

fn replaced(labels: &Labels, dst: &str, replacement: &str, src: &str, regex: &Regex) -> Labels {
    let Some(captures) = regex.captures(labels.get(src)) else { return labels.clone() };
    let mut value = String::new();
    captures.expand(replacement, &mut value);
    let mut builder = labels.to_builder();
    builder.push(dst, value);
    builder.build()
}
