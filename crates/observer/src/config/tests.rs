use std::time::Duration;

use aio_api::{Promotion, Strategy, Translation};

use super::file::ROOT;
use super::*;
use crate::cli::ServeArgs;
use crate::schema::{Kind, Section};
use crate::yaml::documents;

const FULL: &str = include_str!("../../tests/fixtures/full.yml");
const MINIMAL: &str = include_str!("../../tests/fixtures/minimal.yml");
const WRONG_KEY: &str = include_str!("../../tests/fixtures/wrong-key.yml");
const REFERENCE: &str = include_str!("../../../../docs/configuration.md");

fn lines(text: &str) -> Vec<String> {
    match File::parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect(),
    }
}

fn check(text: &str, expected: &[&str]) {
    let found = lines(text);
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}\nshould contain {expected}");
    }
}

fn settings(text: &str, args: &ServeArgs) -> Settings {
    Settings::resolve(&File::parse(text).expect("valid"), args).expect("resolved")
}

#[test]
fn a_full_prometheus_yml_is_taken_and_its_idle_sections_are_named() {
    let file = File::parse(FULL).expect("valid");
    for section in ["global", "scrape_configs", "rule_files", "alerting", "remote_write", "remote_read", "storage.tsdb"]
    {
        assert!(file.inactive().iter().any(|found| found == section), "{section}");
    }
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(settings("# nothing\n", &ServeArgs::default()), Settings::default());
    assert_eq!(settings("{}", &ServeArgs::default()), Settings::default());
}

#[test]
fn a_minimal_file_changes_what_it_says_and_nothing_else() {
    let mut expected = Settings::default();
    expected.storage.data_dir = "/srv/observer".into();
    assert_eq!(settings(MINIMAL, &ServeArgs::default()), expected);
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    check(WRONG_KEY, &["5: `metrics.retension`: unknown key"]);
    check("server:\n  listen: 127.0.0.1:1\n  lisen: x\n", &["3: `server.lisen`: unknown key"]);
    check(
        "scrape_configs:\n  - job_name: a\n    foo_sd_configs: []\n",
        &["3: `scrape_configs.0.foo_sd_configs`: unknown key"],
    );
}

#[test]
fn all_faults_of_a_file_are_found_at_once() {
    let text = "server: {listen: nowhere}\nglobal:\n  scrape_interval: 5s\n  scrape_timeout: 10s\nstorage: {fsync: sometimes}\nx: 1\n";
    check(text, &["1: `server.listen`", "4: `global.scrape_timeout`", "5: `storage.fsync`", "6: `x`: unknown key"]);
}

