"""Whatever is sent: the answer its protocol asks for, a text that says what was wrong, bounded memory, and the next
good request works."""
import gzip
import http.client
import json
import pathlib
import re
import socket
import time
import urllib.parse

import bombs
import grpc
import pytest
import wire
from conftest import Server
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

MIB = 1 << 20
RSS_GROWTH_MAX = 200 * MIB
BODY_BYTES_MAX = 32 * MIB


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One process takes it all."""
    running = Server(tmp_path_factory.mktemp("hostile") / "data")
    yield running
    running.stop()


def memory(server, field):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.M).group(1)) * 1024


@pytest.fixture(autouse=True)
def unharmed(shared):
    """After each test the process lives, has not grown beyond bounds on the way, and takes good writes of every kind."""
    pathlib.Path(f"/proc/{shared.process.pid}/clear_refs").write_text("5")  # the peak is counted from now
    before = memory(shared, "VmRSS")
    yield
    assert shared.process.poll() is None, "the process is gone"
    grown = memory(shared, "VmHWM") - before
    assert grown < RSS_GROWTH_MAX, f"memory grew by {grown >> 20} MiB"
    for route in ROUTES:
        status, text = post(shared, route, route.good())
        assert status in (200, 204), (route.name, status, text)


def now_ns():
    return time.time_ns()


def otlp_metrics(name="good", t_ns=None, value=1.0, attributes=()):
    point = {"timeUnixNano": str(t_ns if t_ns is not None else now_ns()), "asDouble": value,
             "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes]}
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": name, "gauge": {"dataPoints": [point]}}]}]}]}


def otlp_logs(line="good", t_ns=None, attributes=()):
    record = {"timeUnixNano": str(t_ns if t_ns is not None else now_ns()), "body": {"stringValue": line},
              "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes]}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def otlp_traces(t_ns=None, trace_id="11" * 16, span_id="22" * 8):
    start = t_ns if t_ns is not None else now_ns()
    span = {"traceId": trace_id, "spanId": span_id, "name": "good", "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 1)}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def as_protobuf(message, kind):
    if kind is trace_service_pb2.ExportTraceServiceRequest:
        message = json.loads(json.dumps(message).replace("11" * 16, "ERERERERERERERERERERER==")
                             .replace("22" * 8, "IiIiIiIiIiI="))
    return json_format.ParseDict(message, kind())


class Route:
    def __init__(self, name, path, headers, good, too_large=413, unknown_type=415):
        self.name, self.path, self.headers, self.good = name, path, headers, good
        self.too_large, self.unknown_type = too_large, unknown_type

    def __repr__(self):
        return self.name


METRICS, LOGS, TRACES = (metrics_service_pb2.ExportMetricsServiceRequest, logs_service_pb2.ExportLogsServiceRequest,
                         trace_service_pb2.ExportTraceServiceRequest)
OTLP = [
    Route("otlp metrics json", "/v1/metrics", wire.JSON, lambda: json.dumps(otlp_metrics()).encode()),
    Route("otlp metrics pb", "/v1/metrics", wire.PROTOBUF, lambda: as_protobuf(otlp_metrics(), METRICS).SerializeToString()),
    Route("otlp logs json", "/v1/logs", wire.JSON, lambda: json.dumps(otlp_logs()).encode()),
    Route("otlp logs pb", "/v1/logs", wire.PROTOBUF, lambda: as_protobuf(otlp_logs(), LOGS).SerializeToString()),
    Route("otlp traces json", "/v1/traces", wire.JSON, lambda: json.dumps(otlp_traces()).encode()),
    Route("otlp traces pb", "/v1/traces", wire.PROTOBUF, lambda: as_protobuf(otlp_traces(), TRACES).SerializeToString()),
]
REMOTE_WRITE = Route("remote write", "/api/v1/write", wire.REMOTE_WRITE,
                     lambda: wire.remote_write([([("__name__", "good_rw")], [(1.0, now_ns() // 10**6)])]))
LOKI_JSON = Route("loki json", "/loki/api/v1/push", wire.JSON,
                  lambda: json.dumps({"streams": [{"stream": {"app": "good"}, "values": [[str(now_ns()), "x"]]}]}).encode())
LOKI_PROTOBUF = Route("loki pb", "/loki/api/v1/push", wire.PROTOBUF,
                      lambda: wire.loki_push([('{app="good"}', [(now_ns(), "x", [])])]))
ROUTES = [*OTLP, REMOTE_WRITE, LOKI_JSON, LOKI_PROTOBUF]
JSON_ROUTES = [r for r in ROUTES if r.headers is wire.JSON]
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)


def post(server, route, body, **headers):
    """Headers given as None are left out."""
    merged = {**route.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.request(route.path, body, {name: value for name, value in merged.items() if value is not None})


def refused(answer, status, *words):
    assert answer[0] == status, answer
    text = answer[1].decode(errors="replace")
    assert all(word in text for word in words), (words, text[:500])
    assert len(text) < 64 << 10, "the error repeats what was sent"


# === Bodies ===


@every_route
def test_a_body_cut_short_is_malformed(shared, route):
    for cut in (1, 5):
        refused(post(shared, route, route.good()[:-cut]), 400)


@every_route
def test_garbage_is_malformed(shared, route):
    for garbage in (b"\xff" * 100, b"\x00" * 100, b"{" * 100, b"\x0a\xff\xff\xff\xff\x0f", b"null", b"[]", b'"x"'):
        status, text = post(shared, route, garbage)
        # Nothing at all is a push without streams.
        nothing = garbage == b"null" and route is LOKI_JSON
        assert status == (422 if nothing else 400), (garbage, status, text)


@every_route
def test_a_body_over_the_limit_is_too_large(shared, route):
    refused(post(shared, route, bytes(BODY_BYTES_MAX + 1)), route.too_large, str(BODY_BYTES_MAX))


@pytest.mark.parametrize("route", [*OTLP, LOKI_JSON], ids=str)
def test_gzip_bombs_stop_at_the_limit(shared, route):
    refused(post(shared, route, bombs.gzip_bomb(), Content_Encoding="gzip"), route.too_large)
    refused(post(shared, route, gzip.compress(route.good())[:-9], Content_Encoding="gzip"), 400, "gzip")


@pytest.mark.parametrize("route", OTLP, ids=str)
def test_zstd_bombs_stop_at_the_limit(shared, route):
    refused(post(shared, route, bombs.zstd_bomb(), Content_Encoding="zstd"), route.too_large)
    refused(post(shared, route, bombs.zstd_bomb(1 << 20)[:-9], Content_Encoding="zstd"), 400, "zstd")


def test_deflate_bombs_stop_at_the_limit(shared):
    refused(post(shared, LOKI_JSON, bombs.deflate_bomb(80 * MIB), Content_Encoding="deflate"), 413)


@pytest.mark.parametrize("route", [REMOTE_WRITE, LOKI_PROTOBUF], ids=str)
def test_snappy_headers_that_lie_and_snappy_bombs_are_refused(shared, route):
    status, _ = post(shared, route, bombs.snappy_lie())
    assert status in (400, 413)
    refused(post(shared, route, bombs.snappy_lie(MIB)), 400, "snappy")
    refused(post(shared, route, bombs.snappy_bomb(80 * MIB)), 400 if route is REMOTE_WRITE else 413)
    refused(post(shared, route, bombs.snappy_bomb(60 * MIB)), 400)


@every_route
def test_an_unknown_content_encoding_is_named(shared, route):
    status, text = post(shared, route, route.good(), Content_Encoding="br")
    assert status == (400 if route in (LOKI_JSON, LOKI_PROTOBUF) else 415) and b"br" in text, (status, text)


@pytest.mark.parametrize("route", [*OTLP, REMOTE_WRITE], ids=str)
def test_an_unknown_content_type_is_named(shared, route):
    for content_type in ("text/plain", "application/x-thrift", "application/jsonp"):
        status, text = post(shared, route, route.good(), Content_Type=content_type)
        assert status == 415 and content_type.encode() in text, (status, text)


@every_route
def test_other_methods_are_not_allowed(shared, route):
    for method in ("GET", "PUT", "DELETE"):
        connection = http.client.HTTPConnection(shared.url.removeprefix("http://"), timeout=10)
        connection.request(method, route.path)
        # Loki does not know paths by other methods.
        assert connection.getresponse().status == (404 if route in (LOKI_JSON, LOKI_PROTOBUF) else 405), method
        connection.close()


@pytest.mark.parametrize("tenant", ["../x", "a/b", "a\\b", ".", "..", "x" * 151, "a b", "a|b", "a%2fb", "\u00e9"])
@every_route
def test_tenants_that_could_leave_their_directory_are_refused(shared, route, tenant):
    status, text = post(shared, route, route.good(), X_Scope_OrgID=tenant.encode().decode("latin-1"))
    assert status == 400, (status, text)
    assert sorted(p.name for p in shared.data_dir.parent.iterdir()) == ["data"]


# === Depth and number ===


def nested(depth, inner='{"stringValue":"x"}'):
    return '{"arrayValue":{"values":[' * depth + inner + "]}}" * depth


@pytest.mark.parametrize("depth", [10, 150, 100_000])
def test_deeply_nested_values_do_no_harm(shared, depth):
    value = nested(depth)
    for path, body in [
        ("/v1/logs", '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":%s}]}]}]}' % value),
        ("/v1/traces", '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":%s}]}}]}' % value),
        ("/v1/metrics", '{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":%s}]}}]}' % value),
        ("/loki/api/v1/push", '{"streams":' + "[" * depth + "]" * depth + "}"),
    ]:
        status, text = shared.request(path, body.encode(), wire.JSON)
        assert status in (200, 204, 400, 422) and len(text) < 10_000, (path, status, text[:200])
        assert depth < 1000 or status == 400, (path, status)


@pytest.mark.parametrize("depth", [10, 95, 20_000])
def test_deeply_nested_protobuf_values_do_no_harm(shared, depth):
    value = wire.blob(1, "x")
    for _ in range(depth):
        value = wire.blob(5, wire.blob(1, value))
    attribute = wire.blob(1, "a") + wire.blob(2, value)
    record = wire.blob(5, value)
    for path, body in [("/v1/logs", wire.blob(1, wire.blob(2, wire.blob(2, record)))),
                       ("/v1/traces", wire.blob(1, wire.blob(1, wire.blob(1, attribute)))),
                       ("/v1/metrics", wire.blob(1, wire.blob(1, wire.blob(1, attribute))))]:
        status, text = shared.request(path, body, wire.PROTOBUF)
        assert status in (200, 400), (path, status, text[:200])
        assert depth < 1000 or status == 400, (path, status)


def test_many_tiny_messages_stay_within_memory(shared):
    """Two bytes on the wire each, far more in memory."""
    empty = wire.blob(1, b"") * (2 * MIB)
    for path, body in [("/v1/metrics", wire.blob(1, wire.blob(2, empty.replace(b"\x0a", b"\x12")))),
                       ("/v1/logs", wire.blob(1, wire.blob(2, empty.replace(b"\x0a", b"\x12")))),
                       ("/v1/traces", wire.blob(1, wire.blob(2, empty.replace(b"\x0a", b"\x12"))))]:
        status, text = shared.request(path, body, wire.PROTOBUF)
        assert status in (200, 400, 413, 429), (path, status, text[:200])


def test_a_series_of_many_labels_is_taken_or_refused(shared):
    labels = [("__name__", "wide")] + [(f"l{i:05}", "v") for i in range(20_000)]
    status, text = shared.request("/api/v1/write", wire.remote_write([(labels, [(1.0, now_ns() // 10**6)])]),
                                  wire.REMOTE_WRITE)
    assert status in (204, 400), (status, text)
    body = json.dumps(otlp_metrics(attributes=[(f"a{i}", "v") for i in range(20_000)])).encode()
    assert shared.request("/v1/metrics", body, wire.JSON)[0] in (200, 400)
    body = json.dumps({"streams": [{"stream": {f"l{i}": "v" for i in range(1000)}, "values": [[str(now_ns()), "x"]]}]})
    refused(shared.request("/loki/api/v1/push", body.encode(), wire.JSON), 400, "1000 label names; limit 15")


# === Text ===


def test_invalid_utf8_costs_its_series_or_line_only(shared):
    t_ms = now_ns() // 10**6
    body = wire.remote_write([([("__name__", "utf8_good")], [(1.0, t_ms)]),
                              ([("__name__", "utf8_bad"), ("a", b"\xff\xfe")], [(1.0, t_ms)])])
    status, text = shared.request("/api/v1/write", body, wire.REMOTE_WRITE)
    assert status in (204, 400), (status, text)
    assert len(shared.query("utf8_good")) == 1 and shared.query("utf8_bad") == []
    push = wire.loki_push([('{app="utf8"}', [(now_ns(), b"bad \xff line", [])])])
    status, text = shared.request("/loki/api/v1/push", push, wire.PROTOBUF)
    assert status in (204, 400), (status, text)
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"\xff"}}]}]}]}'
    refused(shared.request("/v1/logs", body, wire.JSON), 400)
    # Loki mends text in JSON.
    body = b'{"streams":[{"stream":{"app":"mended"},"values":[["%d","bad \xff line"]]}]}' % now_ns()
    assert shared.request("/loki/api/v1/push", body, wire.JSON)[0] == 204
    assert [v[1] for s in shared.logs('{app="mended"}') for v in s["values"]] == ["bad \ufffd line"]


def test_metric_names_and_labels_that_are_unusable_are_refused(shared):
    t_ms = now_ns() // 10**6
    for labels in ([], [("a", "b")], [("__name__", "")], [("__name__", "x"), ("a", "1"), ("a", "2")],
                   [("__name__", "x"), ("", "1")]):
        body = wire.remote_write([(labels, [(1.0, t_ms)]), ([("__name__", "neighbour")], [(1.0, t_ms)])])
        assert shared.request("/api/v1/write", body, wire.REMOTE_WRITE)[0] in (204, 400), labels
        assert shared.query("neighbour"), labels
    assert shared.query('{__name__="x"}') == []


@pytest.mark.parametrize("name", ["\U0001f600", "a\x00b", "a\nb", "__name__", "a" * MIB, "{}", "le", '"', "\u202e"],
                         ids=lambda name: repr(name)[:12])
def test_hostile_names_come_back_as_they_are_or_are_refused(shared, name):
    status, text = shared.request("/v1/metrics", json.dumps(otlp_metrics("hostile", attributes=[(name, "v")])).encode(),
                                  wire.JSON)
    assert status in (200, 400) and len(text) < 64 << 10, (status, text[:300])
    status, text = shared.request("/v1/logs", json.dumps(otlp_logs(attributes=[(name, "v")])).encode(), wire.JSON)
    assert status in (200, 400) and len(text) < 64 << 10, (status, text[:300])
    body = json.dumps({"streams": [{"stream": {name: "v"}, "values": [[str(now_ns()), "x"]]}]}).encode()
    status, text = shared.request("/loki/api/v1/push", body, wire.JSON)
    assert status in (204, 400), (status, text[:300])
    rw = wire.remote_write([([("__name__", "hostile_rw"), (name, "v")], [(1.0, now_ns() // 10**6)])])
    assert shared.request("/api/v1/write", rw, wire.REMOTE_WRITE)[0] in (204, 400)
    # Whatever was taken can be listed and read.
    assert shared.api("labels")[0] == 200 and shared.api("series", **{"match[]": '{__name__=~"hostile.*"}'})[0] == 200
    assert shared.query('{__name__=~"hostile.*"}') is not None


TIMES_NS = [0, 1, -1, now_ns() + 400 * 86_400 * 10**9, 2**63 - 1, -2**63, 2**64 - 1]


@pytest.mark.parametrize("t_ns", TIMES_NS)
def test_absurd_times_are_refused_or_kept_apart(shared, t_ns):
    for path, message in [("/v1/metrics", otlp_metrics("absurd", t_ns)), ("/v1/logs", otlp_logs("absurd", t_ns)),
                          ("/v1/traces", otlp_traces(t_ns))]:
        status, text = shared.request(path, json.dumps(message).encode(), wire.JSON)
        assert status in (200, 400), (path, status, text)
    t_ms = max(min(t_ns, 2**63 - 1), -2**63)
    body = wire.remote_write([([("__name__", "absurd_rw")], [(1.0, t_ms)])])
    assert shared.request("/api/v1/write", body, wire.REMOTE_WRITE)[0] in (204, 400)
    body = json.dumps({"streams": [{"stream": {"app": "absurd"}, "values": [[str(t_ns), "x"]]}]}).encode()
    status, text = shared.request("/loki/api/v1/push", body, wire.JSON)
    assert status in (204, 400), (status, text)


# === Connections ===


def test_half_a_body_that_never_goes_on_blocks_nobody(shared):
    host, port = shared.url.removeprefix("http://").split(":")
    slow = []
    for route in ROUTES * 5:
        connection = socket.create_connection((host, int(port)))
        head = "".join(f"{name}: {value}\r\n" for name, value in route.headers.items())
        body = route.good()
        connection.sendall(f"POST {route.path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode())
        connection.sendall(body[:len(body) // 2])
        slow.append(connection)
    for route in ROUTES:
        began = time.monotonic()
        assert post(shared, route, route.good())[0] in (200, 204)
        assert time.monotonic() - began < 5
    for connection in slow:
        connection.close()


def test_lines_that_are_no_http_are_refused(shared):
    host, port = shared.url.removeprefix("http://").split(":")
    for text in (b"\x00" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                 b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000 + b"\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            try:
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1000)
            except OSError:
                pass  # it hung up on us


# === Overload ===


def test_past_the_budget_writers_are_told_to_come_back(tmp_path):
    """Bodies that arrive slowly hold what they have sent; what has no room is refused with a hint, over each protocol."""
    server = Server(tmp_path / "data")
    host, port = server.url.removeprefix("http://").split(":")
    piece = bytes(MIB)
    slow = []
    try:
        for _ in range(9):
            connection = socket.create_connection((host, int(port)), timeout=20)
            connection.sendall(b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
                               b"Content-Length: %d\r\n\r\n" % BODY_BYTES_MAX)
            slow.append(connection)
            try:
                for _ in range(31):
                    connection.sendall(piece)
            except OSError:
                break  # refused already
        body = bytes(24 * MIB)
        for path, headers in [("/v1/metrics", wire.PROTOBUF), ("/v1/logs", wire.JSON), ("/v1/traces", wire.PROTOBUF),
                              ("/api/v1/write", wire.REMOTE_WRITE), ("/loki/api/v1/push", wire.JSON)]:
            status, text, hint = exchange(server, path, body, headers)
            assert status == 429 and int(hint) >= 1 and b"retry" in text, (path, status, text, hint)
        message = as_protobuf(otlp_logs("x" * (12 * MIB)), LOGS)
        with grpc.insecure_channel(f"{host}:{port}") as channel:
            with pytest.raises(grpc.RpcError) as error:
                logs_service_pb2_grpc.LogsServiceStub(channel).Export(message, timeout=30)
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error.value
        details = dict(error.value.trailing_metadata())["grpc-status-details-bin"]
        assert b"google.rpc.RetryInfo" in details
        # Small writes find room.
        assert post(server, REMOTE_WRITE, REMOTE_WRITE.good())[0] == 204
    finally:
        for connection in slow:
            connection.close()
    body = json.dumps(otlp_metrics()).encode()
    wait_until(lambda: exchange(server, "/v1/logs", b" " * (24 * MIB) + b"{}", wire.JSON)[0] == 200)
    assert server.request("/v1/metrics", body, wire.JSON)[0] == 200
    server.stop()


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"


def exchange(server, path, body, headers):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", path, body, headers)
    except OSError:
        pass  # the answer may come before the body is through
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text, answer.getheader("Retry-After")


def test_a_grpc_message_over_the_limit_is_refused(shared):
    host = shared.url.removeprefix("http://")
    with grpc.insecure_channel(host) as channel:
        for stub, request in [
            (metrics_service_pb2_grpc.MetricsServiceStub, as_protobuf(otlp_metrics("x" * (70 * MIB)), METRICS)),
            (logs_service_pb2_grpc.LogsServiceStub, as_protobuf(otlp_logs("x" * (70 * MIB)), LOGS)),
            (trace_service_pb2_grpc.TraceServiceStub,
             as_protobuf(otlp_traces(), TRACES)),
        ]:
            if stub is trace_service_pb2_grpc.TraceServiceStub:
                request.resource_spans[0].scope_spans[0].spans[0].name = "x" * (70 * MIB)
            for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
                with pytest.raises(grpc.RpcError) as error:
                    stub(channel).Export(request, timeout=30, compression=compression)
                assert error.value.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE), error.value


@pytest.mark.parametrize("tenant", ["../x", "x" * 151])
def test_grpc_tenants_are_checked(shared, tenant):
    with grpc.insecure_channel(shared.url.removeprefix("http://")) as channel:
        with pytest.raises(grpc.RpcError) as error:
            logs_service_pb2_grpc.LogsServiceStub(channel).Export(
                as_protobuf(otlp_logs(), LOGS), timeout=30, metadata=[("x-scope-orgid", tenant)])
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


# === Queries ===


HOSTILE_PROMQL = ["(" * 5000 + "1" + ")" * 5000, "-" * 20_000 + "1", "1" + "+1" * 10_000, "up" + "[5m:1m]" * 500,
                  'up{a=~"((a{1000}){1000}){1000}"}', 'up{a=~"(a+)+$"}', 'up{a=~"' + "a|" * 100_000 + '"}',
                  "up{" + ",".join(f'a{i}="x"' for i in range(20_000)) + "}", "up[999999999999999999y]",
                  "up offset 99999999999999999999s", "sum(" * 3000 + "up" + ")" * 3000, "\x00", "\U0001f600", "up @ 1e400",
                  "rate(up[1s:0s])", "up[300y:1ms]"]


@pytest.mark.parametrize("query", HOSTILE_PROMQL, ids=lambda q: q[:20].replace("\x00", "NUL"))
def test_hostile_promql_is_answered(shared, query):
    form = urllib.parse.urlencode({"query": query}).encode()
    status, text = shared.request("/prometheus/api/v1/query", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status in (200, 400, 422, 503), (status, text[:300])
    assert json.loads(text)["status"] == ("success" if status == 200 else "error")


HOSTILE_LOGQL = ["(" * 5000 + "1" + ")" * 5000, '{app="good"}' + ' |= "x"' * 5000, '{app=~"((a{1000}){1000}){1000}"}',
                 '{app="good"} |~ "(a+)+$"', '{app="good"} | json' + " | json" * 1000, "{" * 10_000,
                 "sum(" * 3000 + 'count_over_time({app="good"}[1m])' + ")" * 3000, '{app="good"} |~ "' + "a|" * 50_000 + '"',
                 'count_over_time({app="good"}[999999999y])', '{app="good"} | pattern "<_><_>"', "\x00"]


@pytest.mark.parametrize("query", HOSTILE_LOGQL, ids=lambda q: q[:20].replace("\x00", "NUL"))
def test_hostile_logql_is_answered(shared, query):
    form = urllib.parse.urlencode({"query": query}).encode()
    status, text = shared.request("/loki/loki/api/v1/query_range", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status in (200, 400, 501), (status, text[:300])


HOSTILE_TRACEQL = ["{" * 5000, "(" * 5000 + "{}" + ")" * 5000, "{" + "!" * 5000 + "true}", "{ " + ".a=1 && " * 5000 + ".a=1 }",
                   '{ .a =~ "((a{1000}){1000}){1000}" }', "{} >> {}" * 1000, "{ duration > 99999999999999999999h }", "\x00"]


@pytest.mark.parametrize("query", HOSTILE_TRACEQL, ids=lambda q: q[:20].replace("\x00", "NUL"))
def test_hostile_traceql_is_answered(shared, query):
    status, text = shared.request("/tempo/api/search?" + urllib.parse.urlencode({"q": query}))
    assert status in (200, 400, 414, 501), (status, text[:300])


@pytest.mark.parametrize("start, end, step", [
    (0, 2**62, 1), (0, 4e18, 1e-9), (-1e300, 1e300, 1), ("NaN", "Inf", 1), (10, 0, 1), (0, 10, 0), (0, 10, -1), (0, 1e6, 0.001),
])
def test_absurd_ranges_and_steps_are_refused(shared, start, end, step):
    status, text = shared.api("query_range", query="up", start=start, end=end, step=step)
    assert status == 400 and text["errorType"] == "bad_data" and text["error"], (status, text)
    params = urllib.parse.urlencode({"query": 'rate({app="good"}[1m])', "start": start, "end": end, "step": step})
    status, text = shared.request("/loki/loki/api/v1/query_range?" + params)
    assert status == 400 and text, (status, text[:300])
