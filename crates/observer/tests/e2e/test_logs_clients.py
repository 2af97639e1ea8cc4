"""Clients of the log API as they are, and how many streams and tenants one server carries."""
import json
import logging
import pathlib
import queue
import shutil
import signal
import subprocess
import threading
import urllib.parse

import logging_loki
import pytest

import wire
from conftest import Server
from test_logs import now_ns, push

STREAMS = 60_000  # more than are held in memory before they are written to files
PUSHED_AT_ONCE = 10_000
MEMORY_MAX_KB = 600 * 1024
TENANTS = [f"team-{n}" for n in range(296)] + ["t_e.a!m*'s", "(team)", "TEAM-1", "team-1."]
PAGED = [f"level=info n={n}" for n in range(1100)]


def ask(server, path, headers=None, **params):
    status, body = server.request(f"/loki/api/v1/{path}?" + urllib.parse.urlencode(params), headers=headers)
    assert status == 200, (path, params, body)
    return json.loads(body)


def lines(streams):
    return [line for stream in streams for _, line in stream["values"]]


@pytest.mark.parametrize("kind, version, path", [
    (logging_loki.LokiHandler, "1", "/loki/api/v1/push"),
    (logging_loki.LokiHandler, "0", "/api/prom/push"),
    (logging_loki.LokiQueueHandler, "1", "/loki/loki/api/v1/push"),
    (logging_loki.LokiQueueHandler, "0", "/loki/api/prom/push"),
])
def test_python_logging_loki(server, kind, version, path):
    first = [queue.Queue()] if kind is logging_loki.LokiQueueHandler else []
    handler = kind(*first, url=server.url + path, tags={"app": "kö\"nig"}, version=version)
    logger = logging.Logger("shop.cart")
    logger.addHandler(handler)
    logger.info("grüße, 世界 🦀 %s", "\\n \"quoted\"")
    logger.warning("one\n\ttwo\r\nthree\n", extra={"tags": {"request.id-1": "r {1}, x=\"2\"", "ünit": "ü"}})
    try:
        raise ValueError("no such cart")
    except ValueError:
        logger.exception("failed")
    if first:
        handler.listener.stop()
    streams = server.logs('{app="kö\\"nig", logger="shop.cart"} | drop detected_level')
    by_severity = {s["stream"].pop("severity"): (s["stream"], lines([s])) for s in streams}
    common = {"app": "kö\"nig", "logger": "shop.cart", "service_name": "kö\"nig"}
    labels, (text,) = by_severity.pop("error")
    assert labels == common and text.startswith("failed\nTraceback (most recent call last):\n  File ")
    assert text.endswith("\nValueError: no such cart")
    assert by_severity == {
        "info": (common, ["grüße, 世界 🦀 \\n \"quoted\""]),
        "warning": ({**common, "request_id_1": "r {1}, x=\"2\"", "nit": "ü"}, ["one\n\ttwo\r\nthree\n"])}


def test_many_streams_of_one_tenant(tmp_path):
    (tmp_path / "c.yml").write_text(f"logs: {{ limits: {{ max_global_streams_per_user: {STREAMS} }} }}")
    server = Server(tmp_path / "data", "--config", tmp_path / "c.yml")
    t = now_ns() - 600 * 10**9

    def send(numbers, line):
        streams = [(f'{{job="many", pod="pod-{n}", shard="{n % 10}"}}', [(t + n, f"{line} of {n}", [("n", str(n))])])
                   for n in numbers]
        return server.request("/loki/api/v1/push", wire.loki_push(streams), wire.PROTOBUF)

    try:
        for start in range(0, STREAMS, PUSHED_AT_ONCE):
            assert send(range(start, start + PUSHED_AT_ONCE), "line")[0] == 204
        status, text = send([STREAMS, 777], "more")
        assert status == 429 and b"maximum active stream limit exceeded" in text.lower(), text
        for again in (True, False):
            stats = ask(server, "index/stats", query='{job="many"}')
            assert (stats["streams"], stats["entries"]) == (STREAMS, STREAMS + 1)
            series = ask(server, "series", match='{job="many"}')["data"]
            assert len(series) == STREAMS and {s["pod"] for s in series} == {f"pod-{n}" for n in range(STREAMS)}
            found, = server.logs('{pod="pod-777"} | drop detected_level')
            assert found["stream"] == {"job": "many", "pod": "pod-777", "shard": "7", "n": "777", "service_name": "many"}
            assert sorted(found["values"]) == [[str(t + 777), "line of 777"], [str(t + 777), "more of 777"]]
            status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
            assert int(status.split("VmRSS:")[1].split()[0]) < MEMORY_MAX_KB
            server.stop()
            if again:
                server.start()
    finally:
        server.kill()


