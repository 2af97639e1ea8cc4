"""Configuration of the real binary: what is refused, what is said, what a reload does."""
import os
import signal
import socket
import subprocess
import time

import pytest
from conftest import BINARY, ROOT, Server

FULL = ROOT / "crates" / "observer" / "tests" / "fixtures" / "full.yml"


def refused(tmp_path, text, **environment):
    path = tmp_path / "c.yml"
    path.write_text(text)
    done = subprocess.run([BINARY, "--dev", "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0",
                           "--otlp-grpc-listen", "off", "--otlp-http-listen", "off", "--config", path],
                          capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
    assert done.returncode == 1, done.stderr
    return done.stderr


class Configured(Server):
    """A server whose log is kept in a file."""

    def __init__(self, tmp_path, text, *arguments):
        self.path = tmp_path / "c.yml"
        self.path.write_text(text)
        self.log_path = tmp_path / "log"
        super().__init__(tmp_path / "data", "--config", self.path, *arguments)

    def start(self):
        saved = os.dup(2)
        with self.log_path.open("w") as log:
            os.dup2(log.fileno(), 2)
            try:
                super().start()
            finally:
                os.dup2(saved, 2)
                os.close(saved)

    def log(self):
        return self.log_path.read_text()

    def reload(self, text):
        self.path.write_text(text)
        status, answer = self.request("/-/reload", b"")
        return status, answer.decode()


def test_a_fault_is_named_with_file_and_line_and_nothing_starts(tmp_path):
    for text, expected in [
        ("server:\n  lisen: x\n", "c.yml:2: `server.lisen`: unknown key"),
        ("scrape_configs:\n- job_name: a\n- job_name: a\n", "c.yml:3: `scrape_configs`: found multiple scrape configs"),
        ("a: [\n", "c.yml:2: "),
        ("metrics:\n  retention:\n    time: soon\n", "c.yml:3: `metrics.retention.time`: \"soon\" is not a duration"),
    ]:
        assert expected in refused(tmp_path, text)
        assert not (tmp_path / "data").exists()


def test_a_full_prometheus_yml_starts_and_what_is_idle_is_named(tmp_path):
    server = Configured(tmp_path, FULL.read_text())
    for section in ("global", "scrape_configs", "rule_files", "alerting", "remote_write", "storage.tsdb"):
        assert f'section="{section}"' in server.log() and "not active in this version" in server.log()
    server.stop()


def test_debians_prometheus_yml_starts(tmp_path):
    path = "/etc/prometheus/prometheus.yml"
    if not os.path.exists(path):
        pytest.skip(f"{path} is not installed")
    server = Configured(tmp_path, open(path).read())
    assert 'section="scrape_configs"' in server.log()
    server.stop()


def test_secrets_come_from_the_environment_or_the_start_fails(tmp_path):
    text = "remote_write:\n- url: http://h\n  basic_auth:\n    username: u\n    password: ${AIO_TEST_SECRET}\n"
    assert "c.yml:5: `remote_write.0.basic_auth.password`: the environment variable \"AIO_TEST_SECRET\" is not set" \
        in refused(tmp_path, text)
    os.environ["AIO_TEST_SECRET"] = "x"
    try:
        server = Configured(tmp_path, text)
        server.stop()
    finally:
        del os.environ["AIO_TEST_SECRET"]


def test_flags_win_over_the_file(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Configured(tmp_path, "server: {listen: '127.0.0.1:%d'}\n" % taken.getsockname()[1])
        assert server.request("/ready")[0] == 200
        server.stop()


def test_a_reload_changes_what_can_change_and_names_what_cannot(tmp_path):
    server = Configured(tmp_path, "metrics: {promql: {max_samples: 100000}}\n")
    assert server.reload("metrics: {promql: {max_samples: 100000}}\n") == (200, "reloaded: nothing changed\n")
    assert server.api("query", query="vector(1)")[0] == 200
    status, answer = server.reload("metrics: {promql: {max_samples: 1000}}\nlogs: {retention: {time: 1d}}\n"
                                   "limits: {body_size: 1KB}\nstorage: {fsync: 2s}\n")
    assert status == 200
    assert answer == ("reloaded: metrics.promql, logs.retention, limits.body_size changed; "
                      "a restart is needed for storage.fsync\n")
    assert server.request("/api/v1/write", b"x" * 2000, {"Content-Type": "application/x-protobuf"})[0] == 413
    assert "needs a restart" in server.log()
    server.stop()


def test_a_bad_file_changes_nothing(tmp_path):
    server = Configured(tmp_path, "limits: {body_size: 1KB}\n")
    status, answer = server.reload("limits:\n  body_size: 1MB\n  nope: 1\n")
    assert status == 500 and "c.yml:3: `limits.nope`: unknown key" in answer
    assert server.request("/api/v1/write", b"x" * 2000, {"Content-Type": "application/x-protobuf"})[0] == 413
    server.path.unlink()
    assert server.request("/-/reload", b"")[0] == 500
    server.stop()


def test_sighup_reloads_too(tmp_path):
    server = Configured(tmp_path, "")
    for text, expected in [("limits: {body_size: 1KB}\n", "configuration reloaded"),
                           ("nope: 1\n", "configuration not reloaded")]:
        server.path.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while expected not in server.log():
            assert time.monotonic() < deadline, server.log()
            server.request("/ready")
    assert server.request("/api/v1/write", b"x" * 2000, {"Content-Type": "application/x-protobuf"})[0] == 413
    server.stop()


AUTH = "auth: {tokens: [{token: t}]}\n"


def test_who_asks_for_a_login_does_not_run_open(tmp_path):
    (tmp_path / "c.yml").write_text(AUTH)
    done = subprocess.run([BINARY, "--data-dir", tmp_path / "data", "--listen", "0.0.0.0:0", "--config", tmp_path / "c.yml"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "`auth` is set, but this version has no login" in done.stderr
    assert not (tmp_path / "data").exists()


def test_on_loopback_a_login_is_said_to_be_missing(tmp_path):
    server = Configured(tmp_path, AUTH)
    assert server.request("/ready")[0] == 200
    server.stop()
    assert "ERROR" in server.log() and "`auth` is set, but NOT ACTIVE" in server.log()
