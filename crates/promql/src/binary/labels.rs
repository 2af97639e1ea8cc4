//! Labels of what operators yield.

use crate::labels::RowLabels;
use crate::parse::{BinaryOp, Cardinality};
use crate::plan::Matching;

/// Whether values are no longer what the metric's name says.
pub(super) fn changes_meaning(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Atan2, Div, Mod, Mul, Pow, Sub};
    matches!(op, Add | Sub | Mul | Div | Mod | Pow | Atan2)
}

/// One to one keeps the labels that were compared, many to one all of the many side, with the listed ones as the one
/// side has them.
pub(super) fn result(many: &RowLabels, one: &RowLabels, matching: &Matching, drops_name: bool) -> RowLabels {
    let mut labels = many.clone();
    if drops_name {
        labels.hide_metadata();
    }
    if matching.cardinality == Cardinality::OneToOne {
        labels = match &matching.labels {
            crate::labels::LabelNames::Only(names) => labels.filter(|name| names.iter().any(|on| on == name)),
            crate::labels::LabelNames::AllBut(names) => labels.filter(|name| !names.iter().any(|i| i == name)),
        };
    }
    for name in &matching.include {
        // An empty value removes the label.
        labels = labels.with(name, one.get(name));
    }
    labels
}
