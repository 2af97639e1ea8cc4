//! Relabelling rules.

use crate::schema::{Faults, Kind, Section, TEXTS, scalars};
use crate::yaml::Node;

/// `relabel_configs` and its kin.
pub(super) const RELABEL: Kind = Kind::List(&Kind::Section(&RULE));

static RULE: Section = Section {
    keys: &[
        ("source_labels", TEXTS),
        ("separator", Kind::Scalar(scalars::text)),
        ("target_label", Kind::Scalar(scalars::text)),
        ("regex", Kind::Scalar(scalars::regex)),
        ("modulus", Kind::Scalar(scalars::count)),
        ("replacement", Kind::Scalar(scalars::text)),
        ("action", Kind::Scalar(action)),
    ],
    with: &[],
    check,
};

const ACTIONS: [&str; 11] = [
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
];

fn action(text: &str) -> Result<(), String> {
    match ACTIONS.contains(&text.to_ascii_lowercase().as_str()) || text.is_empty() {
        true => Ok(()),
        false => Err(format!("unknown relabel action {text:?}")),
    }
}

fn check(node: &Node, faults: &mut Faults) {
    let action = node.text_of("action").unwrap_or("replace").to_ascii_lowercase();
    for name in node.get("source_labels").map(Node::items).unwrap_or_default() {
        if name.text() == Some("") {
            faults.add(name.line, format!("`{}`: a label name cannot be empty", faults.path_of("source_labels")));
        }
    }
    if needs_target(&action) && !node.has("target_label") {
        faults.key(node, "target_label", format!("is missing, the action {action} needs it"));
    }
    if action == "hashmod" && node.text_of("modulus").and_then(scalars::to_integer).unwrap_or(0) == 0 {
        faults.key(node, "modulus", "must not be 0 for the action hashmod");
    }
    only(node, &action, faults);
}

fn needs_target(action: &str) -> bool {
    matches!(action, "replace" | "keepequal" | "dropequal" | "hashmod" | "lowercase" | "uppercase")
}

/// Fields that an action would ignore are refused, as upstream does.
fn only(node: &Node, action: &str, faults: &mut Faults) {
    let refused: &[&str] = match action {
        "labeldrop" | "labelkeep" => &["source_labels", "target_label", "modulus", "separator", "replacement"],
        "keepequal" | "dropequal" => &["regex", "modulus", "separator", "replacement"],
        _ => return,
    };
    let defaults = [("separator", ";"), ("replacement", "$1"), ("regex", "(.*)"), ("modulus", "0")];
    for key in refused.iter().filter(|key| node.has(key)) {
        if !defaults.iter().any(|(name, value)| name == key && node.text_of(key) == Some(*value)) {
            faults.key(node, key, format!("the action {action} does not take it"));
        }
    }
}
