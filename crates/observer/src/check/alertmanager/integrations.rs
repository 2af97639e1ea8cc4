//! What the integrations take, by their keys.

use super::section;
use super::{exclusive_files, host_port};
use crate::config::prometheus::{HTTP_CLIENT, TLS};
use crate::schema::{Faults, Kind, Section, TEXTS, any_key, no_check, scalars};
use crate::yaml::Node;

const TEXT: Kind = Kind::Scalar(scalars::text);
const BOOL: Kind = Kind::Scalar(scalars::boolean);
const COUNT: Kind = Kind::Scalar(scalars::count);
const DURATION: Kind = Kind::Scalar(scalars::duration);
const TEXT_MAP: Kind = Kind::Map(any_key, &TEXT);
const ANY_MAP: Kind = Kind::Map(any_key, &Kind::Any);

macro_rules! integration {
    ($name:ident, $with:expr, $($key:literal: $kind:expr),+ $(,)?) => {
        static $name: Section = Section {
            keys: &[("send_resolved", BOOL), $(($key, $kind)),+],
            with: $with,
            check: exclusive_files,
        };
    };
}

macro_rules! lists {
    ($($key:literal: $section:ident),+ $(,)?) => {
        /// The lists a receiver may have.
        pub(super) static INTEGRATIONS: Section = Section {
            keys: &[$(($key, Kind::List(&Kind::Section(&$section)))),+],
            with: &[],
            check: no_check,
        };
    };
}

lists! {
    "webhook_configs": WEBHOOK,
    "email_configs": EMAIL,
    "slack_configs": SLACK,
    "pagerduty_configs": PAGERDUTY,
    "opsgenie_configs": OPSGENIE,
    "victorops_configs": VICTOROPS,
    "pushover_configs": PUSHOVER,
    "telegram_configs": TELEGRAM,
    "discord_configs": DISCORD,
    "msteams_configs": MSTEAMS,
    "msteamsv2_configs": MSTEAMS_V2,
    "webex_configs": WEBEX,
    "sns_configs": SNS,
    "wechat_configs": WECHAT,
    "jira_configs": JIRA,
    "rocketchat_configs": ROCKETCHAT,
    "mattermost_configs": MATTERMOST,
    "incidentio_configs": INCIDENTIO,
}

/// For everything that speaks HTTP.
static HTTP: Section = Section { keys: &[("http_config", Kind::Section(&HTTP_CLIENT))], with: &[], check: no_check };

integration!(WEBHOOK, &[&HTTP],
    "url": Kind::SecretUrl, "url_file": TEXT, "max_alerts": COUNT, "timeout": DURATION, "payload": Kind::Any);

integration!(EMAIL, &[],
    "to": TEXT, "from": TEXT, "smarthost": Kind::Scalar(host_port), "hello": TEXT,
    "auth_username": TEXT, "auth_password": Kind::Secret, "auth_password_file": TEXT,
    "auth_secret": Kind::Secret, "auth_secret_file": TEXT, "auth_identity": TEXT,
    "require_tls": BOOL, "force_implicit_tls": BOOL, "tls_config": Kind::Section(&TLS),
    "headers": Kind::Map(any_key, &TEXT), "html": TEXT, "text": TEXT,
    "threading": Kind::Section(&THREADING));

static THREADING: Section = section(&[("enabled", BOOL), ("thread_by_date", TEXT)]);

integration!(SLACK, &[&HTTP],
    "api_url": Kind::SecretUrl, "api_url_file": TEXT, "app_token": Kind::Secret, "app_token_file": TEXT,
    "app_url": Kind::Scalar(scalars::url), "channel": TEXT, "username": TEXT, "color": TEXT,
    "title": TEXT, "title_link": TEXT, "pretext": TEXT, "text": TEXT, "message_text": TEXT,
    "fields": Kind::List(&Kind::Section(&FIELD)), "short_fields": BOOL, "footer": TEXT, "fallback": TEXT,
    "callback_id": TEXT, "icon_emoji": TEXT, "icon_url": TEXT, "image_url": TEXT, "thumb_url": TEXT,
    "link_names": BOOL, "mrkdwn_in": TEXTS, "actions": Kind::List(&Kind::Section(&ACTION)),
    "update_message": BOOL, "timeout": DURATION);

static FIELD: Section =
    Section { keys: &[("title", TEXT), ("value", TEXT), ("short", BOOL)], with: &[], check: check_field };

static ACTION: Section = section(&[
    ("type", TEXT),
    ("text", TEXT),
    ("url", TEXT),
    ("style", TEXT),
    ("name", TEXT),
    ("value", TEXT),
    ("msg", BOOL),
    ("confirm", TEXT_MAP),
]);

fn check_field(node: &Node, faults: &mut Faults) {
    crate::config::prometheus::required(node, faults, "title");
    crate::config::prometheus::required(node, faults, "value");
}

integration!(PAGERDUTY, &[&HTTP],
    "routing_key": Kind::Secret, "routing_key_file": TEXT, "service_key": Kind::Secret, "service_key_file": TEXT,
    "url": Kind::Scalar(scalars::url), "client": TEXT, "client_url": TEXT, "description": TEXT,
    "severity": TEXT, "source": TEXT, "class": TEXT, "component": TEXT, "group": TEXT, "details": ANY_MAP,
    "images": Kind::List(&TEXT_MAP), "links": Kind::List(&TEXT_MAP), "timeout": DURATION);

integration!(OPSGENIE, &[&HTTP],
    "api_key": Kind::Secret, "api_key_file": TEXT, "api_url": Kind::Scalar(scalars::url), "message": TEXT,
    "description": TEXT, "source": TEXT, "details": TEXT_MAP, "entity": TEXT,
    "responders": Kind::List(&Kind::Section(&RESPONDER)), "actions": TEXT, "tags": TEXT, "note": TEXT,
    "priority": TEXT, "update_alerts": BOOL);

