//! The tree of routes.

use std::collections::BTreeSet;

use super::matchers::{MATCHERS, OLD_EQUAL, OLD_REGEX};
use crate::schema::{Faults, Kind, Section, TEXTS, scalars};
use crate::yaml::Node;

pub(super) static ROUTE: Section = Section {
    keys: &[
        ("receiver", Kind::Scalar(scalars::text)),
        ("group_by", TEXTS),
        ("continue", Kind::Scalar(scalars::boolean)),
        ("match", OLD_EQUAL),
        ("match_re", OLD_REGEX),
        ("matchers", MATCHERS),
        ("labels", Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text))),
        ("group_wait", Kind::Scalar(scalars::duration)),
        ("group_interval", Kind::Scalar(scalars::positive_duration)),
        ("repeat_interval", Kind::Scalar(scalars::positive_duration)),
        ("mute_time_intervals", TEXTS),
        ("active_time_intervals", TEXTS),
        ("routes", Kind::List(&Kind::Section(&ROUTE))),
    ],
    with: &[],
    check: check_group_by,
};

fn check_group_by(node: &Node, faults: &mut Faults) {
    let Some(list) = node.get("group_by") else { return };
    let mut seen = BTreeSet::new();
    for item in list.items() {
        let name = item.text().unwrap_or_default();
        if !seen.insert(name) {
            faults.add(item.line, format!("`{}`: {name:?} is given twice", faults.path_of("group_by")));
        }
        if name.is_empty() {
            faults.add(item.line, format!("`{}`: a label name cannot be empty", faults.path_of("group_by")));
        }
    }
    if seen.contains("...") && seen.len() > 1 {
        faults.key(node, "group_by", "\"...\" (all labels) can only stand alone");
    }
}

/// What holds between the tree and the rest of the file.
pub(super) fn check_tree(root: &Node, faults: &mut Faults) {
    let Some(route) = root.get("route") else {
        return faults.add(root.line, "`route` is missing");
    };
    if !route.has("receiver") {
        faults.add(root.line_of("route"), "the root route must have a receiver");
    }
    for key in ["match", "match_re", "matchers", "continue", "mute_time_intervals", "active_time_intervals"] {
        let is_given = match key {
            "continue" => route.text_of(key).and_then(scalars::to_bool) == Some(true),
            key => route.get(key).is_some_and(|node| !node.items().is_empty() || !node.entries().is_empty()),
        };
        if is_given {
            faults.add(route.line_of(key), format!("the root route must not have `{key}`"));
        }
    }
    check_names(root, route, faults);
}

fn check_names(root: &Node, route: &Node, faults: &mut Faults) {
    if let Some(name) = route.text_of("receiver")
        && !names(root, "receivers").any(|known| known == name)
    {
        faults.add(route.line_of("receiver"), format!("undefined receiver {name:?} used in a route"));
    }
    for key in ["mute_time_intervals", "active_time_intervals"] {
        for item in route.get(key).map(Node::items).unwrap_or_default() {
            let name = item.text().unwrap_or_default();
            if !names(root, "time_intervals").chain(names(root, "mute_time_intervals")).any(|known| known == name) {
                faults.add(item.line, format!("undefined time interval {name:?} used in a route"));
            }
        }
    }
    for child in route.get("routes").map(Node::items).unwrap_or_default() {
        check_names(root, child, faults);
    }
}

fn names<'n>(root: &'n Node, section: &str) -> impl Iterator<Item = &'n str> {
    root.get(section).map(Node::items).unwrap_or_default().iter().filter_map(|item| item.text_of("name"))
}
