//! `alertmanager.yml`.

mod inhibit;
mod integrations;
mod intervals;
mod matchers;
mod receivers;
mod route;

use crate::config::prometheus::{HTTP_CLIENT, TLS, TRACING, at_most_one};
use crate::schema::{Fault, Faults, Kind, Section, TEXTS, no_check, scalars, walk};
use crate::yaml::Node;

static ROOT: Section = Section {
    keys: &[
        ("global", Kind::Section(&GLOBAL)),
        ("templates", TEXTS),
        ("route", Kind::Section(&route::ROUTE)),
        ("receivers", Kind::List(&Kind::Section(&receivers::RECEIVER))),
        ("inhibit_rules", Kind::List(&Kind::Section(&inhibit::RULE))),
        ("time_intervals", Kind::List(&Kind::Section(&intervals::NAMED))),
        ("mute_time_intervals", Kind::List(&Kind::Section(&intervals::NAMED))),
        ("tracing", Kind::Section(&TRACING)),
        ("event_recorder", Kind::Any),
    ],
    with: &[],
    check,
};

static GLOBAL: Section = Section {
    keys: &[
        ("resolve_timeout", Kind::Scalar(scalars::duration)),
        ("http_config", Kind::Section(&HTTP_CLIENT)),
        ("smtp_from", Kind::Scalar(scalars::text)),
        ("smtp_smarthost", Kind::Scalar(host_port)),
        ("smtp_hello", Kind::Scalar(scalars::text)),
        ("smtp_auth_username", Kind::Scalar(scalars::text)),
        ("smtp_auth_password", Kind::Secret),
        ("smtp_auth_password_file", Kind::Scalar(scalars::text)),
        ("smtp_auth_identity", Kind::Scalar(scalars::text)),
        ("smtp_auth_secret", Kind::Secret),
        ("smtp_auth_secret_file", Kind::Scalar(scalars::text)),
        ("smtp_require_tls", Kind::Scalar(scalars::boolean)),
        ("smtp_force_implicit_tls", Kind::Scalar(scalars::boolean)),
        ("smtp_tls_config", Kind::Section(&TLS)),
        ("slack_api_url", Kind::SecretUrl),
        ("slack_api_url_file", Kind::Scalar(scalars::text)),
        ("slack_app_token", Kind::Secret),
        ("slack_app_token_file", Kind::Scalar(scalars::text)),
        ("slack_app_url", Kind::Scalar(scalars::url)),
        ("pagerduty_url", Kind::Scalar(scalars::url)),
        ("opsgenie_api_url", Kind::Scalar(scalars::url)),
        ("opsgenie_api_key", Kind::Secret),
        ("opsgenie_api_key_file", Kind::Scalar(scalars::text)),
        ("victorops_api_url", Kind::Scalar(scalars::url)),
        ("victorops_api_key", Kind::Secret),
        ("victorops_api_key_file", Kind::Scalar(scalars::text)),
        ("wechat_api_url", Kind::Scalar(scalars::url)),
        ("wechat_api_secret", Kind::Secret),
        ("wechat_api_secret_file", Kind::Scalar(scalars::text)),
        ("wechat_api_corp_id", Kind::Scalar(scalars::text)),
        ("telegram_api_url", Kind::Scalar(scalars::url)),
        ("telegram_bot_token", Kind::Secret),
        ("telegram_bot_token_file", Kind::Scalar(scalars::text)),
        ("webex_api_url", Kind::Scalar(scalars::url)),
        ("jira_api_url", Kind::Scalar(scalars::url)),
        ("rocketchat_api_url", Kind::Scalar(scalars::url)),
        ("rocketchat_token", Kind::Secret),
        ("rocketchat_token_file", Kind::Scalar(scalars::text)),
        ("rocketchat_token_id", Kind::Secret),
        ("rocketchat_token_id_file", Kind::Scalar(scalars::text)),
        ("mattermost_webhook_url", Kind::SecretUrl),
        ("mattermost_webhook_url_file", Kind::Scalar(scalars::text)),
    ],
    with: &[],
    check: exclusive_files,
};

/// Everything wrong with an `alertmanager.yml`.
pub(super) fn faults_of(root: &Node) -> Vec<Fault> {
    let mut faults = Faults::default();
    walk(&Kind::Section(&ROOT), root, &mut faults);
    faults.into_sorted()
}

fn check(root: &Node, faults: &mut Faults) {
    receivers::check(root, faults);
    intervals::check_names(root, faults);
    route::check_tree(root, faults);
}

/// A key and its `_file` exclude each other.
fn exclusive_files(node: &Node, faults: &mut Faults) {
    for entry in node.entries() {
        if let Some(inline) = entry.key.strip_suffix("_file") {
            at_most_one(node, faults, &[inline, &entry.key]);
        }
    }
}

fn host_port(text: &str) -> Result<(), String> {
    match text.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() => Ok(()),
        _ => Err(format!("{text:?} is no HOST:PORT address")),
    }
}

/// For sections without checks of their own.
const fn section(keys: &'static [(&'static str, Kind)]) -> Section {
    Section { keys, with: &[], check: no_check }
}

#[cfg(test)]
mod tests;
