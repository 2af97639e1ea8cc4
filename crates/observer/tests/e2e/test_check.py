"""`observer-aio check`, beside Prometheus' and Alertmanager's own checkers on the same files."""
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import BINARY, ROOT

SHARED = pathlib.Path(os.environ.get("OBSERVER_SHARED", ROOT.parent / "shared"))

JOB = "scrape_configs:\n- job_name: a\n  "
RELABEL = JOB + "relabel_configs:\n  - "
RULE = "groups:\n- name: g\n  rules:\n  - "
ROUTE = "route: {receiver: a}\nreceivers: [{name: a}]\n"

# Checker, name, text, the line of the fault or None where the file is good. Both must agree on the verdict.
AGREED = [
    ("config", "empty_sections", "global:\nscrape_configs:\n", None),
    ("config", "job", JOB + "static_configs: [{targets: ['h:1']}]\n", None),
    ("config", "job_without_name", "scrape_configs:\n- scheme: http\n", 2),
    ("config", "job_twice", "scrape_configs:\n- job_name: a\n- job_name: a\n", 3),
    ("config", "unknown_top", "global: {}\nscrap_configs: []\n", 2),
    ("config", "unknown_in_job", JOB + "scrape_intervall: 1s\n", 3),
    ("config", "unknown_discovery", JOB + "foo_sd_configs: []\n", 3),
    ("config", "timeout_over_interval", JOB + "scrape_interval: 5s\n  scrape_timeout: 6s\n", 4),
    ("config", "global_timeout", "global:\n  scrape_interval: 5s\n  scrape_timeout: 10s\n", 3),
    ("config", "bad_duration", "global:\n  scrape_interval: 5 parsecs\n", 2),
    ("config", "year_duration", "global: {evaluation_interval: 1y}\n", None),
    ("config", "target_with_path", JOB + "static_configs:\n  - targets: ['http://h/p']\n", 4),
    ("config", "relabel_defaults", RELABEL + "target_label: x\n", None),
    ("config", "relabel_action", RELABEL + "action: nope\n", 4),
    ("config", "relabel_regex", RELABEL + "{target_label: x, regex: '('}\n", 4),
    ("config", "relabel_no_target", RELABEL + "source_labels: [a]\n", 4),
    ("config", "relabel_hashmod", RELABEL + "{action: hashmod, target_label: x}\n", 4),
    ("config", "relabel_labeldrop", RELABEL + "{action: labeldrop, regex: x}\n", None),
    ("config", "relabel_labeldrop_extra", RELABEL + "{action: labeldrop, source_labels: [x]}\n", 4),
    ("config", "two_auths", JOB + "basic_auth: {username: a}\n  authorization: {credentials: b}\n", 4),
    ("config", "two_passwords", JOB + "basic_auth: {username: a, password: b, password_file: /dev/null}\n", 3),
    ("config", "authorization_basic", JOB + "authorization: {type: Basic}\n", 3),
    ("config", "oauth2_no_url", JOB + "oauth2: {client_id: a}\n", 3),
    ("config", "dns_no_names", JOB + "dns_sd_configs: [{type: A, port: 1}]\n", 3),
    ("config", "dns_no_port", JOB + "dns_sd_configs: [{names: [a], type: A}]\n", 3),
    ("config", "file_sd_extension", JOB + "file_sd_configs: [{files: [x.txt]}]\n", 3),
    ("config", "target_null", JOB + "static_configs:\n  - targets: [null]\n", 4),
    ("config", "nested_repetition", RELABEL + "{target_label: x, regex: 'a**'}\n", 4),
    ("config", "remote_write_no_url", "remote_write:\n- name: a\n", 2),
    ("config", "remote_write_names", "remote_write:\n- {url: 'http://a', name: x}\n- {url: 'http://b', name: x}\n", 3),
    ("config", "remote_write", "remote_write: [{url: 'http://a', queue_config: {capacity: 5}}]\n", None),
    ("config", "remote_read", "remote_read: [{url: 'http://a', read_recent: true}]\n", None),
    ("config", "alertmanager_api", "alerting: {alertmanagers: [{api_version: v3}]}\n", 1),
    ("config", "rule_file_missing", "rule_files:\n- nowhere.yml\n", 2),
    ("config", "rule_glob_empty", "rule_files: ['nowhere*.yml']\n", None),
    ("config", "rule_glob_in_folder", "rule_files:\n- '*/x.yml'\n", 2),
    ("config", "external_labels", "global: {external_labels: {a: b}}\n", None),
    ("config", "exemplars", "storage: {tsdb: {out_of_order_time_window: 30m}, exemplars: {max_exemplars: 5}}\n", None),
    ("config", "no_yaml", "global: [\n", 2),
    ("config", "key_twice", "global: {}\nglobal: {}\n", 2),
    ("config", "list_for_map", "global: []\n", 1),
    ("rules", "recording", RULE + "record: a:b\n    expr: sum(up)\n    labels: {a: b}\n", None),
    ("rules", "alert", RULE + "alert: A\n    expr: up == 0\n    for: 5m\n    annotations: {s: '{{ $value }}'}\n", None),
    ("rules", "number", RULE + "alert: A\n    expr: 1\n", None),
    ("rules", "no_groups", "groups: []\n", None),
    ("rules", "group_twice", "groups:\n- name: a\n- name: a\n", 3),
    ("rules", "group_no_name", "groups:\n- rules: []\n", 2),
    ("rules", "both", RULE + "record: a\n    alert: b\n    expr: up\n", 5),
    ("rules", "neither", RULE + "expr: up\n", 4),
    ("rules", "no_expr", RULE + "record: a\n", 4),
    ("rules", "bad_expr", RULE + "record: a\n    expr: sum(up\n", 5),
    ("rules", "unknown_function", RULE + "record: a\n    expr: nope(up)\n", 5),
    ("rules", "wrong_type", RULE + "record: a\n    expr: rate(up)\n", 5),
    ("rules", "for_on_record", RULE + "record: a\n    expr: up\n    for: 5m\n", 6),
    ("rules", "annotations_on_record", RULE + "record: a\n    expr: up\n    annotations: {a: b}\n", 6),
    ("rules", "unknown_field", RULE + "record: a\n    expr: up\n    lables: {a: b}\n", 6),
    ("rules", "name_label", RULE + "record: a\n    expr: up\n    labels: {__name__: b}\n", 6),
    ("rules", "bad_for", RULE + "alert: A\n    expr: up\n    for: soon\n", 6),
    ("rules", "open_template", RULE + "alert: A\n    expr: up\n    annotations:\n      s: '{{ $value'\n", 7),
    ("rules", "braces_in_record", RULE + "record: 'a{b=\"c\"}'\n    expr: up\n", 4),
    ("am", "minimal", ROUTE, None),
    ("am", "no_route", "receivers: [{name: a}]\n", 1),
    ("am", "no_receiver", "route: {}\nreceivers: [{name: a}]\n", 1),
    ("am", "unknown_receiver", "route:\n  receiver: b\nreceivers: [{name: a}]\n", 2),
    ("am", "receiver_twice", "route: {receiver: a}\nreceivers:\n- name: a\n- name: a\n", 4),
    ("am", "root_matchers", "route:\n  receiver: a\n  matchers: [a=b]\nreceivers: [{name: a}]\n", 3),
    ("am", "bad_matcher", "route:\n  receiver: a\n  routes:\n  - matchers: [ab]\nreceivers: [{name: a}]\n", 4),
    ("am", "matcher_braces", "route: {receiver: a, routes: [{matchers: ['a=b}']}]}\nreceivers: [{name: a}]\n", None),
    ("am", "matchers", "route: {receiver: a, routes: [{matchers: ['a=~\"x|y\"', 'b!=c']}]}\nreceivers: [{name: a}]\n", None),
    ("am", "group_by_twice", "route:\n  receiver: a\n  group_by: [x, x]\nreceivers: [{name: a}]\n", 3),
    ("am", "group_by_all", "route: {receiver: a, group_by: ['...']}\nreceivers: [{name: a}]\n", None),
    ("am", "group_by_all_and_more", "route:\n  receiver: a\n  group_by: ['...', x]\nreceivers: [{name: a}]\n", 3),
    ("am", "zero_interval", "route:\n  receiver: a\n  group_interval: 0s\nreceivers: [{name: a}]\n", 3),
    ("am", "unknown_interval", "route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\nreceivers: [{name: a}]\n", 1),
    ("am", "interval", ROUTE + "time_intervals: [{name: x, time_intervals: [{weekdays: ['monday:friday']}]}]\n", None),
    ("am", "weekday", ROUTE + "time_intervals: [{name: x, time_intervals: [{weekdays: [moonday]}]}]\n", 3),
    ("am", "midnight", ROUTE + "time_intervals:\n- name: x\n  time_intervals:\n  - times:\n"
     "    - {start_time: '22:00', end_time: '06:00'}\n", 7),
    ("am", "interval_twice", ROUTE + "time_intervals:\n- name: x\n- name: x\n", 5),
    ("am", "inhibit", ROUTE + "inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d], equal: [e]}]\n", None),
    ("am", "inhibit_bad", ROUTE + "inhibit_rules: [{source_matchers: ['a=~\"(\"']}]\n", 3),
    ("am", "slack_no_url", "route: {receiver: a}\nreceivers:\n- name: a\n  slack_configs:\n  - channel: x\n", 5),
    ("am", "webhook_no_url", "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - {send_resolved: true}\n", 5),
    ("am", "email_no_host", "route: {receiver: a}\nreceivers:\n- name: a\n  email_configs:\n  - to: x\n", 5),
    ("am", "pagerduty_no_key", "route: {receiver: a}\nreceivers:\n- name: a\n  pagerduty_configs:\n  - {class: x}\n", 5),
    ("am", "webhook_url", "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - url: 'http://h}'\n", 5),
    ("am", "unknown_integration", "route: {receiver: a}\nreceivers:\n- name: a\n  carrier_pigeon_configs: []\n", 4),
    ("am", "unknown_global", "global:\n  smpt_from: x\n" + ROUTE, 2),
]