#[test]
fn values_are_checked_as_upstream_does() {
    for (text, expected) in [
        ("metrics: { retention: { time: 15 parsecs } }", "`metrics.retention.time`"),
        ("scrape_configs: [{ job_name: a }, { job_name: a }]", "multiple scrape configs"),
        ("scrape_configs: [{ scheme: http }]", "`job_name` is missing"),
        ("scrape_configs: [{ job_name: a, scrape_interval: 5s, scrape_timeout: 6s }]", "scrape_timeout"),
        ("scrape_configs: [{ job_name: a, static_configs: [{ targets: ['http://h/p'] }] }]", "not a valid target"),
        ("scrape_configs: [{ job_name: a, relabel_configs: [{ action: nope }] }]", "unknown relabel action"),
        ("scrape_configs: [{ job_name: a, relabel_configs: [{ action: hashmod, target_label: x }] }]", "modulus"),
        ("scrape_configs: [{ job_name: a, relabel_configs: [{ source_labels: [x] }] }]", "target_label"),
        ("scrape_configs: [{ job_name: a, relabel_configs: [{ target_label: x, regex: '(' }] }]", "regular expression"),
        (
            "scrape_configs: [{ job_name: a, relabel_configs: [{ action: labeldrop, target_label: x }] }]",
            "does not take",
        ),
        (
            "scrape_configs: [{ job_name: a, basic_auth: {}, authorization: { type: x } , bearer_token: t }]",
            "at most one",
        ),
        ("scrape_configs: [{ job_name: a, tls_config: { cert_file: c } }]", "needs its key"),
        ("scrape_configs: [{ job_name: a, kubernetes_sd_configs: [{ role: pods }] }]", "role"),
        ("scrape_configs: [{ job_name: a, dns_sd_configs: [{ names: [x], type: A }] }]", "port"),
        ("scrape_configs: [{ job_name: a, file_sd_configs: [{ files: [x.txt] }] }]", "x.txt"),
        ("remote_write: [{ name: x }]", "`remote_write.0.url`: is missing"),
        ("remote_write: [{ url: 'http://a', name: x }, { url: 'http://b', name: x }]", "given twice"),
        ("remote_read: [{ url: nowhere }]", "is not a URL"),
        ("alerting: { alertmanagers: [{ api_version: v3 }] }", "v3"),
        ("otlp: { translation_strategy: Nope }", "Nope"),
        (
            "otlp: { translation_strategy: NoTranslation }\nglobal: { metric_name_validation_scheme: legacy }",
            "1: `otlp.translation_strategy`: \"NoTranslation\" is not allowed",
        ),
        ("otlp: { ignore_resource_attributes: [a] }", "needs `promote_all_resource_attributes: true`"),
        ("otlp: { promote_resource_attributes: [a, ' a'] }", "given twice"),
        ("otlp: { promote_all_resource_attributes: true, promote_resource_attributes: [a] }", "at most one"),
        ("tracing: { client_type: grpc }", "`tracing.endpoint`"),
        ("rule_files: ['*/x.yml']", "rule file path"),
        ("rule_files: x.yml", "expected a list"),
        ("limits: { memory: 120% }", "percentage"),
        ("limits: { writes_in_flight: 1MB }", "must have room"),
        ("limits: { body_size: 0 }", "more than 0"),
        ("tenants: { 'a/b': {} }", "tenants"),
        ("auth: { users: [{ name: x }] }", "password"),
        ("server: { external_url: host/path }", "external_url"),
        ("global: { scrape_interval: 1m, scrape_interval: 2m }", "twice"),
        ("- a\n", "expected a map"),
    ] {
        let found = lines(text);
        assert!(!found.is_empty(), "{text} passed");
        assert!(found.iter().any(|line| line.contains(expected)), "{text}: {found:?}");
    }
}