def test_tenants_see_their_own_lines_alone(server):
    """All with the same labels and times."""
    t = now_ns()
    for tenant in TENANTS:
        values = [[str(t + i), f"{tenant} line {i}"] for i in range(3)]
        assert push(server, {"app": "a"}, values, {"X-Scope-OrgID": tenant})[0] == 204
    for again in (True, False):
        for tenant in TENANTS:
            headers = {"X-Scope-OrgID": tenant}
            assert lines(ask(server, "query_range", headers, query='{app="a"}')["data"]["result"]) == [
                f"{tenant} line {i}" for i in (2, 1, 0)]
            assert ask(server, "label/app/values", headers)["data"] == ["a"]
            assert ask(server, "index/stats", headers, query='{app="a"}')["entries"] == 3
        assert server.logs('{app="a"}') == []
        if again:
            server.kill()
            server.start()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    if not shutil.which("logcli"):
        pytest.skip("needs logcli")
    server = Server(tmp_path_factory.mktemp("shop") / "data")
    t = now_ns() - 60 * 10**9
    few = [[str(t), "x=1"], [str(t + 1), '{"took":"3ms"}', {"user": "u"}], [str(t + 2), "zwei\nZeilen ü"]]
    push(server, {"app": "few"}, few)
    for worker in range(2):
        push(server, {"app": "paged", "worker": str(worker)},
             [[str(t + n * 10**6), line] for n, line in enumerate(PAGED) if n % 2 == worker])
    push(server, {"app": "elsewhere"}, [[str(t), "x"]], {"X-Scope-OrgID": "other"})
    yield server
    server.stop()


def logcli(server, *arguments, **options):
    return subprocess.run(["logcli", "--quiet", "--addr", server.url, *arguments], capture_output=True, text=True,
                          timeout=60, **options)


@pytest.mark.parametrize("arguments, text", [
    (["query", "-o", "raw", '{app="few"}'], 'zwei\nZeilen ü\n{"took":"3ms"}\nx=1'),
    (["query", "-o", "raw", "--forward", "--limit=2", '{app="few"}'], 'x=1\n{"took":"3ms"}'),
    (["--compress", "query", "-o", "raw", '{app="few"} | logfmt | x=1'], "x=1"),
    (["query", "-o", "raw", "--batch=100", "--limit=1000", '{app="paged"}'], "\n".join(PAGED[:99:-1])),
    (["query", "-o", "raw", "--batch=100", "--limit=1000", "--forward", '{app="paged"}'], "\n".join(PAGED[:1000])),
    (["query", "-o", "raw", "--batch=100", "--limit=0", '{app="paged"}'], "\n".join(PAGED[::-1])),
    (["labels"], "app\nservice_name\nworker"),
    (["labels", "app"], "few\npaged"),
    (["--org-id=other", "labels", "app"], "elsewhere"),
    (["series", '{app="paged", worker="1"}'], '{app="paged", service_name="paged", worker="1"}'),
    (["stats", '{app="paged"}'], "{\n  bytes: 37kB\n  chunks: 2\n  streams: 2\n  entries: 1100\n}"),
    (["detected-fields", '{app="few"} |= "took" | drop detected_level'],
     "label: took\t\ttype: duration\t\tcardinality: 1\nlabel: user\t\ttype: string\t\tcardinality: 1"),
    (["detected-fields", '{app="paged"}', "level"], "info"),
    (["fmt"], 'sum by (app)(rate({app="a"} |= "x"[5m]))'),
])
def test_logcli_prints(shop, arguments, text):
    done = logcli(shop, *arguments, input='sum(rate({app="a"}|="x"[5m]))by(app)')
    assert (done.returncode, done.stdout.rstrip("\n")) == (0, text), done.stderr


@pytest.mark.parametrize("arguments, found", [
    (["query", "--step=10s", 'sum by (app) (count_over_time({app=~".+"}[1h]))'], {"few": "3", "paged": "1100"}),
    (["instant-query", 'sum by (app) (count_over_time({app=~".+"}[1h]))'], {"few": "3", "paged": "1100"}),
    (["volume", '{app=~".+"}'], {"few": "99", "paged": "37390"}),
    (["volume_range", "--step=1h", '{app=~".+"}'], {"few": "99", "paged": "37390"}),
])
def test_logcli_prints_numbers(shop, arguments, found):
    done = logcli(shop, *arguments)
    assert done.returncode == 0, done.stderr
    assert {row["metric"]["app"]: (row.get("values") or [row["value"]])[-1][1] for row in json.loads(done.stdout)} == found


def test_logcli_prints_json_summaries_and_refusals(shop):
    done = logcli(shop, "--timezone=UTC", "query", "-o", "jsonl", "--forward", '{app="few"}')
    assert [(row["line"], row["labels"]) for row in map(json.loads, done.stdout.splitlines())] == [
        ("x=1", {}), ('{"took":"3ms"}', {"user": "u"}), ("zwei\nZeilen ü", {})]
    text = logcli(shop, "series", "--analyze-labels", "{}").stdout
    assert text.startswith("Total Streams:  3\nUnique Labels:  3\n") and "worker        2              2\n" in text
    done = logcli(shop, "query", "{app=")
    assert done.returncode == 1 and "parse error at line 1, col 6" in done.stderr


def test_logcli_follows(shop):
    process = subprocess.Popen(["logcli", "--quiet", "--addr", shop.url, "query", "-o", "raw", "--tail", '{app="new"} |= "line"'],
                               stdout=subprocess.PIPE, text=True)
    bound = threading.Timer(60, process.kill)
    bound.start()
    try:
        t, want, got = now_ns(), [f"line {n}" for n in range(200)], []
        for n, line in enumerate(want):
            push(shop, {"app": "new", "odd": str(n % 2)}, [[str(t + n), line], [str(t + n), "left out"]])
            if n % 50 == 0:  # now and then all of it was seen
                got += [process.stdout.readline().rstrip("\n") for _ in range(n + 1 - len(got))]
        got += [process.stdout.readline().rstrip("\n") for _ in range(len(want) - len(got))]
        assert sorted(got) == sorted(want)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        bound.cancel()
