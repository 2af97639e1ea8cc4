//! Rule files, and the same groups inside a `PrometheusRule` resource.

use std::collections::BTreeMap;

use crate::schema::{Fault, Faults, Kind, Section, any_key, no_check, scalars, walk};
use crate::yaml::Node;

static RULE_FILE: Section =
    Section { keys: &[("groups", Kind::List(&Kind::Section(&GROUP)))], with: &[], check: check_groups };

static GROUP: Section = Section {
    keys: &[
        ("name", Kind::Scalar(scalars::text)),
        ("interval", Kind::Scalar(scalars::duration)),
        ("query_offset", Kind::Scalar(scalars::duration)),
        ("limit", Kind::Scalar(scalars::integer)),
        ("labels", Kind::Map(rule_label, &Kind::Scalar(scalars::text))),
        ("rules", Kind::List(&Kind::Section(&RULE))),
    ],
    with: &[],
    check: no_check,
};

static RULE: Section = Section {
    keys: &[
        ("record", Kind::Scalar(scalars::text)),
        ("alert", Kind::Scalar(scalars::text)),
        ("expr", Kind::Scalar(expression)),
        ("for", Kind::Scalar(scalars::duration)),
        ("keep_firing_for", Kind::Scalar(scalars::duration)),
        ("labels", Kind::Map(rule_label, &Kind::Scalar(template))),
        ("annotations", Kind::Map(scalars::label_name, &Kind::Scalar(template))),
    ],
    with: &[],
    check: check_rule,
};

static RESOURCE: Section = Section {
    keys: &[
        ("apiVersion", Kind::Scalar(scalars::text)),
        ("kind", Kind::Scalar(scalars::text)),
        ("metadata", Kind::Map(any_key, &Kind::Any)),
        ("status", Kind::Any),
        ("spec", Kind::Section(&RESOURCE_SPEC)),
    ],
    with: &[],
    check: no_check,
};

static RESOURCE_SPEC: Section =
    Section { keys: &[("groups", Kind::List(&Kind::Section(&RESOURCE_GROUP)))], with: &[], check: check_groups };

/// The operator allows one key more.
static RESOURCE_GROUP: Section =
    Section { keys: &[("partial_response_strategy", Kind::Scalar(scalars::text))], with: &[&GROUP], check: no_check };

/// Everything wrong with a rule file.
pub(super) fn faults_of(root: &Node) -> Vec<Fault> {
    let mut faults = Faults::default();
    walk(&Kind::Section(&RULE_FILE), root, &mut faults);
    faults.into_sorted()
}

/// Everything wrong with a `PrometheusRule`.
pub(super) fn faults_of_resource(root: &Node) -> Vec<Fault> {
    let mut faults = Faults::default();
    walk(&Kind::Section(&RESOURCE), root, &mut faults);
    faults.into_sorted()
}

fn check_groups(node: &Node, faults: &mut Faults) {
    let mut seen = BTreeMap::new();
    for group in node.get("groups").map(Node::items).unwrap_or_default() {
        match group.text_of("name") {
            None => faults.add(group.line, "the group has no name"),
            Some(name) => {
                if let Some(first) = seen.insert(name, group.line) {
                    let what = format!("the group name {name:?} is repeated in the same file, first on line {first}");
                    faults.add(group.line_of("name"), what);
                }
            }
        }
    }
}

fn check_rule(node: &Node, faults: &mut Faults) {
    match (node.text_of("record"), node.text_of("alert")) {
        (None, None) => faults.add(node.line, "a rule has one of `record` and `alert`"),
        (Some(_), Some(_)) => faults.key(node, "alert", "cannot be given with `record`"),
        (Some(name), None) => check_recording(name, node, faults),
        (None, Some(_)) => {}
    }
    if !node.has("expr") {
        faults.add(node.line, "the rule has no `expr`");
    }
}

fn check_recording(name: &str, node: &Node, faults: &mut Faults) {
    if name.contains(['{', '}']) {
        faults.key(node, "record", format!("braces in the name {name:?}; should it be `expr`?"));
    }
    for key in ["annotations", "for", "keep_firing_for"] {
        if node.get(key).is_some() {
            faults.key(node, key, "only an alert can have it");
        }
    }
}

fn rule_label(name: &str) -> Result<(), String> {
    match name {
        "__name__" => Err("the label __name__ cannot be set".to_owned()),
        name => scalars::label_name(name),
    }
}

/// Actions are closed; what is in them is seen when the alert fires.
fn template(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let end = rest[at..].find("}}").ok_or_else(|| format!("{text:?}: an action of the template is not closed"))?;
        rest = &rest[at + end + 2..];
    }
    Ok(())
}

/// What upstream parses passes, also where our engine does not evaluate it yet.
fn expression(text: &str) -> Result<(), String> {
    match aio_promql::selectors_of(text) {
        Err(aio_promql::Error::Parse(why)) if !text.is_empty() => Err(why),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::documents;

    fn check(text: &str, expected: &[&str]) {
        let root = documents(text).expect("valid").remove(0);
        let found: Vec<String> =
            faults_of(&root).into_iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect();
        assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}\nshould contain {expected}");
        }
    }

    fn rule(rule: &str) -> String {
        format!("groups: [{{name: g, rules: [{{{rule}}}]}}]")
    }

    #[test]
    fn good_rules_pass() {
        for text in [
            rule("record: 'job:up:sum', expr: 'sum by (job) (up)', labels: {a: b}"),
            rule(
                "alert: A, expr: up == 0, for: 5m, keep_firing_for: 1h, labels: {s: '{{ $labels.x }}'}, annotations: {d: x}",
            ),
            rule("alert: Always, expr: 1"),
            "groups: [{name: g, interval: 1m, limit: 5, query_offset: 1m, labels: {a: b}}]".to_owned(),
            "groups: []".to_owned(),
        ] {
            check(&text, &[]);
        }
    }

    #[test]
    fn bad_rules_are_named() {
        for (text, expected) in [
            (rule("expr: up"), "one of `record` and `alert`"),
            (rule("record: a, alert: b, expr: up"), "cannot be given"),
            (rule("record: a"), "no `expr`"),
            (rule("record: a, expr: 'sum(up'"), "`groups.0.rules.0.expr`"),
            (rule("record: a, expr: up, for: 5m"), "only an alert"),
            (rule("record: a, expr: up, annotations: {a: b}"), "only an alert"),
            (rule("alert: a, expr: up, for: 5x"), "duration"),
            (rule("record: 'a{b=\"c\"}', expr: up"), "braces"),
            (rule("record: a, expr: up, labels: {__name__: x}"), "__name__"),
            (rule("record: a, expr: up, lables: {}"), "unknown key"),
            (rule("alert: a, expr: up, annotations: {s: '{{ $value }'}"), "not closed"),
            ("groups: [{name: a}, {name: a}]".to_owned(), "repeated"),
            ("groups: [{rules: []}]".to_owned(), "no name"),
            ("groups: [{name: a, intervall: 1m}]".to_owned(), "unknown key"),
        ] {
            check(&text, &[expected]);
        }
    }

    #[test]
    fn all_faults_of_a_file_are_listed_by_line() {
        check(
            "groups:\n- name: a\n  rules:\n  - record: x\n    expr: up{\n  - alert: y\n- name: a\n",
            &["5: ", "6: ", "7: "],
        );
    }
}