# What the versions installed here refuse and later ones take, have not learned yet, or were built without.
NEWER = [
    ("config", "kubernetes", JOB + "kubernetes_sd_configs: [{role: pod, namespaces: {names: [a]}}]\n", None),
    ("config", "kubernetes_role", JOB + "kubernetes_sd_configs: [{role: pods}]\n", 3),
    ("config", "utf8_label", JOB + "static_configs: [{targets: ['h:1'], labels: {service.name: x}}]\n", None),
    ("config", "otlp", "otlp: {promote_resource_attributes: [k8s.pod.name]}\n", None),
    ("config", "scrape_protocols", JOB + "scrape_protocols: [PrometheusText1.0.0]\n", None),
    ("config", "scrape_protocols_bad", JOB + "scrape_protocols: [Nope]\n", 3),
    ("rules", "query_offset", "groups: [{name: g, query_offset: 1m, labels: {a: b}}]\n", None),
    ("rules", "keep_firing_for_on_record", RULE + "record: a\n    expr: up\n    keep_firing_for: 5m\n", 6),
    ("am", "msteams", "route: {receiver: a}\nreceivers: [{name: a, msteamsv2_configs: [{webhook_url: 'http://h'}]}]\n", None),
    ("am", "incidentio", "route: {receiver: a}\nreceivers:\n- name: a\n  incidentio_configs:\n  - {max_alerts: 1}\n", 5),
]

