"""Ports, paths and probes of the real binary."""
import http.client
import json
import re
import signal
import socket
import subprocess
import time
import urllib.parse

import grpc
import pytest
from conftest import BINARY, Server

COMPATIBLE = "server: {prometheus: 127.0.0.1:0, loki: 127.0.0.1:0, tempo: 127.0.0.1:0, alertmanager: 127.0.0.1:0%s}\n"


def addresses(server):
    """Where each listener is, by the lines printed at start."""
    found = {"main": server.url.removeprefix("http://")}
    while not (line := server.process.stdout.readline()).startswith("UI:"):
        name, address = re.match(r"(\w+) on http://(\S+)", line).groups()
        found[name] = address
    return found


def ask(address, path, method="GET", body=None):
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text, answer.headers


@pytest.fixture
def listeners(tmp_path):
    (tmp_path / "c.yml").write_text(COMPATIBLE % "")
    server = Server(tmp_path / "data", "--config", tmp_path / "c.yml",
                    "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0")
    yield addresses(server)
    server.stop()


def test_every_listener_answers_probes_metrics_and_reload(listeners):
    assert set(listeners) == {"main", "otlp_grpc", "otlp_http", "prometheus", "loki", "tempo", "alertmanager"}
    for name, address in listeners.items():
        for path in ("/ready", "/-/ready", "/-/healthy", "/metrics"):
            for method in ("GET", "HEAD"):
                status, text, _ = ask(address, path, method)
                assert status == 200 and bool(text) == (method == "GET"), (name, method, path)
        assert ask(address, "/-/reload")[0] == 405, name
        for method in ("POST", "PUT"):
            status, text, _ = ask(address, "/-/reload", method)
            assert (status, text) == (200, b"reloaded: nothing changed\n"), name
        assert ask(address, "/-/quit", "POST")[0] == 403
        status, text, headers = ask(address, "/nope")
        assert status == 404 and b"<" not in text and "html" not in headers["Content-Type"], name


def test_each_compatibility_listener_is_the_root_of_one_original(listeners):
    for name, path, status in [
        ("prometheus", "/api/v1/query?query=1", 200),
        ("prometheus", "/loki/api/v1/labels", 404),
        ("loki", "/loki/api/v1/labels", 200),
        ("loki", "/api/v1/query?query=1", 404),
        ("loki", "/prometheus/api/v1/rules", 200),
        ("tempo", "/api/search/tags", 200),
        ("tempo", "/api/v1/query?query=1", 404),
        ("alertmanager", "/api/v2/status", 501),
        ("alertmanager", "/alertmanager/api/v2/status", 404),
        ("alertmanager", "/api/v1/status/buildinfo", 404),
    ]:
        got, text, headers = ask(listeners[name], path)
        assert got == status, (name, path, text)
        assert "html" not in headers["Content-Type"]


def test_prefixes_and_the_root_of_the_main_port(listeners):
    for path, status in [
        ("/prometheus/api/v1/query?query=1", 200),
        ("/api/v1/query?query=1", 200),
        ("//prometheus///api/v1//query?query=1", 200),
        ("/loki/loki/api/v1/labels", 200),
        ("/loki/prometheus/api/v1/rules", 200),
        ("/prometheus/api/v1/rules", 200),
        ("/loki/api/v1/labels", 200),
        ("/tempo/api/search/tags", 200),
        ("/api/search/tags", 200),
        ("/tempo/api/echo", 200),
        ("/prometheus/-/ready", 200),
        ("/alertmanager/-/healthy", 200),
        ("/alertmanager/api/v2/alerts", 501),
        ("/alertmanager/alertmanager/api/v2/status", 404),
        ("/alertmanager/api/v1/status/buildinfo", 404),
        ("/api/v2/status", 404),
        ("/prometheus/nope", 404),
        ("/loki/api/v1/nope", 404),
        ("/tempo/api/nope", 404),
        ("/rules", 404),
        ("/config", 404),
    ]:
        got, text, headers = ask(listeners["main"], path)
        assert got == status, (path, text)
        assert "html" not in headers["Content-Type"], path


def follow(address, path):
    """Where a browser is sent to, as it resolves it."""
    status, _, headers = ask(address, path)
    assert status in (302, 307), (path, status)
    return urllib.parse.urljoin(f"http://{address}{path}", headers["Location"])


