//! What a document is, by its content.

use crate::yaml::Node;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Kind<'n> {
    Config,
    Rules,
    Alertmanager,
    /// A Kubernetes resource that holds rule groups.
    PrometheusRule,
    /// Any other Kubernetes resource, by its kind.
    OtherResource(&'n str),
}

/// Top-level keys that only an `alertmanager.yml` has.
const ALERTMANAGER_KEYS: [&str; 7] =
    ["route", "receivers", "inhibit_rules", "templates", "time_intervals", "mute_time_intervals", "event_recorder"];

/// Prefixes of keys below `global` that only an `alertmanager.yml` has.
const ALERTMANAGER_GLOBALS: [&str; 13] = [
    "resolve_timeout",
    "http_config",
    "smtp_",
    "slack_",
    "pagerduty_",
    "opsgenie_",
    "victorops_",
    "wechat_",
    "telegram_",
    "webex_",
    "jira_",
    "rocketchat_",
    "mattermost_",
];

impl<'n> Kind<'n> {
    pub(super) fn of(node: &'n Node) -> Self {
        let has = |key: &str| node.entries().iter().any(|entry| entry.key == key);
        if has("apiVersion") && has("kind") {
            return match node.text_of("kind") {
                Some("PrometheusRule") => Self::PrometheusRule,
                kind => Self::OtherResource(kind.unwrap_or_default()),
            };
        }
        if has("groups") {
            return Self::Rules;
        }
        let globals = node.get("global").map(Node::entries).unwrap_or_default();
        let is_alertmanager_global = |key: &str| ALERTMANAGER_GLOBALS.iter().any(|prefix| key.starts_with(prefix));
        if ALERTMANAGER_KEYS.iter().any(|key| has(key)) || globals.iter().any(|e| is_alertmanager_global(&e.key)) {
            return Self::Alertmanager;
        }
        Self::Config
    }

    pub(super) fn is_kubernetes(self) -> bool {
        matches!(self, Self::PrometheusRule | Self::OtherResource(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::documents;

    #[test]
    fn content_tells_the_kind() {
        for (text, expected) in [
            ("global: {}", Kind::Config),
            ("server: {}\n", Kind::Config),
            ("", Kind::Config),
            ("groups: []", Kind::Rules),
            ("route: {}\n", Kind::Alertmanager),
            ("global: {smtp_from: x}", Kind::Alertmanager),
            ("apiVersion: v1\nkind: PrometheusRule", Kind::PrometheusRule),
            ("apiVersion: v1\nkind: ServiceMonitor", Kind::OtherResource("ServiceMonitor")),
        ] {
            assert_eq!(Kind::of(&documents(text).expect("valid")[0]), expected, "{text}");
        }
    }
}