PEERS = {"config": ["promtool", "check", "config"], "rules": ["promtool", "check", "rules"], "am": ["amtool", "check-config"]}


def check(*paths, **environment):
    return subprocess.run([BINARY, "check", *paths], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})


@pytest.mark.parametrize(("kind", "name", "text", "line"), AGREED + NEWER, ids=lambda v: v if isinstance(v, str) and "\n" not in v else "")
def test_the_verdict_and_the_line(tmp_path, kind, name, text, line):
    path = tmp_path / f"{name}.yml"
    path.write_text(text)
    done = check(path)
    if line is None:
        assert (done.returncode, done.stdout) == (0, f"{path}: ok\n"), done.stdout
    else:
        assert done.returncode == 1
        assert done.stdout.startswith(f"{path}:{line}: "), done.stdout


@pytest.mark.parametrize(("kind", "name", "text", "line"), AGREED, ids=lambda v: v if isinstance(v, str) and "\n" not in v else "")
def test_upstreams_checker_has_the_same_verdict(tmp_path, kind, name, text, line):
    if not shutil.which(PEERS[kind][0]):
        pytest.skip(f"{PEERS[kind][0]} is not installed")
    path = tmp_path / f"{name}.yml"
    path.write_text(text)
    done = subprocess.run([*PEERS[kind], path], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (done.returncode == 0) == (line is None), done.stdout + done.stderr


def test_all_faults_of_all_files_are_listed(tmp_path):
    (tmp_path / "good.yml").write_text("server: {listen: '127.0.0.1:0'}\n")
    (tmp_path / "bad.yml").write_text("server:\n  lisen: x\n  loki: y\nglobal:\n  scrape_interval: z\n")
    done = check(tmp_path / "good.yml", tmp_path / "bad.yml", tmp_path / "none.yml")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and len(lines) == 5
    assert lines[0] == f"{tmp_path}/good.yml: ok"
    assert [line.removeprefix(f"{tmp_path}/bad.yml:").split(":")[0] for line in lines[1:4]] == ["2", "3", "5"]
    assert lines[4].startswith(f"{tmp_path}/none.yml:1: ")


def test_the_files_that_a_configuration_names_are_checked_too(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yml").write_text(RULE + "record: a\n    expr: up\n")
    (tmp_path / "rules" / "b.yml").write_text(RULE + "record: a\n    expr: up{\n")
    (tmp_path / "am.yml").write_text(ROUTE)
    (tmp_path / "jobs.yml").write_text("scrape_configs: [{job_name: a}]\n")
    (tmp_path / "c.yml").write_text("rule_files: ['rules/*.yml']\nalertmanager: {config_file: am.yml}\n"
                                    "scrape_config_files: [jobs.yml, none.yml]\n")
    done = check(tmp_path / "c.yml")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[:2] == [f"{tmp_path}/c.yml: ok", f"{tmp_path}/rules/a.yml: ok"]
    assert lines[2].startswith(f"{tmp_path}/rules/b.yml:5: ")
    assert lines[3:] == [f"{tmp_path}/am.yml: ok", f"{tmp_path}/jobs.yml: ok"]


def test_a_missing_variable_is_a_fault_and_a_set_one_is_not(tmp_path):
    path = tmp_path / "am.yml"
    path.write_text("route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - url: http://h/${AIO_TEST_TOKEN}\n")
    assert check(path).stdout.startswith(f"{path}:5: `receivers.0.webhook_configs.0.url`: the environment variable")
    assert check(path, AIO_TEST_TOKEN="x").returncode == 0


def test_debians_files_pass():
    paths = [path for path in map(pathlib.Path, [
        "/etc/prometheus/prometheus.yml", "/etc/prometheus/alertmanager.yml",
        "/usr/share/doc/prometheus/examples/prometheus.yml",
        "/usr/share/doc/prometheus-alertmanager/examples/simple.yml",
        "/usr/share/doc/prometheus-alertmanager/examples/ha/alertmanager.yml",
        "/usr/share/doc/prometheus-node-exporter/examples/example-rules.yml",
        "/usr/share/doc/prometheus-node-exporter/example-17-compatibility-rules.yml",
    ]) if path.exists()]
    if not paths:
        pytest.skip("Debian's prometheus is not installed")
    done = check(*paths)
    assert done.returncode == 0, done.stdout


def test_rules_of_kube_prometheus_pass():
    folder = SHARED / "realworld" / "rules" / "kube-prometheus"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    done = check(*sorted(folder.iterdir()))
    assert done.returncode == 0, done.stdout
    assert f"{folder}/prometheus-prometheusRule.yaml: ok" in done.stdout
    assert f"{folder}/prometheus-serviceMonitor.yaml: skipped, the kind ServiceMonitor holds no rules" in done.stdout
