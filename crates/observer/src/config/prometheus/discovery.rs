//! Service discovery: the common kinds by key, the others known by name.

use std::time::Duration;

use super::http_client::{HTTP_CLIENT, required};
use crate::config::units;
use crate::schema::{Faults, Kind, Section, TEXTS, any_key, no_check, scalars};
use crate::yaml::Node;

/// A mechanism whose settings are the user's business until a scraper reads them.
const LOOSE: Kind = Kind::List(&Kind::Map(any_key, &Kind::Any));

/// Where targets come from.
pub(super) static DISCOVERY: Section = Section {
    keys: &[
        ("static_configs", Kind::List(&Kind::Section(&STATIC))),
        ("file_sd_configs", Kind::List(&Kind::Section(&FILE))),
        ("http_sd_configs", Kind::List(&Kind::Section(&HTTP))),
        ("dns_sd_configs", Kind::List(&Kind::Section(&DNS))),
        ("kubernetes_sd_configs", Kind::List(&Kind::Section(&KUBERNETES))),
        ("aws_sd_configs", LOOSE),
        ("azure_sd_configs", LOOSE),
        ("consul_sd_configs", LOOSE),
        ("digitalocean_sd_configs", LOOSE),
        ("docker_sd_configs", LOOSE),
        ("dockerswarm_sd_configs", LOOSE),
        ("ec2_sd_configs", LOOSE),
        ("ecs_sd_configs", LOOSE),
        ("elasticache_sd_configs", LOOSE),
        ("eureka_sd_configs", LOOSE),
        ("gce_sd_configs", LOOSE),
        ("hetzner_sd_configs", LOOSE),
        ("ionos_sd_configs", LOOSE),
        ("kuma_sd_configs", LOOSE),
        ("lightsail_sd_configs", LOOSE),
        ("linode_sd_configs", LOOSE),
        ("marathon_sd_configs", LOOSE),
        ("msk_sd_configs", LOOSE),
        ("nerve_sd_configs", LOOSE),
        ("nomad_sd_configs", LOOSE),
        ("oci_sd_configs", LOOSE),
        ("openstack_sd_configs", LOOSE),
        ("outscale_sd_configs", LOOSE),
        ("ovhcloud_sd_configs", LOOSE),
        ("puppetdb_sd_configs", LOOSE),
        ("rds_sd_configs", LOOSE),
        ("scaleway_sd_configs", LOOSE),
        ("serverset_sd_configs", LOOSE),
        ("stackit_sd_configs", LOOSE),
        ("triton_sd_configs", LOOSE),
        ("uyuni_sd_configs", LOOSE),
        ("vultr_sd_configs", LOOSE),
    ],
    with: &[],
    check: unknown_kinds,
};

static STATIC: Section = Section {
    keys: &[
        ("targets", Kind::List(&Kind::Scalar(target))),
        ("labels", Kind::Map(scalars::label_name, &Kind::Scalar(scalars::text))),
    ],
    with: &[],
    check: check_targets,
};

static FILE: Section = Section {
    keys: &[("files", Kind::List(&Kind::Scalar(target_file))), ("refresh_interval", Kind::Scalar(scalars::duration))],
    with: &[],
    check: |node, faults| not_empty(node, faults, "files"),
};

static HTTP: Section = Section {
    keys: &[("url", Kind::Scalar(scalars::url)), ("refresh_interval", Kind::Scalar(scalars::duration))],
    with: &[&HTTP_CLIENT],
    check: |node, faults| required(node, faults, "url"),
};

static DNS: Section = Section {
    keys: &[
        ("names", TEXTS),
        ("type", Kind::Scalar(|text| scalars::one_of(&text.to_ascii_uppercase(), &["SRV", "A", "AAAA", "MX", "NS"]))),
        ("port", Kind::Scalar(scalars::count)),
        ("refresh_interval", Kind::Scalar(scalars::duration)),
    ],
    with: &[],
    check: check_dns,
};

static KUBERNETES: Section = Section {
    keys: &[
        ("api_server", Kind::Scalar(scalars::url)),
        ("role", Kind::Scalar(|text| scalars::one_of(text, &ROLES))),
        ("kubeconfig_file", Kind::Scalar(scalars::text)),
        ("namespaces", Kind::Section(&NAMESPACES)),
        ("selectors", Kind::List(&Kind::Section(&SELECTOR))),
        ("attach_metadata", Kind::Map(any_key, &Kind::Scalar(scalars::boolean))),
    ],
    with: &[&HTTP_CLIENT],
    check: |node, faults| {
        required(node, faults, "role");
        if node.has("api_server") && node.has("kubeconfig_file") {
            faults.key(node, "kubeconfig_file", "cannot be given with `api_server`");
        }
    },
};

const ROLES: [&str; 6] = ["node", "pod", "service", "endpoints", "endpointslice", "ingress"];

static NAMESPACES: Section = Section {
    keys: &[("own_namespace", Kind::Scalar(scalars::boolean)), ("names", TEXTS)],
    with: &[],
    check: no_check,
};

static SELECTOR: Section = Section {
    keys: &[
        ("role", Kind::Scalar(|text| scalars::one_of(text, &ROLES))),
        ("label", Kind::Scalar(scalars::text)),
        ("field", Kind::Scalar(scalars::text)),
    ],
    with: &[],
    check: |node, faults| required(node, faults, "role"),
};

fn check_targets(node: &Node, faults: &mut Faults) {
    for item in node.get("targets").map(Node::items).unwrap_or_default() {
        if item.is_null() || item.text() == Some("") {
            faults.add(item.line, format!("`{}`: a target without an address", faults.path_of("targets")));
        }
    }
}

fn target(text: &str) -> Result<(), String> {
    match text.contains('/') {
        true => Err(format!("{text:?} is not a valid target: HOST:PORT, without scheme and path")),
        false => Ok(()),
    }
}

fn target_file(text: &str) -> Result<(), String> {
    let has_extension = [".json", ".yml", ".yaml"].iter().any(|extension| text.ends_with(extension));
    let (folder, file) = text.rsplit_once('/').unwrap_or(("", text));
    match has_extension && !folder.contains('*') && file.matches('*').count() <= 1 {
        true => Ok(()),
        false => Err(format!("{text:?} is no path to .json, .yml or .yaml files with at most one * in its last part")),
    }
}

fn not_empty(node: &Node, faults: &mut Faults, key: &str) {
    if node.get(key).is_none_or(|list| list.items().is_empty()) {
        faults.key(node, key, "must name at least one");
    }
}

fn check_dns(node: &Node, faults: &mut Faults) {
    not_empty(node, faults, "names");
    let kind = node.text_of("type").unwrap_or("SRV").to_ascii_uppercase();
    if kind != "SRV" && !node.has("port") {
        faults.key(node, "port", format!("is missing, records of type {kind} name none"));
    }
}

fn unknown_kinds(node: &Node, faults: &mut Faults) {
    for (key, _) in DISCOVERY.keys {
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            if item.is_null() {
                faults.add(item.line, format!("`{}`: empty item", faults.path_of(key)));
            }
            if interval_is_zero(item) {
                faults.add(
                    item.line_of("refresh_interval"),
                    format!("`{}`: must not be 0", faults.path_of("refresh_interval")),
                );
            }
        }
    }
}

fn interval_is_zero(item: &Node) -> bool {
    item.text_of("refresh_interval").and_then(|text| units::duration(text).ok()) == Some(Duration::ZERO)
}