#[test]
fn a_missing_variable_of_a_secret_is_named_with_its_key() {
    let text = "remote_write:\n  - url: http://h\n    basic_auth:\n      username: ${NOT_EXPANDED}\n      password: ${AIO_NOT_SET}\n";
    check(text, &["5: `remote_write.0.basic_auth.password`: the environment variable \"AIO_NOT_SET\" is not set"]);
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_defaults_of_dev() {
    let args =
        ServeArgs { listen: Some("127.0.0.1:1".into()), dev: true, data_dir: Some("d".into()), ..ServeArgs::default() };
    let got = settings("server: { listen: '127.0.0.1:2', otlp_grpc: '127.0.0.1:3' }", &args);
    assert_eq!(got.server.listen.port(), 1);
    assert_eq!(got.server.otlp_grpc.map(|a| a.port()), Some(3));
    assert_eq!(got.server.otlp_http.map(|a| a.to_string()), Some("127.0.0.1:4318".to_owned()));
    assert_eq!(settings("server: { otlp_grpc: off }", &args).server.otlp_grpc, None);
    let bad = ServeArgs { listen: Some("off".into()), ..args };
    assert!(Settings::resolve(&File::empty(), &bad).is_err());
}

#[test]
fn durations_and_sizes_are_typed() {
    let got = settings(
        "metrics: { retention: { time: 1y, size: 20GB }, promql: { lookback: 1h30m } }",
        &ServeArgs::default(),
    );
    assert_eq!(got.metrics.retention.time, Duration::from_secs(365 * 86_400));
    assert_eq!(got.metrics.retention.size_bytes, 20_000_000_000);
    assert_eq!(got.metrics.promql.lookback, Duration::from_secs(5400));
}

#[test]
fn the_translation_of_otlp_is_configured_as_upstream_does() {
    let read = |text: &str| settings(text, &ServeArgs::default()).otlp;
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    let default = Translation::default;
    for (text, expected) in [
        ("otlp: {}", default()),
        ("otlp: { promote_all_resource_attributes: false, ignore_resource_attributes: [] }", default()),
        (
            "otlp: { translation_strategy: NoUTF8EscapingWithSuffixes, promote_resource_attributes: [a, ' b.c '] }",
            Translation {
                strategy: Strategy::NoUtf8EscapingWithSuffixes,
                promotion: Promotion::Only(names(&["a", "b.c"])),
                ..default()
            },
        ),
        (
            "otlp: { promote_all_resource_attributes: true, ignore_resource_attributes: [a], promote_scope_metadata: true, \
             keep_identifying_resource_attributes: true, convert_histograms_to_nhcb: true, disable_target_info: true, \
             label_name_underscore_sanitization: false, label_name_preserve_multiple_underscores: false }",
            Translation {
                promotion: Promotion::AllBut(names(&["a"])),
                promote_scope: true,
                keep_identifying_attributes: true,
                custom_buckets: true,
                target_info: false,
                sanitize_leading_underscore: false,
                preserve_underscores: false,
                ..default()
            },
        ),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    let (old, new) = (Settings::default(), settings("otlp: { promote_scope_metadata: true }", &ServeArgs::default()));
    assert_eq!(changes(&old, &old, &new).now, ["otlp"]);
}

#[test]
fn subqueries_step_by_the_evaluation_interval() {
    let step = |text| settings(text, &ServeArgs::default()).metrics.promql.subquery_step.as_secs();
    assert_eq!(step("global: { evaluation_interval: 15s }"), 15);
    assert_eq!(step("global: { evaluation_interval: 15s }\nmetrics: { promql: { subquery_step: 30s } }"), 30);
}

#[test]
fn changes_are_sorted_by_when_they_take_effect() {
    let args = ServeArgs::default();
    let (old, new) =
        (Settings::default(), settings("metrics: { promql: { lookback: 1m } }\nstorage: { fsync: 2s }", &args));
    let found = changes(&old, &old, &new);
    assert_eq!((found.now.as_slice(), found.restart.as_slice()), (&["metrics.promql"][..], &["storage.fsync"][..]));
    assert_eq!(changes(&old, &new, &new).now, Vec::<&str>::new());
    assert_eq!(changes(&old, &new, &new).restart, ["storage.fsync"]);
}

/// The engine's and the API's own defaults are those documented here.
#[test]
fn defaults_agree_with_the_crates_they_configure() {
    let (ours, theirs) = (Settings::default().metrics.promql.engine(), aio_promql::Config::default());
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    let (ours, theirs) = (Settings::default().limits, aio_api::Config::default());
    assert_eq!((ours.body_bytes, ours.decompressed_bytes), (theirs.body_bytes_max, theirs.decompressed_bytes_max));
    assert_eq!((ours.query_concurrency, ours.query_queue), (theirs.query_concurrency, theirs.query_queue_max));
    let theirs = aio_ingest::Config::default();
    assert_eq!(
        (ours.writes_in_flight_bytes, ours.delta_streams),
        (theirs.in_flight_bytes_max, theirs.delta_streams_max)
    );
}

fn reference() -> &'static str {
    let block = REFERENCE.split("```yaml\n").nth(1).expect("a yaml block");
    block.split("```").next().expect("its end")
}

#[test]
fn the_documented_reference_equals_the_defaults() {
    assert_eq!(settings(reference(), &ServeArgs::default()), Settings::default());
}

#[test]
fn the_documented_translation_equals_the_defaults() {
    let block = REFERENCE.split("```yml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    assert_eq!(settings(block, &ServeArgs::default()), Settings::default());
    let documented = documents(block).expect("valid").remove(0);
    let keys = documented.get("otlp").map(|otlp| otlp.entries().len());
    let Some((_, Kind::Section(section))) = ROOT.keys.iter().find(|(name, _)| *name == "otlp") else {
        panic!("no section")
    };
    assert_eq!(keys, Some(section.keys.len()));
}

/// Ours come first in the root section; what follows is Prometheus'.
#[test]
fn the_reference_shows_every_key_of_ours() {
    let root = documents(reference()).expect("valid").remove(0);
    let mut missing = Vec::new();
    for (name, kind) in ROOT.keys.iter().take_while(|(name, _)| *name != "global") {
        missing_keys(name, kind, root.entries().iter().find(|e| e.key == *name).map(|e| &e.node), &mut missing);
    }
    missing.retain(|path: &String| path != "storage.tsdb" && path != "storage.exemplars");
    assert!(missing.is_empty(), "{missing:?}");
}

fn missing_keys(path: &str, kind: &Kind, node: Option<&crate::yaml::Node>, missing: &mut Vec<String>) {
    let Some(node) = node else { return missing.push(path.to_owned()) };
    if let Kind::Section(Section { keys, .. }) = kind {
        for (name, kind) in *keys {
            let value = node.entries().iter().find(|e| e.key == *name).map(|e| &e.node);
            missing_keys(&format!("{path}.{name}"), kind, value, missing);
        }
    }
}

#[test]
fn logs_have_limits_and_retention_by_stream_and_tenant() {
    let text = "logs:
  retention: { time: 3d }
  retention_stream: [{ selector: '{app=\"a\"}', period: 1d }]
  limits: { max_line_size: 1KB, max_query_series: 7, ingestion_rate_mb: 0.5 }
  out_of_order: 1h
tenants:
  busy:
    logs: { retention: { size: 1GB }, limits: { max_line_size: 2KB, reject_old_samples: false, max_query_length: 0 } }
";
    let settings = settings(text, &ServeArgs::default());
    assert!(File::parse(text).expect("valid").inactive().is_empty());
    let (busy, other) = (aio_types::TenantId::new("busy").expect("valid"), aio_types::TenantId::default());
    let kept = settings.logs_per_tenant(Logs::kept);
    assert_eq!((kept.of(&busy).bytes, kept.of(&other).bytes), (1_000_000_000, 20_000_000_000));
    for tenant in [&busy, &other] {
        assert_eq!((kept.of(tenant).time.as_secs(), kept.of(tenant).streams.len()), (3 * 86_400, 1));
    }
    let writes = settings.logs_per_tenant(Logs::writes);
    assert_eq!((writes.of(&busy).line_bytes, writes.of(&other).line_bytes), (2048, 1024));
    assert_eq!((writes.of(&busy).age.as_secs(), writes.of(&other).age.as_secs()), (0, 7 * 86_400));
    assert_eq!((writes.of(&busy).rate_bytes, writes.of(&busy).behind.as_secs()), (1 << 19, 3600));
    let queries = settings.logs_per_tenant(Logs::engine);
    assert_eq!((queries.of(&busy).series_max, queries.of(&busy).range_ns_max), (7, 0));
    assert_eq!(queries.of(&other).range_ns_max, 721 * 3_600_000_000_000);
    check("logs: { retention_stream: [{ selector: '{', period: 1d }] }", &["`logs.retention_stream.0.selector`"]);
    check("logs: { retention_stream: [{ selector: '{a=\"b\"}' }] }", &["`logs.retention_stream.0.period`: is missing"]);
    check("logs: { limits: { max_line_size: big } }", &["`logs.limits.max_line_size`"]);
    check("tenants: { x: { logs: { trace_ids: show } } }", &["unknown key"]);
    let idle = File::parse("tenants: { x: { metrics: { retention: { time: 1d } } } }").expect("valid").inactive();
    assert_eq!(idle, ["tenants: metrics of single tenants"]);
}
