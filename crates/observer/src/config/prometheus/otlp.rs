//! `otlp`.

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
    const STRATEGIES: [&str; 4] = [
        "UnderscoreEscapingWithSuffixes",
        "UnderscoreEscapingWithoutSuffixes",
        "NoUTF8EscapingWithSuffixes",
        "NoTranslation",
    ];
    scalars::one_of(text, &STRATEGIES)
}

fn check(node: &Node, faults: &mut Faults) {
    let all = node.text_of("promote_all_resource_attributes").and_then(scalars::to_bool) == Some(true);
    if all {
        at_most_one(node, faults, &["promote_all_resource_attributes", "promote_resource_attributes"]);
    } else if node.has("ignore_resource_attributes") {
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
