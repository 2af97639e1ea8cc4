//! Receivers, and what each of their integrations needs from itself or from `global`.

use std::collections::BTreeSet;

use super::integrations::INTEGRATIONS;
use crate::schema::{Faults, Kind, Section, no_check, scalars};
use crate::yaml::Node;

pub(super) static RECEIVER: Section = Section {
    keys: &[
        ("name", Kind::Scalar(scalars::text)),
        ("labels", Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text))),
    ],
    with: &[&INTEGRATIONS],
    check: no_check,
};

/// What one kind of integration cannot do without.
struct Need {
    list: &'static str,
    /// One of these among its own keys …
    own: &'static [&'static str],
    /// … or one of these in `global`.
    global: &'static [&'static str],
}

const fn own(list: &'static str, own: &'static [&'static str]) -> Need {
    Need { list, own, global: &[] }
}

const NEEDS: [Need; 25] = [
    own("webhook_configs", &["url", "url_file"]),
    own("email_configs", &["to"]),
    Need { list: "email_configs", own: &["smarthost"], global: &["smtp_smarthost"] },
    Need { list: "email_configs", own: &["from"], global: &["smtp_from"] },
    Need {
        list: "slack_configs",
        own: &["api_url", "api_url_file", "app_token", "app_token_file"],
        global: &["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
    },
    own("pagerduty_configs", &["routing_key", "routing_key_file", "service_key", "service_key_file"]),
    Need {
        list: "opsgenie_configs",
        own: &["api_key", "api_key_file"],
        global: &["opsgenie_api_key", "opsgenie_api_key_file"],
    },
    Need {
        list: "victorops_configs",
        own: &["api_key", "api_key_file"],
        global: &["victorops_api_key", "victorops_api_key_file"],
    },
    own("victorops_configs", &["routing_key"]),
    own("pushover_configs", &["user_key", "user_key_file"]),
    own("pushover_configs", &["token", "token_file"]),
    Need {
        list: "telegram_configs",
        own: &["bot_token", "bot_token_file"],
        global: &["telegram_bot_token", "telegram_bot_token_file"],
    },
    own("telegram_configs", &["chat_id", "chat_id_file"]),
    own("discord_configs", &["webhook_url", "webhook_url_file"]),
    own("msteams_configs", &["webhook_url", "webhook_url_file"]),
    own("msteamsv2_configs", &["webhook_url", "webhook_url_file"]),
    own("webex_configs", &["room_id"]),
    own("sns_configs", &["topic_arn", "target_arn", "phone_number"]),
    Need {
        list: "wechat_configs",
        own: &["api_secret", "api_secret_file"],
        global: &["wechat_api_secret", "wechat_api_secret_file"],
    },
    Need { list: "wechat_configs", own: &["corp_id"], global: &["wechat_api_corp_id"] },
    own("jira_configs", &["project"]),
    own("jira_configs", &["issue_type"]),
    Need {
        list: "mattermost_configs",
        own: &["webhook_url", "webhook_url_file"],
        global: &["mattermost_webhook_url", "mattermost_webhook_url_file"],
    },
    own("incidentio_configs", &["url", "url_file"]),
    Need {
        list: "rocketchat_configs",
        own: &["token", "token_file"],
        global: &["rocketchat_token", "rocketchat_token_file"],
    },
];

pub(super) fn check(root: &Node, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for receiver in root.get("receivers").map(Node::items).unwrap_or_default() {
        match receiver.text_of("name") {
            None => faults.add(receiver.line, "missing name in receiver"),
            Some(name) if !seen.insert(name) => {
                faults.add(receiver.line_of("name"), format!("the receiver name {name:?} is not unique"));
            }
            Some(_) => {}
        }
        for need in &NEEDS {
            check_need(root.get("global"), receiver, need, faults);
        }
    }
}

fn check_need(global: Option<&Node>, receiver: &Node, need: &Need, faults: &mut Faults) {
    let is_global = need.global.iter().any(|key| global.is_some_and(|global| global.has(key)));
    for item in receiver.get(need.list).map(Node::items).unwrap_or_default() {
        if !is_global && !need.own.iter().any(|key| item.has(key)) {
            let or_global =
                need.global.first().map(|key| format!(", and `global.{key}` is not set")).unwrap_or_default();
            faults.add(item.line, format!("`{}`: `{}` is missing{or_global}", need.list, need.own[0]));
        }
    }
}
