//! `otlp`.

use aio_api::Strategy;

use super::http_client::at_most_one;
use crate::schema::{Faults, Kind, Section, TEXTS, scalars};
use crate::yaml::Node;

pub(in crate::config) static OTLP: Section = Section {
    keys: &[
        ("promote_all_resource_attributes", Kind::Scalar(scalars::boolean)),
        ("promote_resource_attributes", TEXTS),
        ("ignore_resource_attributes", TEXTS),
        ("translation_strategy", Kind::Scalar(strategy)),
        ("keep_identifying_resource_attributes", Kind::Scalar(scalars::boolean)),
        ("convert_histograms_to_nhcb", Kind::Scalar(scalars::boolean)),
        ("promote_scope_metadata", Kind::Scalar(scalars::boolean)),
        ("label_name_underscore_sanitization", Kind::Scalar(scalars::boolean)),
        ("label_name_preserve_multiple_underscores", Kind::Scalar(scalars::boolean)),
        ("disable_target_info", Kind::Scalar(scalars::boolean)),
    ],
    with: &[],
    check,
};

fn strategy(text: &str) -> Result<(), String> {
    scalars::one_of(text, &Strategy::NAMES.map(|(name, _)| name))
}

/// Names that stay as they are need a server that takes them.
pub(in crate::config) fn check_otlp_names(root: &Node, faults: &mut Faults) {
    let text = |path| root.at(path).and_then(Node::text).unwrap_or_default();
    let strategy = text("otlp.translation_strategy");
    let is_escaping = Strategy::of_name(strategy).is_none_or(Strategy::escapes);
    if let (false, "legacy", Some(otlp)) = (is_escaping, text("global.metric_name_validation_scheme"), root.get("otlp"))
    {
        let what = format!("{strategy:?} is not allowed with `global.metric_name_validation_scheme: legacy`");
        faults.below("otlp", |faults| faults.key(otlp, "translation_strategy", what));
    }
}

fn check(node: &Node, faults: &mut Faults) {
    let all = node.text_of("promote_all_resource_attributes").and_then(scalars::to_bool) == Some(true);
    let is_given = |list| node.get(list).is_some_and(|list: &Node| !list.items().is_empty());
    if all && is_given("promote_resource_attributes") {
        at_most_one(node, faults, &["promote_all_resource_attributes", "promote_resource_attributes"]);
    } else if !all && is_given("ignore_resource_attributes") {
        faults.key(node, "ignore_resource_attributes", "needs `promote_all_resource_attributes: true`");
    }
    for list in ["promote_resource_attributes", "ignore_resource_attributes"] {
        let mut seen = std::collections::BTreeSet::new();
        for item in node.get(list).map(Node::items).unwrap_or_default() {
            let name = item.text().unwrap_or_default().trim();
            if name.is_empty() || !seen.insert(name) {
                faults.add(item.line, format!("`{}`: empty or given twice", faults.path_of(list)));
            }
        }
    }
}