def test_old_links_lead_to_the_web_app(listeners):
    main = listeners["main"]
    page = f"http://{main}/ui/"
    for path, expected in [
        ("/", page),
        ("/ui", page),
        ("/prometheus/", page + "?signal=metrics"),
        ("/prometheus", page + "?signal=metrics"),
        ("/prometheus/graph?g0.expr=up%20%3D%3D%200&g0.tab=1", page + "?signal=metrics&query=up+%3D%3D+0"),
        ("/prometheus/alerts", page + "?signal=metrics"),
        ("/loki/", page + "?signal=logs"),
        ("/tempo/", page + "?signal=traces"),
        ("/alertmanager/", page),
    ]:
        assert follow(main, path) == expected
    assert ask(main, "/ui/")[0] == 200
    assert follow(listeners["prometheus"], "/graph?g0.expr=up") == f"{page}?signal=metrics&query=up"
    assert follow(listeners["alertmanager"], "/") == page


def test_grpc_is_on_the_main_port_on_tempos_and_on_otlps(listeners):
    for name in ("main", "tempo", "otlp_grpc"):
        with grpc.insecure_channel(listeners[name]) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert check(b"", timeout=30) == b"\x08\x01", name
            export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            assert export(b"", timeout=30) == b"", name
    with grpc.insecure_channel(listeners["prometheus"]) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=30)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_everything_is_served_below_the_external_path_and_at_the_root(tmp_path):
    (tmp_path / "c.yml").write_text(COMPATIBLE % ", external_url: https://host.example/observer")
    server = Server(tmp_path / "data", "--config", tmp_path / "c.yml")
    at = addresses(server)
    main = at["main"]
    for path in ("/api/v1/query?query=1", "/prometheus/api/v1/query?query=1", "/loki/api/v1/labels", "/ui/", "/ready"):
        assert ask(main, path)[0] == 200, path
        assert ask(main, "/observer" + path)[0] == 200, path
    assert ask(at["loki"], "/observer/loki/api/v1/labels")[0] == 200
    for path in ("/observer", "/observer/", "/observer/ui"):
        assert follow(main, path) == f"http://{main}/observer/ui/"
    assert follow(main, "/") == f"http://{main}/ui/"
    assert follow(main, "/observer/prometheus/graph?g0.expr=up") == f"http://{main}/observer/ui/?signal=metrics&query=up"
    assert follow(at["prometheus"], "/graph") == "https://host.example/observer/ui/?signal=metrics"
    page = ask(main, "/observer/ui/")[1].decode()
    for file in re.findall(r'(?:src|href)="(\./[^"]+)"', page):  # none where the build has no web app
        assert ask(main, urllib.parse.urljoin("/observer/ui/", file))[0] == 200, file
    assert ask(main, "/observers/ready")[0] == 404
    assert ask(main, "/observer/prometheus/nope")[0] == 404
    server.stop()


def start(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60)


def test_an_address_in_use_is_an_error_that_names_it(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = start("--dev", "--data-dir", tmp_path / "data", "--listen", address)
    assert done.returncode == 1 and address in done.stderr and "server.listen" in done.stderr
    assert done.stdout == ""


def test_a_second_process_on_the_same_data_is_refused(server):
    done = start("--dev", "--data-dir", server.data_dir, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "in use by another process" in done.stderr
    assert server.request("/ready")[0] == 200


def test_a_request_under_way_is_finished_on_sigterm(server):
    now = int(time.time() * 1000)
    point = {"timeUnixNano": str(now * 1_000_000), "asDouble": 1, "attributes": []}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "late", "gauge": {"dataPoints": [point]}}]}]}]}).encode()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/v1/metrics")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:10])
    assert server.request("/ready")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    connection.send(body[10:])
    assert connection.getresponse().status == 200
    assert server.process.wait(timeout=30) == 0
    server.start()
    assert server.query("late", time=now / 1000 + 1)[0]["value"][1] == "1"


def test_an_idle_connection_does_not_hold_up_the_end(server):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/ready")
    connection.getresponse().read()
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10


def test_queries_of_a_hundred_kilobytes_are_answered(server):
    """Grafana asks Loki and Tempo by GET only."""
    words = "|".join(f"w{n:05}" for n in range(14_000))
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    for path, params, expected in [
        ("/loki/loki/api/v1/labels", {"query": f'{{a=~"{words}"}}'}, 200),
        ("/loki/api/v1/query_range", {"query": f'{{a=~"{words}"}}', "limit": "7000"}, 400),
        ("/tempo/api/search", {"q": f'{{ .a =~ "{words}" }}'}, 200),
        ("/prometheus/api/v1/series", {"match[]": f'm{{a=~"{words}"}}'}, 200),
        ("/api/v1/query", {"query": "1", "unknown": "x" * 1_000_000}, 200),
    ]:
        for _ in range(2):
            connection.request("GET", f"{path}?{urllib.parse.urlencode(params)}")
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == expected, (path, text[:200])
    assert b"max entries limit" in ask(server.url.removeprefix("http://"), "/loki/api/v1/query_range?" + urllib.parse.urlencode(
        {"query": f'{{a=~"{words}"}}', "limit": "7000"}))[1], "what stands behind the long value is read too"