static RESPONDER: Section =
    section(&[("id", TEXT), ("name", TEXT), ("username", TEXT), ("type", Kind::Scalar(responder_type))]);

fn responder_type(text: &str) -> Result<(), String> {
    match text.contains("{{") {
        true => Ok(()),
        false => scalars::one_of(text, &["team", "teams", "user", "escalation", "schedule"]),
    }
}

integration!(VICTOROPS, &[&HTTP],
    "api_key": Kind::Secret, "api_key_file": TEXT, "api_url": Kind::Scalar(scalars::url), "routing_key": TEXT,
    "message_type": TEXT, "state_message": TEXT, "entity_display_name": TEXT, "monitoring_tool": TEXT,
    "custom_fields": TEXT_MAP);

integration!(PUSHOVER, &[&HTTP],
    "user_key": Kind::Secret, "user_key_file": TEXT, "token": Kind::Secret, "token_file": TEXT, "title": TEXT,
    "message": TEXT, "url": TEXT, "url_title": TEXT, "device": TEXT, "sound": TEXT, "priority": TEXT,
    "retry": DURATION, "expire": DURATION, "ttl": DURATION, "html": BOOL, "monospace": BOOL);

integration!(TELEGRAM, &[&HTTP],
    "api_url": Kind::Scalar(scalars::url), "bot_token": Kind::Secret, "bot_token_file": TEXT,
    "chat_id": Kind::Scalar(scalars::integer), "chat_id_file": TEXT, "message_thread_id": COUNT, "message": TEXT,
    "disable_notifications": BOOL, "parse_mode": Kind::Scalar(parse_mode));

fn parse_mode(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["", "Markdown", "MarkdownV2", "HTML"])
}

integration!(DISCORD, &[&HTTP],
    "webhook_url": Kind::SecretUrl, "webhook_url_file": TEXT, "content": TEXT, "username": TEXT, "avatar_url": TEXT,
    "title": TEXT, "message": TEXT);

integration!(MSTEAMS, &[&HTTP],
    "webhook_url": Kind::SecretUrl, "webhook_url_file": TEXT, "title": TEXT, "summary": TEXT, "text": TEXT);

integration!(MSTEAMS_V2, &[&HTTP],
    "webhook_url": Kind::SecretUrl, "webhook_url_file": TEXT, "title": TEXT, "text": TEXT);

integration!(WEBEX, &[&HTTP],
    "api_url": Kind::Scalar(scalars::url), "message": TEXT, "room_id": TEXT);

integration!(SNS, &[&HTTP],
    "api_url": TEXT, "sigv4": Kind::Section(&SIGV4), "topic_arn": TEXT, "phone_number": TEXT,
    "target_arn": TEXT, "subject": TEXT, "message": TEXT, "attributes": TEXT_MAP);

static SIGV4: Section = section(&[
    ("region", TEXT),
    ("access_key", TEXT),
    ("secret_key", Kind::Secret),
    ("profile", TEXT),
    ("role_arn", TEXT),
    ("external_id", TEXT),
    ("use_fips_sts_endpoint", BOOL),
]);

integration!(WECHAT, &[&HTTP],
    "api_secret": Kind::Secret, "api_secret_file": TEXT, "api_url": Kind::Scalar(scalars::url), "corp_id": TEXT,
    "agent_id": TEXT, "to_user": TEXT, "to_party": TEXT, "to_tag": TEXT, "message": TEXT,
    "message_type": Kind::Scalar(wechat_type));

fn wechat_type(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["", "text", "markdown"])
}

integration!(JIRA, &[&HTTP],
    "api_url": Kind::Scalar(scalars::url), "api_type": TEXT, "project": TEXT, "issue_type": TEXT,
    "summary": Kind::Any, "description": Kind::Any, "labels": TEXTS, "priority": TEXT,
    "reopen_transition": TEXT, "resolve_transition": TEXT, "wont_fix_resolution": TEXT, "reopen_duration": DURATION,
    "fields": ANY_MAP, "custom_fields": ANY_MAP);

integration!(ROCKETCHAT, &[&HTTP],
    "api_url": Kind::Scalar(scalars::url), "channel": TEXT, "token": Kind::Secret, "token_file": TEXT,
    "token_id": Kind::Secret, "token_id_file": TEXT, "color": TEXT, "emoji": TEXT, "icon_url": TEXT, "title": TEXT,
    "title_link": TEXT, "text": TEXT, "fields": Kind::List(&ANY_MAP), "short_fields": BOOL,
    "actions": Kind::List(&ANY_MAP), "image_url": TEXT, "thumb_url": TEXT, "link_names": BOOL);

integration!(MATTERMOST, &[&HTTP],
    "webhook_url": Kind::SecretUrl, "webhook_url_file": TEXT, "channel": TEXT, "username": TEXT, "icon_url": TEXT,
    "icon_emoji": TEXT, "fallback": TEXT, "color": TEXT, "pretext": TEXT, "author_name": TEXT, "author_link": TEXT,
    "author_icon": TEXT, "title": TEXT, "title_link": TEXT, "text": TEXT, "fields": Kind::List(&ANY_MAP),
    "thumb_url": TEXT, "image_url": TEXT, "footer": TEXT, "footer_icon": TEXT, "attachments": Kind::Any,
    "props": ANY_MAP, "priority": ANY_MAP, "type": TEXT);

integration!(INCIDENTIO, &[&HTTP],
    "url": Kind::SecretUrl, "url_file": TEXT, "alert_source_token": Kind::Secret, "alert_source_token_file": TEXT,
    "max_alerts": COUNT, "timeout": DURATION, "metadata": ANY_MAP);
