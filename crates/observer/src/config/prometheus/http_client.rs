//! How an HTTP client authenticates and connects, the same wherever one is configured.

use crate::schema::{Faults, Kind, Section, any_key, no_check, scalars};
use crate::yaml::Node;

pub(crate) static HTTP_CLIENT: Section = Section {
    keys: &[
        ("basic_auth", Kind::Section(&BASIC_AUTH)),
        ("authorization", Kind::Section(&AUTHORIZATION)),
        ("oauth2", Kind::Section(&OAUTH2)),
        ("bearer_token", Kind::Secret),
        ("bearer_token_file", Kind::Scalar(scalars::text)),
        ("tls_config", Kind::Section(&TLS)),
        ("follow_redirects", Kind::Scalar(scalars::boolean)),
        ("enable_http2", Kind::Scalar(scalars::boolean)),
        ("http_headers", Kind::Map(header_name, &Kind::Section(&HEADER))),
    ],
    with: &[&PROXY],
    check,
};

static PROXY: Section = Section {
    keys: &[
        ("proxy_url", Kind::Scalar(scalars::text)),
        ("no_proxy", Kind::Scalar(scalars::text)),
        ("proxy_from_environment", Kind::Scalar(scalars::boolean)),
        ("proxy_connect_header", Kind::Map(any_key, &Kind::List(&Kind::Secret))),
    ],
    with: &[],
    check: check_proxy,
};

static BASIC_AUTH: Section = Section {
    keys: &[
        ("username", Kind::Scalar(scalars::text)),
        ("username_file", Kind::Scalar(scalars::text)),
        ("username_ref", Kind::Scalar(scalars::text)),
        ("password", Kind::Secret),
        ("password_file", Kind::Scalar(scalars::text)),
        ("password_ref", Kind::Scalar(scalars::text)),
    ],
    with: &[],
    check: |node, faults| {
        at_most_one(node, faults, &["username", "username_file", "username_ref"]);
        at_most_one(node, faults, &["password", "password_file", "password_ref"]);
    },
};

static AUTHORIZATION: Section = Section {
    keys: &[
        ("type", Kind::Scalar(not_basic)),
        ("credentials", Kind::Secret),
        ("credentials_file", Kind::Scalar(scalars::text)),
        ("credentials_ref", Kind::Scalar(scalars::text)),
    ],
    with: &[],
    check: |node, faults| at_most_one(node, faults, &["credentials", "credentials_file", "credentials_ref"]),
};

static OAUTH2: Section = Section {
    keys: &[
        ("client_id", Kind::Scalar(scalars::text)),
        ("client_secret", Kind::Secret),
        ("client_secret_file", Kind::Scalar(scalars::text)),
        ("client_secret_ref", Kind::Scalar(scalars::text)),
        ("client_certificate_key_id", Kind::Scalar(scalars::text)),
        ("client_certificate_key", Kind::Secret),
        ("client_certificate_key_file", Kind::Scalar(scalars::text)),
        ("client_certificate_key_ref", Kind::Scalar(scalars::text)),
        ("signature_algorithm", Kind::Scalar(scalars::text)),
        ("grant_type", Kind::Scalar(scalars::text)),
        ("iss", Kind::Scalar(scalars::text)),
        ("audience", Kind::Scalar(scalars::text)),
        ("claims", Kind::Any),
        ("scopes", crate::schema::TEXTS),
        ("token_url", Kind::Scalar(scalars::text)),
        ("endpoint_params", Kind::Map(any_key, &Kind::Scalar(scalars::text))),
        ("tls_config", Kind::Section(&TLS)),
    ],
    with: &[&PROXY],
    check: |node, faults| {
        required(node, faults, "client_id");
        required(node, faults, "token_url");
        at_most_one(node, faults, &["client_secret", "client_secret_file", "client_secret_ref"]);
    },
};

pub(crate) static TLS: Section = Section {
    keys: &[
        ("ca", Kind::Scalar(scalars::text)),
        ("ca_file", Kind::Scalar(scalars::text)),
        ("ca_ref", Kind::Scalar(scalars::text)),
        ("cert", Kind::Scalar(scalars::text)),
        ("cert_file", Kind::Scalar(scalars::text)),
        ("cert_ref", Kind::Scalar(scalars::text)),
        ("key", Kind::Secret),
        ("key_file", Kind::Scalar(scalars::text)),
        ("key_ref", Kind::Scalar(scalars::text)),
        ("server_name", Kind::Scalar(scalars::text)),
        ("insecure_skip_verify", Kind::Scalar(scalars::boolean)),
        ("min_version", Kind::Scalar(tls_version)),
        ("max_version", Kind::Scalar(tls_version)),
    ],
    with: &[],
    check: check_tls,
};

static HEADER: Section = Section {
    keys: &[("values", crate::schema::TEXTS), ("secrets", Kind::List(&Kind::Secret)), ("files", crate::schema::TEXTS)],
    with: &[],
    check: no_check,
};

/// Headers that only the client itself may set.
pub(super) fn header_name(text: &str) -> Result<(), String> {
    const RESERVED: [&str; 8] = [
        "authorization",
        "host",
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "connection",
        "accept-encoding",
    ];
    match RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        true => Err(format!("the header {text:?} cannot be set")),
        false => Ok(()),
    }
}

fn tls_version(text: &str) -> Result<(), String> {
    scalars::one_of(text, &["TLS10", "TLS11", "TLS12", "TLS13"])
}

fn not_basic(text: &str) -> Result<(), String> {
    match text.trim().eq_ignore_ascii_case("basic") {
        true => Err("cannot be \"basic\": use `basic_auth`".to_owned()),
        false => Ok(()),
    }
}

/// A fault unless `key` has a value.
pub(crate) fn required(node: &Node, faults: &mut Faults, key: &str) {
    if !node.has(key) {
        faults.key(node, key, "is missing");
    }
}

/// A fault at the second of `keys` that is given.
pub(crate) fn at_most_one(node: &Node, faults: &mut Faults, keys: &[&str]) {
    let given: Vec<&&str> = keys.iter().filter(|key| node.has(key)).collect();
    if let [first, second, ..] = given[..] {
        faults.key(node, second, format!("at most one of it and `{first}` may be given"));
    }
}

fn check(node: &Node, faults: &mut Faults) {
    at_most_one(node, faults, &["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"]);
}

fn check_proxy(node: &Node, faults: &mut Faults) {
    let from_environment = node.text_of("proxy_from_environment").and_then(scalars::to_bool) == Some(true);
    if from_environment && node.has("proxy_url") {
        faults.key(node, "proxy_url", "cannot be given with `proxy_from_environment`");
    }
    if from_environment && node.has("no_proxy") {
        faults.key(node, "no_proxy", "cannot be given with `proxy_from_environment`");
    }
    if node.has("no_proxy") && !node.has("proxy_url") && !from_environment {
        faults.key(node, "no_proxy", "needs `proxy_url`");
    }
}

fn check_tls(node: &Node, faults: &mut Faults) {
    for name in ["ca", "cert", "key"] {
        at_most_one(node, faults, &[name, &format!("{name}_file"), &format!("{name}_ref")]);
    }
    let given = |name: &str| node.has(name) || node.has(&format!("{name}_file")) || node.has(&format!("{name}_ref"));
    match (given("cert"), given("key")) {
        (true, false) => faults.add(node.line, format!("`{}`: a certificate needs its key", faults.path_of(""))),
        (false, true) => faults.add(node.line, format!("`{}`: a key needs its certificate", faults.path_of(""))),
        _ => {}
    }
}
